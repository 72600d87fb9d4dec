// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/matrix_view.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Mean row of every label: the representation of a word from its occurrences, or a cluster's
/// centre.
struct LabelMeans {
  std::vector<std::int64_t> labels;            ///< [label], ascending
  std::vector<std::vector<std::size_t>> rows;  ///< [label]: the rows that carry it, ascending
  std::vector<double> means;                   ///< [label, unit]
  std::size_t units = 0;

  /// View of the means, [label, unit]. It must not outlive this object.
  [[nodiscard]] MatrixView<double> view() const { return {means, labels.size(), units}; }
};

/// Means of the rows by label.
/// @param rows  [row, unit]
/// @param labels  [row]
/// @throws std::invalid_argument if there is not one label per row
template <std::floating_point T>
[[nodiscard]] LabelMeans label_means(MatrixView<T> rows, std::span<const std::int64_t> labels) {
  if (labels.size() != rows.rows()) {
    throw std::invalid_argument("label_means: " + std::to_string(labels.size()) +
                                " labels, expected " + std::to_string(rows.rows()) +
                                ", one per row");
  }
  std::map<std::int64_t, std::vector<std::size_t>> rows_of;
  for (std::size_t i = 0; i < labels.size(); ++i) rows_of[labels[i]].push_back(i);

  LabelMeans result{.labels = {}, .rows = {}, .means = {}, .units = rows.cols()};
  result.means.resize(rows_of.size() * rows.cols(), 0.0);
  const auto units = static_cast<Eigen::Index>(rows.cols());
  double* next = result.means.data();
  for (const auto& [label, members] : rows_of) {
    Eigen::Map<Eigen::ArrayXd> mean(next, units);
    using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
    const auto row = [&rows, units](std::size_t i) {
      return Eigen::Map<const Row>(rows.row(i).data(), units).template cast<double>();
    };
    // Four rows a pass, added one after another.
    std::size_t k = 0;
    for (; k + 4 <= members.size(); k += 4) {
      mean =
          mean + row(members[k]) + row(members[k + 1]) + row(members[k + 2]) + row(members[k + 3]);
    }
    for (; k < members.size(); ++k) mean += row(members[k]);
    mean /= static_cast<double>(members.size());
    result.labels.push_back(label);
    result.rows.push_back(members);
    next += units;
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] LabelMeans label_means(const Rows& rows, std::span<const std::int64_t> labels) {
  return label_means(rows_of(rows).view, labels);
}

}  // namespace phiscope
