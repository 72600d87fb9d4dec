// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/gram.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/permutation_p.hpp>
#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

struct NearestCentroidOptions {
  std::size_t permutations = 200;
  std::uint64_t seed = 0;
};

/// Whether rows tell the label that each carries, such as the final answer of a text.
struct NearestCentroid {
  Value accuracy;          ///< share of the rows tried whose nearest centroid is their label's
  Value permuted;          ///< mean accuracy with the labels permuted among the rows: chance
  PermutationP p;          ///< that permuted labels are told as well
  std::size_t tried = 0;   ///< rows whose label another row carries too
  std::size_t alone = 0;   ///< rows left out, as no other row carries their label
  std::size_t labels = 0;  ///< that differ
};

/// Leave-one-out accuracy of the nearest centroid: each row is compared with the mean row of each
/// label, its own label's without it. Of equally near ones (to 1e-12 of the largest squared length)
/// the lower label is taken. A label of one row is a centroid for the others.
///
/// @param rows  [row, unit]
/// @param labels  [row]
/// @return  no_cross_pairs without two labels; no_within_pairs if every label is of one row;
///          nonfinite
/// @throws std::invalid_argument if there is not one label per row
/// @see  experiment sampling
template <std::floating_point T>
[[nodiscard]] NearestCentroid nearest_centroid(MatrixView<T> rows,
                                               std::span<const std::int64_t> labels,
                                               NearestCentroidOptions options = {});

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] NearestCentroid nearest_centroid(const Rows& rows,
                                               std::span<const std::int64_t> labels,
                                               NearestCentroidOptions options = {}) {
  return nearest_centroid(rows_of(rows).view, labels, options);
}

namespace detail {

/// Rows told right, from scalar products alone: |x_i - c|^2 = G_ii - 2 S_ic / n_c + T_c / n_c^2
/// with S_ic = sum of G_ij over the members j of c and T_c the sum of S_ic over them. Without the
/// row itself its own centroid is n / (n - 1) times as far.
/// @param classes  [row], below sizes.size()  @param sizes  [class]
[[nodiscard]] inline std::size_t rows_told_right(const Eigen::MatrixXd& gram,
                                                 const std::vector<std::size_t>& classes,
                                                 const std::vector<double>& sizes) {
  const std::size_t rows = classes.size();
  const auto g = [&gram](std::size_t i, std::size_t j) {
    return gram(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  };
  std::vector<double> sums(rows * sizes.size(), 0.0);  // S, [row, class]
  std::vector<double> inner(sizes.size(), 0.0);        // T, [class]
  double largest = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < rows; ++j) sums[i * sizes.size() + classes[j]] += g(j, i);
    inner[classes[i]] += sums[i * sizes.size() + classes[i]];
    largest = std::max(largest, g(i, i));
  }
  const double slack = 1e-12 * largest;
  std::size_t right = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t own = classes[i];
    if (sizes[own] < 2.0) continue;
    double least = 0.0;
    std::size_t nearest = sizes.size();
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      double apart =
          g(i, i) - 2.0 * sums[i * sizes.size() + c] / sizes[c] + inner[c] / (sizes[c] * sizes[c]);
      if (c == own) apart *= (sizes[c] / (sizes[c] - 1.0)) * (sizes[c] / (sizes[c] - 1.0));
      if (nearest < sizes.size() && !(apart < least - slack)) continue;
      least = apart;
      nearest = c;
    }
    right += nearest == own ? 1 : 0;
  }
  return right;
}

}  // namespace detail

template <std::floating_point T>
NearestCentroid nearest_centroid(MatrixView<T> rows, std::span<const std::int64_t> labels,
                                 NearestCentroidOptions options) {
  if (labels.size() != rows.rows()) {
    throw std::invalid_argument("nearest_centroid: " + std::to_string(labels.size()) +
                                " labels, expected " + std::to_string(rows.rows()) +
                                ", one per row");
  }
  std::map<std::int64_t, std::size_t> class_of;  // ascending: the lower label is the lower class
  for (const std::int64_t label : labels) class_of[label] = 0;
  std::size_t next = 0;
  for (auto& [label, index] : class_of) index = next++;
  std::vector<std::size_t> classes(labels.size());
  std::vector<double> sizes(class_of.size(), 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    classes[i] = class_of.at(labels[i]);
    sizes[classes[i]] += 1.0;
  }
  NearestCentroid result{.accuracy = Status::no_cross_pairs,
                         .permuted = Status::no_cross_pairs,
                         .p = {},
                         .alone = static_cast<std::size_t>(std::ranges::count(sizes, 1.0)),
                         .labels = sizes.size()};
  result.tried = labels.size() - result.alone;
  const auto undefined = [&result](Status why) {
    result.accuracy = result.permuted = result.p.p_value = why;
    return result;
  };
  if (sizes.size() < 2) return undefined(Status::no_cross_pairs);
  if (result.tried == 0) return undefined(Status::no_within_pairs);
  const Eigen::MatrixXd gram = centred_gram(rows);
  if (!gram.allFinite()) return undefined(Status::nonfinite);
  const auto accuracy = [&] {
    return static_cast<double>(detail::rows_told_right(gram, classes, sizes)) /
           static_cast<double>(result.tried);
  };
  const double observed = accuracy();
  result.accuracy = observed;
  std::mt19937_64 engine(options.seed);
  std::vector<double> null;
  null.reserve(options.permutations);
  for (std::size_t draw = 0; draw < options.permutations; ++draw) {
    for (std::size_t i = classes.size(); i > 1; --i) {
      std::swap(classes[i - 1], classes[uniform_below(engine, i)]);
    }
    null.push_back(accuracy());
  }
  result.p = permutation_p(observed, null, Side::greater);
  result.permuted = null.empty() ? Value(Status::too_few_rows) : Value(mean_of(null));
  return result;
}

}  // namespace phiscope
