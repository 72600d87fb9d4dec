// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <phiscope/pairs.hpp>

/// Pairs of rows and partitions of words, which several questions take.
namespace phiscope::python {

/// [pair, 2] of row indices.
[[nodiscard]] inline nb::ndarray<nb::numpy, std::int64_t> pair_array(
    const std::vector<Pair>& pairs) {
  std::vector<std::int64_t> flat;
  flat.reserve(2 * pairs.size());
  for (const Pair& pair : pairs) {
    flat.push_back(static_cast<std::int64_t>(pair.first));
    flat.push_back(static_cast<std::int64_t>(pair.second));
  }
  return integers(std::move(flat), pairs.size(), 2);
}

/// Pairs from an array [pair, 2] of integers. @throws std::invalid_argument naming a pair that is
/// none
[[nodiscard]] inline std::vector<Pair> pair_list(const Array& array, const char* name) {
  std::vector<Pair> pairs;
  if (nb::len(array.object) == 0) return pairs;
  const DoubleRows rows(array, name);  // indices are below 2^53
  if (rows.view.cols() != 2) {
    throw std::invalid_argument(std::string(name) + ": " + std::to_string(rows.view.cols()) +
                                " columns, expected [pair, 2]");
  }
  pairs.reserve(rows.view.rows());
  for (std::size_t i = 0; i < rows.view.rows(); ++i) {
    const double first = rows.view.row(i)[0];
    const double second = rows.view.row(i)[1];
    const auto a = first >= 0 && first < 9e15 ? static_cast<std::size_t>(first) : 0;
    const auto b = second >= 0 && second < 9e15 ? static_cast<std::size_t>(second) : 0;
    if (static_cast<double>(a) != first || static_cast<double>(b) != second || a >= b) {
      throw std::invalid_argument(std::string(name) + ": pair " + std::to_string(i) +
                                  ", expected two row indices with the smaller one first");
    }
    pairs.push_back({.first = a, .second = b});
  }
  return pairs;
}

[[nodiscard]] inline Cross cross_of(const std::string& name) {
  return choice<Cross>("cross", name, {{"groups", Cross::groups}, {"all", Cross::all}});
}

[[nodiscard]] inline Partition partition_of(const Array& cluster,
                                            const std::optional<Array>& group) {
  Partition partition;
  const Integers64 clusters(cluster, "cluster");
  partition.cluster.assign(clusters.span.begin(), clusters.span.end());
  if (group) {
    const Integers64 groups(*group, "group");
    partition.group.assign(groups.span.begin(), groups.span.end());
  }
  return partition;
}

}  // namespace phiscope::python
