// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/ccs_lanes.hpp>
#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/detail/local_gaussian.hpp>
#include <phiscope/detail/pair_blocks.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/phiid_redundancy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Sums over time of the redundancies by common change in surprisal of the pairs of a block.
///
/// Time is cut into chunks whose standardised values of all series of the block stay in the second
/// cache. Within a chunk 64 sums of each redundancy run side by side and are added up at the end,
/// in order, so that the loop is vectorised and the digits are those of the order written here.
class CcsSums {
 public:
  /// Forgets all pairs and takes another block.
  /// @param all  sum every redundancy; else rtr and the remainder only, which give sts
  void reset(const PairBlock& block, bool all) {
    block_ = block;
    all_ = all;
    pairs_.clear();
  }

  /// Asks for the sums of a pair with regular correlations.
  /// @param information  its mean informations, nats
  void want(std::size_t i, std::size_t j, const LaggedCorrelations& correlations,
            const PhiidInformation& information) {
    pairs_.push_back({.i = i,
                      .j = j,
                      .correlations = correlations,
                      .information = information,
                      .sum = {},
                      .remainder = 0.0});
  }

  /// Computes the sums of all pairs asked for.
  template <std::floating_point T>
  void compute(const LaggedRows<T>& data, const LaggedMoments& moments, double sign_tolerance) {
    std::vector<std::size_t> begins;
    for (std::size_t t = 0; t < data.rows.size(); ++t) {
      if (data.begins[t] != 0) begins.push_back(t);
    }
    for (std::size_t first = 0; first < begins.size(); first += chunk) {
      const std::size_t count = std::min(chunk, begins.size() - first);
      const std::span<const std::size_t> times(begins.data() + first, count);
      pack(data, moments, times, block_.first_i, block_.count_i, past_i_, future_i_);
      pack(data, moments, times, block_.first_j, block_.count_j, past_j_, future_j_);
      for (PairSum& pair : pairs_) {
        const LocalGaussian gaussian(pair.correlations, pair.information);
        if (all_) {
          add_chunk<8>(gaussian, pair, count, sign_tolerance);
        } else {
          add_chunk<2>(gaussian, pair, count, sign_tolerance);
        }
      }
    }
  }

  /// A pair of the block and its sums.
  struct PairSum {
    std::size_t i = 0;
    std::size_t j = 0;
    LaggedCorrelations correlations;
    PhiidInformation information;
    PhiidRedundancy sum;     ///< rtr only, unless all were asked for
    double remainder = 0.0;  ///< of rtr - sts
  };

  /// The pairs asked for, in that order.
  [[nodiscard]] const std::vector<PairSum>& pairs() const noexcept { return pairs_; }

 private:
  static constexpr std::size_t chunk = 512;  // time steps

  /// Standard scores over sqrt(2) of the pasts and futures, [series, time].
  template <class T>
  static void pack(const LaggedRows<T>& data, const LaggedMoments& m,
                   std::span<const std::size_t> times, std::size_t first, std::size_t count,
                   std::vector<double>& past, std::vector<double>& future) {
    past.resize(count * chunk);
    future.resize(count * chunk);
    const double norm = std::sqrt(static_cast<double>(data.transitions - 1) / 2.0);
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t s = first + k;
      for (std::size_t t = 0; t < times.size(); ++t) {
        const auto scaled = [&](std::size_t time) {
          return (static_cast<double>(data.rows[time][s]) - m.centre[s]) * m.scale[s];
        };
        past[k * chunk + t] = (scaled(times[t]) - m.past_mean[s]) * (m.past_weight[s] * norm);
        future[k * chunk + t] =
            (scaled(times[t] + data.lag) - m.future_mean[s]) * (m.future_weight[s] * norm);
      }
    }
  }

  template <std::size_t numbers>
  void add_chunk(const LocalGaussian& gaussian, PairSum& pair, std::size_t count,
                 double tolerance) const {
    const double* const x = past_i_.data() + pair.i * chunk;
    const double* const a = future_i_.data() + pair.i * chunk;
    const double* const y = past_j_.data() + pair.j * chunk;
    const double* const b = future_j_.data() + pair.j * chunk;
    alignas(64) CcsLanes<numbers> sums{};
    for (std::size_t first = 0; first < count; first += ccs_lanes) {
      const CcsSteps steps{.x = x + first,
                           .y = y + first,
                           .a = a + first,
                           .b = b + first,
                           .count = std::min(ccs_lanes, count - first)};
      add_ccs_lanes(gaussian, steps, tolerance, sums);
    }
    const auto total = [&sums](std::size_t k) {
      double sum = 0.0;
      for (const double lane : sums[k]) sum += lane;
      return sum;
    };
    pair.remainder += total(0);
    pair.sum.rtr += total(1);
    if constexpr (numbers > 2) {
      pair.sum.xyta += total(2);
      pair.sum.xytb += total(3);
      pair.sum.xytab += total(4);
      pair.sum.abtx += total(5);
      pair.sum.abty += total(6);
      pair.sum.abtxy += total(7);
    }
  }

  bool all_ = false;
  PairBlock block_;
  std::vector<PairSum> pairs_;
  std::vector<double> past_i_, future_i_, past_j_, future_j_;  // [series, time]
};

}  // namespace phiscope::detail
