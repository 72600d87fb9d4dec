// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/detail/k_means_state.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Lloyd's iteration on scalar products alone: |x_i - c|^2 = G_ii - 2 S_ic / n_c + T_c / n_c^2 with
/// S_ic = sum of G_ij over the members j of c and T_c the sum of S_ic over them. One Gram matrix
/// serves all restarts, and a row that changes its cluster costs two of its columns.
template <std::floating_point T>
class GramSpace {
 public:
  /// @param rows  centred rows; must outlive this object
  explicit GramSpace(const CentredRows<T>& rows)
      : rows_(rows), gram_(rows.values.rows(), rows.values.rows()) {
    constexpr Eigen::Index depth = 64;  // digits do not depend on the size of the caches
    gram_.setZero();
    for (Eigen::Index first = 0; first < rows.values.cols(); first += depth) {
      const Eigen::Index size = std::min(depth, rows.values.cols() - first);
      gram_.template selfadjointView<Eigen::Lower>().rankUpdate(
          rows.values.middleCols(first, size));
    }
    gram_.template triangularView<Eigen::StrictlyUpper>() = gram_.transpose();
  }

  /// Squared distances [candidate, row] in double, for the seeding.
  void distances_to(std::span<const std::size_t> candidates, std::span<double> to) const {
    for (const std::size_t candidate : candidates) {
      const T* const products = gram_.col(static_cast<Eigen::Index>(candidate)).data();
      for (std::size_t i = 0; i < rows_.norms.size(); ++i) {
        to[i] = rows_.squared_distance_from_product(i, candidate, static_cast<double>(products[i]));
      }
      to = to.subspan(rows_.norms.size());
    }
  }

  /// Runs until no label changes.
  [[nodiscard]] KMeansState lloyd(const KMeansSeeds& seeds, std::size_t max_iterations) {
    KMeansState state(seeds);
    sum_members(state);
    while (state.iterations < max_iterations) {
      ++state.iterations;
      assign(state);
      std::size_t moved = 0;
      const auto& next = nearest_;
      for (std::size_t i = 0; i < next.size(); ++i) {
        if (next[i] == state.labels[i]) continue;
        add_column(state.labels[i], i, -1.0);
        add_column(next[i], i, 1.0);
        state.move(i, next[i]);
        ++moved;
      }
      if (state.has_empty()) {
        moved += state.refill_empty(own_distances_);
        sum_members(state);
      }
      if (moved == 0) {
        state.converged = true;
        break;
      }
    }
    return state;
  }

  /// Sum of the squared distances to the centres, scaled. @pre the last lloyd() made this state
  [[nodiscard]] double inertia(const KMeansState& state) {
    assign(state);
    double sum = 0.0;
    for (const double distance : own_distances_) sum += distance * distance;
    return sum;
  }

 private:
  void add_column(std::size_t cluster, std::size_t row, double sign) {
    sums_.col(static_cast<Eigen::Index>(cluster)) +=
        sign * gram_.col(static_cast<Eigen::Index>(row)).template cast<double>();
  }

  void sum_members(const KMeansState& state) {
    sums_.setZero(gram_.rows(), static_cast<Eigen::Index>(state.counts.size()));
    for (std::size_t i = 0; i < state.labels.size(); ++i) add_column(state.labels[i], i, 1.0);
  }

  /// Nearest centre of every row, the lower of equal ones, and the distance to it.
  void assign(const KMeansState& state) {
    const std::size_t n = state.labels.size();
    std::vector<double> within(state.counts.size(), 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      within[state.labels[i]] +=
          sums_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(state.labels[i]));
    }
    nearest_.assign(n, 0);
    own_distances_.assign(n, std::numeric_limits<double>::infinity());
    for (std::size_t c = 0; c < state.counts.size(); ++c) {
      const auto count = static_cast<double>(state.counts[c]);
      const double length = within[c] / (count * count);
      const double factor = 2.0 / count;
      const double* const sum = sums_.col(static_cast<Eigen::Index>(c)).data();
      for (std::size_t i = 0; i < n; ++i) {
        const double score = length - factor * sum[i];  // |x - c|^2 - |x|^2
        nearest_[i] = score < own_distances_[i] ? c : nearest_[i];
        own_distances_[i] = std::min(own_distances_[i], score);
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      own_distances_[i] = std::sqrt(std::max(0.0, own_distances_[i] + rows_.norms[i]));
    }
  }

  const CentredRows<T>& rows_;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> gram_;
  Eigen::MatrixXd sums_;               ///< [row, cluster]
  std::vector<std::size_t> nearest_;   ///< [row]
  std::vector<double> own_distances_;  ///< [row]
};

}  // namespace phiscope::detail
