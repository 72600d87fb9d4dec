// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/k_means_state.hpp>
#include <phiscope/detail/packed_vectors.hpp>
#include <phiscope/distance.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace phiscope::detail {

/// Centres of clusters of rows, from sums in double that follow every row that changes its cluster.
template <std::floating_point T>
class MovingCentres {
 public:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

  /// @param rows  must outlive this object
  explicit MovingCentres(const CentredRows<T>& rows) : rows_(rows) {}

  /// Starts from the members of every cluster; the next move() reports no shift if `fresh`.
  void sum_members(const KMeansState& state, bool fresh) {
    sums_.setZero(rows_.values.cols(), static_cast<Eigen::Index>(state.counts.size()));
    for (std::size_t i = 0; i < state.labels.size(); ++i) add(state.labels[i], i, 1.0);
    if (fresh) centres_.resize(0, 0);
  }

  /// A row leaves a cluster for another one.
  void transfer(std::size_t row, std::size_t from, std::size_t to) {
    add(from, row, -1.0);
    add(to, row, 1.0);
  }

  /// Centres = sums / counts. @return  [cluster], how far each has moved
  std::vector<double> move(std::span<const std::size_t> counts) {
    Matrix centres(sums_.rows(), sums_.cols());
    std::vector<double> shifts(counts.size(), 0.0);
    norms_.resize(counts.size());
    for (std::size_t c = 0; c < counts.size(); ++c) {
      const auto column = static_cast<Eigen::Index>(c);
      centres.col(column) = (sums_.col(column) / static_cast<double>(counts[c])).template cast<T>();
      const std::span<const T> centre(centres.col(column).data(),
                                      static_cast<std::size_t>(centres.rows()));
      norms_[c] = static_cast<T>(dot(centre, centre));
      if (centres_.size() != 0) shifts[c] = phiscope::distance(centre, of(c));
    }
    centres_ = std::move(centres);
    packed_ = PackedVectors<T>(centres_);
    return shifts;
  }

  [[nodiscard]] const Matrix& all() const noexcept { return centres_; }  ///< [unit, cluster]

  /// Products of some rows, [row, unit], with all centres: [row, cluster].
  template <class Rows>
  void times(const Rows& rows, Matrix& products) {
    packed_.times(rows, norms_.size(), products);
  }

  [[nodiscard]] T norm(std::size_t cluster) const { return norms_[cluster]; }  ///< squared length

  /// One centre, [unit].
  [[nodiscard]] std::span<const T> of(std::size_t cluster) const {
    return {centres_.col(static_cast<Eigen::Index>(cluster)).data(),
            static_cast<std::size_t>(centres_.rows())};
  }

  /// The centres named, [unit, item].
  [[nodiscard]] Matrix picked(std::span<const std::size_t> clusters) const {
    Matrix picked(centres_.rows(), static_cast<Eigen::Index>(clusters.size()));
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      picked.col(static_cast<Eigen::Index>(i)) =
          centres_.col(static_cast<Eigen::Index>(clusters[i]));
    }
    return picked;
  }

 private:
  void add(std::size_t cluster, std::size_t row, double sign) {
    sums_.col(static_cast<Eigen::Index>(cluster)) +=
        sign * rows_.values.row(static_cast<Eigen::Index>(row)).transpose().template cast<double>();
  }

  const CentredRows<T>& rows_;
  Eigen::MatrixXd sums_;     ///< [unit, cluster]
  Matrix centres_;           ///< [unit, cluster]
  PackedVectors<T> packed_;  ///< the centres
  std::vector<T> norms_;     ///< [cluster]
};

}  // namespace phiscope::detail
