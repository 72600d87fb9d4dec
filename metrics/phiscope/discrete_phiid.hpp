// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/information_bias.hpp>
#include <phiscope/phiid_options.hpp>
#include <phiscope/phiid_redundancy.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// How often each of the 16 states of two binary series occurs; the bits of a state's number are
/// x (1), y (2), a (4), b (8): the pasts of x and y, the futures of x and y.
using BinaryCounts = std::array<std::size_t, 16>;

/// Informations and redundancies of every state and their means, bits.
struct BinaryPhiid {
  Phiid mean;                                      ///< without local
  std::array<PhiidInformation, 16> information{};  ///< of a transition in each state
  std::array<PhiidRedundancy, 16> redundancy{};
};

/// PhiID of the empirical (plug-in) distribution of the states.
/// @return  bits; too_short if all counts are 0. States that never occur keep zeros
[[nodiscard]] inline BinaryPhiid binary_phiid(const BinaryCounts& counts,
                                              const PhiidOptions& options = {}) {
  constexpr std::size_t x = 1, y = 2, a = 4, b = 8;
  BinaryPhiid result;
  std::size_t n = 0;
  for (const std::size_t count : counts) n += count;
  result.mean.transitions = n;
  if (n == 0) {
    result.mean.status = Status::too_short;
    return result;
  }
  // alike[bits][state]: transitions that agree with the state in these bits.
  std::array<std::array<double, 16>, 16> surprise{};
  for (std::size_t bits = 1; bits < 16; ++bits) {
    std::array<std::size_t, 16> alike{};
    for (std::size_t state = 0; state < 16; ++state) alike[state & bits] += counts[state];
    std::array<double, 16> of{};
    for (std::size_t part = 0; part < 16; ++part) {
      if ((part & bits) == part && alike[part] > 0) {
        of[part] = -std::log2(static_cast<double>(alike[part]) / static_cast<double>(n));
      }
    }
    for (std::size_t state = 0; state < 16; ++state) surprise[bits][state] = of[state & bits];
  }
  const PhiidInformation bias = options.bias_correction ? binary_bias(n) : PhiidInformation{};
  PhiidInformation& mean = result.mean.information;
  const auto fraction = [&](std::size_t state) {
    return static_cast<double>(counts[state]) / static_cast<double>(n);
  };
  for (std::size_t state = 0; state < 16; ++state) {
    if (counts[state] == 0) continue;
    const auto shared = [&](std::size_t past, std::size_t future) {
      return surprise[past][state] + surprise[future][state] - surprise[past | future][state];
    };
    PhiidInformation& i = result.information[state];
    i = less({.xta = shared(x, a),
              .xtb = shared(x, b),
              .yta = shared(y, a),
              .ytb = shared(y, b),
              .xyta = shared(x | y, a),
              .xytb = shared(x | y, b),
              .xtab = shared(x, a | b),
              .ytab = shared(y, a | b),
              .xytab = shared(x | y, a | b)},
             bias);
    for (const auto member :
         {&PhiidInformation::xta, &PhiidInformation::xtb, &PhiidInformation::yta,
          &PhiidInformation::ytb, &PhiidInformation::xyta, &PhiidInformation::xytb,
          &PhiidInformation::xtab, &PhiidInformation::ytab, &PhiidInformation::xytab}) {
      mean.*member += fraction(state) * i.*member;
    }
  }
  const bool ccs = options.redundancy == Redundancy::ccs;
  for (std::size_t state = 0; state < 16; ++state) {
    if (counts[state] == 0) continue;
    const PhiidInformation& i = result.information[state];
    PhiidRedundancy& r = result.redundancy[state];
    r = ccs ? ccs_redundancy(i, options.sign_tolerance) : mmi_redundancy(mean, i);
    for (const auto member :
         {&PhiidRedundancy::xyta, &PhiidRedundancy::xytb, &PhiidRedundancy::xytab,
          &PhiidRedundancy::abtx, &PhiidRedundancy::abty, &PhiidRedundancy::abtxy,
          &PhiidRedundancy::rtr}) {
      result.mean.redundancy.*member += fraction(state) * r.*member;
    }
  }
  if (!ccs) result.mean.redundancy = mmi_redundancy(mean);
  result.mean.atoms = phiid_atoms(mean, result.mean.redundancy);
  return result;
}

/// 1 where a value is above the mean of its segment, else 0.
/// @param segment  [time], finite
template <std::floating_point T>
[[nodiscard]] std::vector<char> above_mean(std::span<const T> segment) {
  std::vector<char> bits(segment.size(), 0);
  if (segment.empty()) return bits;
  const auto origin = static_cast<double>(segment.front());
  CompensatedSum sum;  // of differences: a constant segment is not above its own mean
  for (const T value : segment) sum += static_cast<double>(value) - origin;
  const double mean = sum.value() / static_cast<double>(segment.size());
  for (std::size_t t = 0; t < segment.size(); ++t) {
    bits[t] = static_cast<double>(segment[t]) - origin > mean ? 1 : 0;
  }
  return bits;
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Segment>
[[nodiscard]] std::vector<char> above_mean(const Segment& segment) {
  return above_mean(series_of(segment).span);
}

/// Integrated information decomposition of two series, each of the four segments (pasts and
/// futures) binarised by its own mean, with plug-in entropies.
///
/// @param x,y  [time], any unit
/// @param options  options.kind and options.singular_ratio are ignored
/// @return  bits; too_short without a transition, nonfinite if a value is not finite. Constant
///          series are fine: their information is 0
/// @throws std::invalid_argument if the lengths differ or the lag is 0
/// @see  experiment phiid; phyid.calculate.calc_PhiID(x, y, tau, kind="discrete")
template <std::floating_point T>
[[nodiscard]] Phiid discrete_phiid(std::span<const T> x, std::span<const T> y,
                                   const PhiidOptions& options = {},
                                   PhiidLocal local = PhiidLocal::no) {
  if (x.size() != y.size() || options.lag == 0) {
    throw std::invalid_argument("discrete_phiid: lengths " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + ", lag " + std::to_string(options.lag) +
                                ", expected equal lengths and a lag of at least 1");
  }
  Phiid result;
  result.status = x.size() > options.lag ? Status::ok : Status::too_short;
  if (result.status != Status::ok) return result;
  for (const std::span<const T> series : {x, y}) {
    for (const T value : series) {
      if (!std::isfinite(value)) result.status = Status::nonfinite;
    }
  }
  const std::size_t n = x.size() - options.lag;
  result.transitions = n;
  if (result.status != Status::ok) return result;
  const std::array<std::vector<char>, 4> bits{above_mean(x.first(n)), above_mean(y.first(n)),
                                              above_mean(x.last(n)), above_mean(y.last(n))};
  std::vector<std::size_t> states(n, 0);
  BinaryCounts counts{};
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t k = 0; k < 4; ++k) states[t] |= static_cast<std::size_t>(bits[k][t]) << k;
    ++counts[states[t]];
  }
  const BinaryPhiid of_states = binary_phiid(counts, options);
  result = of_states.mean;
  if (local == PhiidLocal::no) return result;
  result.local.resize(phiid_atom_count * n);
  for (std::size_t t = 0; t < n; ++t) {
    const PhiidAtoms atoms =
        phiid_atoms(of_states.information[states[t]], of_states.redundancy[states[t]]);
    for (std::size_t k = 0; k < phiid_atom_count; ++k) result.local[k * n + t] = atoms[k];
  }
  return result;
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries X, RealSeriesAs<X> Y>
[[nodiscard]] Phiid discrete_phiid(const X& x, const Y& y, const PhiidOptions& options = {},
                                   PhiidLocal local = PhiidLocal::no) {
  return discrete_phiid(series_of(x).span, series_of(y).span, options, local);
}

}  // namespace phiscope
