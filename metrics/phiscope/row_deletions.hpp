// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/gram.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/leave_one_out.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/sum.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Influence of every row when it is deleted and all others stay as they are: one Gram matrix, then
/// O(1) per deletion (for positions removed from the model's input see leave_one_out()).
///
/// @param rows  [row, unit]
/// @param pairs  cross and within pairs of those rows, see pair_set()
/// @return  [row]; distances to about 11 digits; undefined as in cluster_structure(), with and
/// without
///          the row
/// @throws std::invalid_argument if a pair names a row that is not there
template <std::floating_point T>
[[nodiscard]] std::vector<Influence> row_deletions(MatrixView<T> rows, const PairSet& pairs,
                                                   PhiRatioOptions options = {});

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] std::vector<Influence> row_deletions(const Rows& rows, const PairSet& pairs,
                                                   PhiRatioOptions options = {}) {
  return row_deletions(rows_of(rows).view, pairs, options);
}

namespace detail {

/// Sums over a set of pairs that a row's pairs can be taken out of again, exactly.
struct PairSums {
  CompensatedSum distance;
  CompensatedSum squared;
  std::size_t count = 0;
  std::size_t nonfinite = 0;  ///< pairs that are in `count` but not in the sums

  void add(double squared_distance) {
    ++count;
    if (!std::isfinite(squared_distance)) {
      ++nonfinite;
      return;
    }
    distance += std::sqrt(squared_distance);
    squared += squared_distance;
  }

  [[nodiscard]] PairSums without(const PairSums& part) const {
    PairSums rest = *this;
    rest.distance -= part.distance;
    rest.squared -= part.squared;
    rest.count -= part.count;
    rest.nonfinite -= part.nonfinite;
    return rest;
  }

  [[nodiscard]] Value mean(const CompensatedSum& sum, Status when_empty) const {
    if (count == 0) return when_empty;
    if (nonfinite > 0) return Status::nonfinite;
    return sum.value() / static_cast<double>(count);
  }
};

[[nodiscard]] inline ClusterStructure structure_of(const PairSums& cross, const PairSums& within,
                                                   PhiRatioOptions options) {
  const Value cross_mean = cross.mean(cross.distance, Status::no_cross_pairs);
  const Value within_mean = within.mean(within.distance, Status::no_within_pairs);
  return {.ratio = phi_ratio(cross_mean, within_mean, options),
          .cross = cross_mean,
          .within = within_mean,
          .energy = within.mean(within.squared, Status::no_within_pairs),
          .floored = phi_floor(cross_mean, within_mean, options) == PhiFloor::absolute};
}

/// Squared distances from the Gram matrix; recomputed by difference where so much cancels that
/// fewer than about 11 digits would be left (near-duplicate rows, or a row far from all others).
template <std::floating_point T>
class GramDistances {
 public:
  explicit GramDistances(MatrixView<T> rows) : rows_(rows), gram_(centred_gram(rows)) {}

  [[nodiscard]] double squared(const Pair& pair) const {
    constexpr double trusted = 1e-4;
    const auto a = static_cast<Eigen::Index>(pair.first);
    const auto b = static_cast<Eigen::Index>(pair.second);
    const double norms = gram_(a, a) + gram_(b, b);
    const double squared = norms - 2.0 * gram_(a, b);
    if (squared < trusted * norms) {
      return squared_distance(rows_.row(pair.first), rows_.row(pair.second));
    }
    return squared;
  }

 private:
  MatrixView<T> rows_;
  Eigen::MatrixXd gram_;
};

}  // namespace detail

template <std::floating_point T>
std::vector<Influence> row_deletions(MatrixView<T> rows, const PairSet& pairs,
                                     PhiRatioOptions options) {
  for (const std::vector<Pair>* list : {&pairs.cross, &pairs.within}) {
    for (const auto& [a, b] : *list) detail::expect_pair_of_rows(a, b, rows.rows());
  }
  const detail::GramDistances<T> distances(rows);
  struct Sums {
    detail::PairSums all;
    std::vector<detail::PairSums> of_row;
  };
  const auto sums_over = [&](const std::vector<Pair>& list) {
    Sums sums{.all = {}, .of_row = std::vector<detail::PairSums>(rows.rows())};
    for (const Pair& pair : list) {
      const double squared = distances.squared(pair);
      sums.all.add(squared);
      sums.of_row[pair.first].add(squared);
      sums.of_row[pair.second].add(squared);
    }
    return sums;
  };
  const Sums cross = sums_over(pairs.cross);
  const Sums within = sums_over(pairs.within);
  const ClusterStructure full = detail::structure_of(cross.all, within.all, options);

  std::vector<Influence> influences;
  influences.reserve(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    influences.push_back(
        influence(full, detail::structure_of(cross.all.without(cross.of_row[i]),
                                             within.all.without(within.of_row[i]), options)));
  }
  return influences;
}

}  // namespace phiscope
