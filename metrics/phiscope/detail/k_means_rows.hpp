// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/k_means_bounds.hpp>
#include <phiscope/detail/k_means_centres.hpp>
#include <phiscope/detail/k_means_products.hpp>
#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/detail/k_means_state.hpp>
#include <phiscope/detail/packed_vectors.hpp>
#include <phiscope/distance.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Lloyd's iteration on rows, with products of panels of rows and all centres. When few labels
/// change, bounds leave out the rows whose label cannot (DistanceBounds); the labels are those of
/// the plain iteration, up to the rounding of T.
template <std::floating_point T>
class RowSpace {
 public:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

  /// @param rows  centred rows; must outlive this object
  explicit RowSpace(const CentredRows<T>& rows) : rows_(rows), centres_(rows) {}

  /// Squared distances [candidate, row] in double, for the seeding.
  void distances_to(std::span<const std::size_t> candidates, std::span<double> to) const {
    const std::size_t n = rows_.norms.size();
    for (std::size_t first = 0; first < candidates.size(); first += EightVectors<T>::limit) {
      const std::size_t size = std::min(EightVectors<T>::limit, candidates.size() - first);
      Matrix picked(rows_.values.cols(), static_cast<Eigen::Index>(size));
      for (std::size_t t = 0; t < size; ++t) {
        picked.col(static_cast<Eigen::Index>(t)) =
            rows_.values.row(static_cast<Eigen::Index>(candidates[first + t])).transpose();
      }
      const EightVectors<T> vectors(picked);
      for (std::size_t i = 0; i < n; ++i) {
        const auto products = vectors.with(rows_.row(i));
        for (std::size_t t = 0; t < size; ++t) {
          to[(first + t) * n + i] = rows_.squared_distance_from_product(
              i, candidates[first + t], static_cast<double>(products[t]));
        }
      }
    }
  }

  /// Runs until no label changes.
  [[nodiscard]] KMeansState lloyd(const KMeansSeeds& seeds, std::size_t max_iterations) {
    KMeansState state(seeds);
    const std::size_t n = state.labels.size();
    centres_.sum_members(state, true);
    bounds_.reset(n);
    std::size_t moved = n;
    while (state.iterations < max_iterations) {
      ++state.iterations;
      const std::vector<double> shifts = centres_.move(state.counts);
      // While many labels change, the centres move farther than the bounds allow.
      moved = moved < n / 32 ? assign_unsettled(state, shifts) : assign_all(state);
      moved += refill(state);
      if (moved == 0) {
        state.converged = true;
        break;
      }
    }
    return state;
  }

  /// Sum of the squared distances to the centres, scaled. @pre the last lloyd() made this state
  [[nodiscard]] double inertia(const KMeansState& state) {
    static_cast<void>(centres_.move(state.counts));
    double sum = 0.0;
    for (std::size_t i = 0; i < state.labels.size(); ++i) {
      const double own = own_distance(state, i);
      sum += own * own;
    }
    return sum;
  }

 private:
  static constexpr std::size_t block_rows = NearestTwo<T>::limit;
  static_assert(block_rows % PackedVectors<T>::panel_rows == 0);

  [[nodiscard]] double own_distance(const KMeansState& state, std::size_t row) const {
    return distance(rows_.row(row), centres_.of(state.labels[row]));
  }

  /// Distance from |x - c|^2 - |x|^2.
  [[nodiscard]] double distance_from_score(std::size_t row, T score) const {
    return std::sqrt(std::max(0.0, rows_.norms[row] + static_cast<double>(score)));
  }

  /// Measures all rows. @return  how many changed their label
  std::size_t assign_all(KMeansState& state) {
    const std::size_t n = state.labels.size();
    std::vector<std::size_t> block(block_rows);
    std::size_t moved = 0;
    for (std::size_t first = 0; first < n; first += block_rows) {
      block.resize(std::min(block_rows, n - first));
      std::iota(block.begin(), block.end(), first);
      moved += measure(rows_.values.middleRows(static_cast<Eigen::Index>(first),
                                               static_cast<Eigen::Index>(block.size())),
                       block, state);
    }
    return moved;
  }

  /// Measures the rows whose nearest centre may be another one, in one pass over the rows. The
  /// centres that move farthest are measured for every row, so that they do not loosen the bounds
  /// of the others. @return  how many changed their label
  std::size_t assign_unsettled(KMeansState& state, std::span<const double> shifts) {
    const std::vector<std::size_t> fast = fast_centres(shifts, EightVectors<T>::limit);
    bounds_.shift(state.labels, shifts, fast);
    const EightVectors<T> vectors(centres_.picked(fast));
    gathered_.resize(static_cast<Eigen::Index>(block_rows), rows_.values.cols());
    std::vector<std::size_t> block;
    std::size_t moved = 0;
    const auto measure_block = [&] {
      moved += measure(gathered_.topRows(static_cast<Eigen::Index>(block.size())), block, state);
      block.clear();
    };
    for (std::size_t i = 0; i < state.labels.size(); ++i) {
      if (!fast.empty()) measure_fast(i, state.labels[i], fast, vectors);
      if (bounds_.settled(i)) continue;
      if (!bounds_.unknown(i)) bounds_.measured(i, true, own_distance(state, i));
      if (bounds_.settled(i)) continue;
      gathered_.row(static_cast<Eigen::Index>(block.size())) =
          rows_.values.row(static_cast<Eigen::Index>(i));
      block.push_back(i);
      if (block.size() == block_rows) measure_block();
    }
    if (!block.empty()) measure_block();
    return moved;
  }

  /// Distances of one row to the fast centres, into its bounds.
  void measure_fast(std::size_t row, std::size_t own, std::span<const std::size_t> fast,
                    const EightVectors<T>& vectors) {
    const auto products = vectors.with(rows_.row(row));
    T nearest_other = std::numeric_limits<T>::infinity();
    for (std::size_t f = 0; f < fast.size(); ++f) {
      const T score = centres_.norm(fast[f]) - T{2} * products[f];  // |x - c|^2 - |x|^2
      if (fast[f] == own) {
        bounds_.measured(row, true, distance_from_score(row, score));
      } else {
        nearest_other = std::min(nearest_other, score);
      }
    }
    bounds_.measured(row, false, distance_from_score(row, nearest_other));
  }

  /// Moves those of some rows that are nearer to another centre.
  /// @param block  [item, unit], the rows  @param rows  [item], which they are  @return  how many
  template <class Block>
  std::size_t measure(const Block& block, std::span<const std::size_t> rows, KMeansState& state) {
    centres_.times(block, products_);
    nearest_.find(products_, [this](std::size_t c) { return centres_.norm(c); });
    std::size_t moved = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = rows[i];
      bounds_.set(row, distance_from_score(row, nearest_.best[i]),
                  distance_from_score(row, nearest_.second[i]));
      const auto next = static_cast<std::size_t>(nearest_.label[i]);
      if (next == state.labels[row]) continue;
      centres_.transfer(row, state.labels[row], next);
      state.move(row, next);
      ++moved;
    }
    return moved;
  }

  /// Refills empty clusters. @return  how many rows moved
  std::size_t refill(KMeansState& state) {
    if (!state.has_empty()) return 0;
    std::vector<double> distances(state.labels.size());
    for (std::size_t i = 0; i < distances.size(); ++i) distances[i] = own_distance(state, i);
    const std::size_t moved = state.refill_empty(distances);
    centres_.sum_members(state, false);
    bounds_.reset(distances.size());
    return moved;
  }

  const CentredRows<T>& rows_;
  MovingCentres<T> centres_;
  DistanceBounds<T> bounds_;
  Matrix products_;
  typename CentredRows<T>::Matrix gathered_;
  NearestTwo<T> nearest_;
};

}  // namespace phiscope::detail
