// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Rows minus their mean, scaled by a power of two where their squares might overflow T.
template <std::floating_point T>
struct CentredRows {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix values;              ///< [row, unit]
  std::vector<double> norms;  ///< [row], squared lengths
  bool finite = true;

  explicit CentredRows(MatrixView<T> rows)
      : values(static_cast<Eigen::Index>(rows.rows()), static_cast<Eigen::Index>(rows.cols())),
        norms(rows.rows()) {
    const std::vector<double> mean = mean_row(rows);
    const Eigen::Map<const Eigen::ArrayXd> centre(mean.data(), values.cols());
    const auto centred = [&](std::size_t i) {
      const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> x(rows.row(i).data(),
                                                                   values.cols());
      return x.template cast<double>() - centre;
    };
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      values.row(static_cast<Eigen::Index>(i)) = centred(i).template cast<T>();
      norms[i] = dot(row(i), row(i));
      finite = finite && std::isfinite(norms[i]);
    }
    const double largest = norms.empty() ? 0.0 : *std::max_element(norms.begin(), norms.end());
    if (!finite || largest == 0.0 || (largest > 1e-20 && largest < 1e20)) return;
    const double scale = std::ldexp(1.0, -std::ilogb(largest) / 2);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      values.row(static_cast<Eigen::Index>(i)) = (centred(i) * scale).template cast<T>();
      norms[i] = dot(row(i), row(i));
    }
  }

  [[nodiscard]] std::span<const T> row(std::size_t i) const {
    return {values.row(static_cast<Eigen::Index>(i)).data(),
            static_cast<std::size_t>(values.cols())};
  }

  /// |x_a - x_b|^2 from the product x_a . x_b; by difference where too much cancels.
  [[nodiscard]] double squared_distance_from_product(std::size_t a, std::size_t b,
                                                     double product) const {
    constexpr double trusted = 64.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const double both = norms[a] + norms[b];
    const double squared = both - 2.0 * product;
    return squared > trusted * both ? squared : squared_distance(row(a), row(b));
  }
};

/// Labels of a k-means in progress.
struct KMeansState {
  std::vector<std::size_t> labels;  ///< [row]
  std::vector<std::size_t> counts;  ///< [cluster]
  std::size_t iterations = 0;
  bool converged = false;

  explicit KMeansState(const KMeansSeeds& seeds)
      : labels(seeds.nearest), counts(seeds.rows.size(), 0) {
    for (const std::size_t label : labels) ++counts[label];
  }

  void move(std::size_t row, std::size_t to) {
    --counts[labels[row]];
    ++counts[to];
    labels[row] = to;
  }

  [[nodiscard]] bool has_empty() const {
    return std::find(counts.begin(), counts.end(), std::size_t{0}) != counts.end();
  }

  /// Gives every empty cluster, in order, the row farthest from its own centre (the first of equal
  /// ones) that is not alone in its cluster.
  /// @param distances  [row], to the own centre  @return  how many rows moved
  std::size_t refill_empty(std::vector<double> distances) {
    std::size_t moved = 0;
    for (std::size_t cluster = 0; cluster < counts.size(); ++cluster) {
      if (counts[cluster] != 0) continue;
      std::size_t farthest = labels.size();
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (counts[labels[i]] < 2) continue;
        if (farthest == labels.size() || distances[i] > distances[farthest]) farthest = i;
      }
      if (farthest == labels.size()) break;  // not reached: there are no fewer rows than clusters
      move(farthest, cluster);
      distances[farthest] = 0.0;
      ++moved;
    }
    return moved;
  }
};

}  // namespace phiscope::detail
