// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_products.hpp>
#include <phiscope/detail/phiid_tile.hpp>
#include <phiscope/detail/vector_log.hpp>
#include <phiscope/detail/wide_vectors.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/information_bias.hpp>
#include <phiscope/phiid_redundancy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace phiscope::detail {

using GaussianLanes = std::array<double, tile_width>;

/// Correlations of a series i with a row of series j, one lane each.
struct CorrelationLanes {
  double self = 0.0;  ///< xa: of i
  alignas(64) GaussianLanes past{}, future{}, xb{}, ya{}, yb{};

  [[nodiscard]] LaggedCorrelations at(std::size_t j) const noexcept {
    return {
        .past = past[j], .future = future[j], .xa = self, .xb = xb[j], .ya = ya[j], .yb = yb[j]};
  }
};

/// Correlations from the sums of products of one row of a tile.
template <class P>
void correlate(const LaggedProducts<P>& products, const LaggedMoments& m, std::size_t transitions,
               const PairBlock& block, std::size_t i, CorrelationLanes& to) {
  const auto n = static_cast<double>(transitions);
  const std::size_t one = block.first_i + i;
  to.self = m.self[one];
  const double past_mean = n * m.past_mean[one];
  const double future_mean = n * m.future_mean[one];
  const double past_weight = m.past_weight[one];
  const double future_weight = m.future_weight[one];
  const double* const past_means = m.past_mean.data() + block.first_j;
  const double* const future_means = m.future_mean.data() + block.first_j;
  const double* const past_weights = m.past_weight.data() + block.first_j;
  const double* const future_weights = m.future_weight.data() + block.first_j;
  const std::size_t count = block.count_j;
  // One loop each: a compiler can tell that four arrays do not overlap, not that ten do not.
  const auto fill = [count](const double* sums, double mean, const double* means, double weight,
                            const double* weights, GaussianLanes& filled) {
    double* const lane = filled.data();
    for (std::size_t j = 0; j < count; ++j) {
      lane[j] = (sums[j] - mean * means[j]) * (weight * weights[j]);
    }
  };
  fill(products.past(i), past_mean, past_means, past_weight, past_weights, to.past);
  fill(products.future(i), future_mean, future_means, future_weight, future_weights, to.future);
  fill(products.future_past(i), future_mean, past_means, future_weight, past_weights, to.ya);
  fill(products.past_future(i), past_mean, future_means, past_weight, future_weights, to.xb);
  std::copy_n(m.self.data() + block.first_j, count, to.yb.data());
}

/// Means of the atoms by minimum mutual information, of a row of pairs.
struct MmiLanes {
  alignas(64) GaussianLanes determinant;  ///< of the correlations; not a number where there is none
  alignas(64) GaussianLanes sts, rtr, tdmi;
};

/// sts, rtr and TDMI with one logarithm each: sts is a sum of nine informations and seven minima of
/// them, so exp(-2 sts) is a quotient of the unexplained parts, in which the product of two parts
/// over the larger one is the smaller one.
/// @param bias  of one single information, nats; it enters sts and rtr once and the TDMI four times
[[nodiscard, gnu::always_inline]] inline MmiLanes narrow_mmi_lanes(const CorrelationLanes& r,
                                                                   std::size_t count, double bias,
                                                                   bool with_tdmi) {
  MmiLanes result;  // local, so that no store can change what is read
  double* const determinant = result.determinant.data();
  double* const sts = result.sts.data();
  double* const rtr = result.rtr.data();
  double* const tdmi = result.tdmi.data();
  for (std::size_t j = 0; j < count; ++j) {
    const GaussianUnexplained rest = unexplained({.past = r.past.data()[j],
                                                  .future = r.future.data()[j],
                                                  .xa = r.self,
                                                  .xb = r.xb.data()[j],
                                                  .ya = r.ya.data()[j],
                                                  .yb = r.yb.data()[j]});
    const PhiidInformation& v = rest.part;
    const double of_x = upper(v.xta, v.xtb);  // the smaller information leaves the larger part
    const double of_y = upper(v.yta, v.ytb);
    determinant[j] = rest.determinant;
    rtr[j] = upper(of_x, of_y);
    sts[j] = v.xytab * (lower(v.xta, v.yta) * lower(v.xtb, v.ytb)) /
             (lower(v.xtab, v.ytab) * lower(v.xyta, v.xytb) * lower(of_x, of_y));
    tdmi[j] = v.xytab;
  }
  for (std::size_t j = 0; j < count; ++j) sts[j] = -0.5 * log_of_normal(sts[j]) - bias;
  for (std::size_t j = 0; j < count; ++j) rtr[j] = -0.5 * log_of_normal(rtr[j]) - bias;
  if (!with_tdmi) return result;
  for (std::size_t j = 0; j < count; ++j) tdmi[j] = -0.5 * log_of_normal(tdmi[j]) - 4.0 * bias;
  return result;
}

/// The same, with the same digits, in vectors of AVX-512. @pre has_wide_vectors()
[[nodiscard]] PHISCOPE_WIDE_FUNCTION inline MmiLanes wide_mmi_lanes(const CorrelationLanes& r,
                                                                    std::size_t count, double bias,
                                                                    bool with_tdmi) {
  return narrow_mmi_lanes(r, count, bias, with_tdmi);
}

[[nodiscard]] inline MmiLanes mmi_lanes(const CorrelationLanes& r, std::size_t count, double bias,
                                        bool with_tdmi) {
  return has_wide_vectors() ? wide_mmi_lanes(r, count, bias, with_tdmi)
                            : narrow_mmi_lanes(r, count, bias, with_tdmi);
}

}  // namespace phiscope::detail
