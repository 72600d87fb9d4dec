// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/ccs_sums.hpp>
#include <phiscope/detail/gaussian_lanes.hpp>
#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_products.hpp>
#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/detail/phiid_tile.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/information_bias.hpp>
#include <phiscope/phiid_options.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace phiscope::detail {

/// Adds Gaussian decompositions of the pairs of a block to a tile, one recording after another.
/// P: type of the products.
template <std::floating_point P>
class GaussianTile {
 public:
  GaussianTile(const PhiidOptions& options, PhiidOutput output)
      : options_(options), output_(output) {}

  template <std::floating_point T>
  void add(const LaggedRows<T>& data, const LaggedMoments& moments, PhiidTile& tile) {
    const PairBlock& block = tile.block();
    const auto ok = [&moments](std::size_t series) { return moments.status[series] == Status::ok; };
    all_ok_ = true;
    for (std::size_t i = 0; i < block.count_i; ++i) all_ok_ = all_ok_ && ok(block.first_i + i);
    for (std::size_t j = 0; j < block.count_j; ++j) all_ok_ = all_ok_ && ok(block.first_j + j);
    products_.compute(data, moments, block.first_i, block.count_i, block.first_j, block.count_j);
    const bool ccs = options_.redundancy == Redundancy::ccs;
    if (ccs) sums_.reset(block, output_ == PhiidOutput::atoms);
    for (std::size_t i = 0; i < block.count_i; ++i) {
      const std::size_t from = block.first_i == block.first_j ? i + 1 : 0;
      correlate(products_, moments, data.transitions, block, i, lanes_);
      if (ccs || output_ == PhiidOutput::atoms) {
        for (std::size_t j = from; j < block.count_j; ++j) add_one(data, moments, i, j, tile);
      } else {
        add_row(data, moments, i, from, tile);
      }
    }
    if (ccs) finish_ccs(data, moments, tile);
  }

 private:
  /// Below this determinant single precision may err by more than 1e-6.
  static constexpr double enough_for_float = 0.02;

  [[nodiscard]] double safe_determinant() const {
    const double regular = surely_regular(options_.singular_ratio);
    return std::is_same_v<P, double> ? regular : std::max(regular, enough_for_float);
  }

  /// sts, rtr and TDMI of a row by minimum mutual information, all lanes at once where all are
  /// regular beyond doubt.
  template <class T>
  void add_row(const LaggedRows<T>& data, const LaggedMoments& moments, std::size_t i,
               std::size_t from, PhiidTile& tile) {
    const PairBlock& block = tile.block();
    const double bias =
        options_.bias_correction ? information_bias_nats(1.0, data.transitions) : 0.0;
    const bool with_tdmi = output_ == PhiidOutput::sts_rtr_tdmi;
    const MmiLanes mmi = mmi_lanes(lanes_, block.count_j, bias, with_tdmi);
    const double safe = safe_determinant();
    bool regular = all_ok_;
    for (std::size_t j = from; j < block.count_j; ++j) {
      regular = regular & (mmi.determinant.data()[j] > safe);
    }
    if (regular) {
      tile.add_row(0, i, from, mmi.sts.data());
      tile.add_row(1, i, from, mmi.rtr.data());
      if (with_tdmi) tile.add_row(2, i, from, mmi.tdmi.data());
      tile.count_row(i, from);
      return;
    }
    for (std::size_t j = from; j < block.count_j; ++j) {
      const bool defined = moments.status[block.first_i + i] == Status::ok &&
                           moments.status[block.first_j + j] == Status::ok;
      if (defined && mmi.determinant[j] > safe) {
        tile.add(i, j, {mmi.sts[j], mmi.rtr[j], with_tdmi ? mmi.tdmi[j] : 0.0});
      } else {
        add_one(data, moments, i, j, tile);
      }
    }
  }

  /// One pair by itself: whatever it is, its status or its numbers are found.
  template <class T>
  void add_one(const LaggedRows<T>& data, const LaggedMoments& moments, std::size_t i,
               std::size_t j, PhiidTile& tile) {
    const PairBlock& block = tile.block();
    const std::size_t x = block.first_i + i;
    const std::size_t y = block.first_j + j;
    Status status = first_reason(moments.status[x], moments.status[y]);
    LaggedCorrelations r = lanes_.at(j);
    if (status == Status::ok) {
      const double determinant = unexplained(r).determinant;
      if (!std::is_same_v<P, double> && !(determinant > enough_for_float)) {
        r = exact_correlations(data, moments, x, y);
      }
      if (!(determinant > safe_determinant()) && is_singular(r, options_.singular_ratio)) {
        status = Status::singular;
      }
    }
    if (status != Status::ok) return tile.refuse(i, j, status);
    const PhiidInformation information = informations(r, data.transitions);
    if (options_.redundancy == Redundancy::ccs) return sums_.want(i, j, r, information);
    tile.add(i, j,
             outputs_of(phiid_atoms(information, mmi_redundancy(information)), information.xytab,
                        output_));
  }

  [[nodiscard]] PhiidInformation informations(const LaggedCorrelations& r,
                                              std::size_t transitions) const {
    const PhiidInformation information = gaussian_information(r);
    return options_.bias_correction ? less(information, gaussian_bias(transitions)) : information;
  }

  template <class T>
  void finish_ccs(const LaggedRows<T>& data, const LaggedMoments& moments, PhiidTile& tile) {
    const auto n = static_cast<double>(data.transitions);
    sums_.compute(data, moments, options_.sign_tolerance);
    for (const CcsSums::PairSum& pair : sums_.pairs()) {
      if (output_ == PhiidOutput::atoms) {
        tile.add(pair.i, pair.j, phiid_atoms(pair.information, mean_redundancy(pair.sum, n)));
      } else {
        const double rtr = pair.sum.rtr / n;
        tile.add(pair.i, pair.j, {rtr - pair.remainder / n, rtr, pair.information.xytab});
      }
    }
  }

  /// Correlations of one pair in double, from the rows themselves.
  template <class T>
  [[nodiscard]] static LaggedCorrelations exact_correlations(const LaggedRows<T>& data,
                                                             const LaggedMoments& m, std::size_t i,
                                                             std::size_t j) {
    const auto past = [&](std::size_t t, std::size_t k) {
      return (static_cast<double>(data.rows[t][k]) - m.centre[k]) * m.scale[k] - m.past_mean[k];
    };
    const auto future = [&](std::size_t t, std::size_t k) {
      return (static_cast<double>(data.rows[t + data.lag][k]) - m.centre[k]) * m.scale[k] -
             m.future_mean[k];
    };
    LaggedCorrelations r{.xa = m.self[i], .yb = m.self[j]};
    for (std::size_t t = 0; t < data.rows.size(); ++t) {
      if (data.begins[t] == 0) continue;
      const double x = past(t, i), y = past(t, j), a = future(t, i), b = future(t, j);
      r.past += x * y;
      r.future += a * b;
      r.xb += x * b;
      r.ya += y * a;
    }
    r.past *= m.past_weight[i] * m.past_weight[j];
    r.future *= m.future_weight[i] * m.future_weight[j];
    r.xb *= m.past_weight[i] * m.future_weight[j];
    r.ya *= m.future_weight[i] * m.past_weight[j];
    return r;
  }

  CorrelationLanes lanes_;
  PhiidOptions options_;
  CcsSums sums_;
  LaggedProducts<P> products_;
  PhiidOutput output_;
  bool all_ok_ = false;
};

}  // namespace phiscope::detail
