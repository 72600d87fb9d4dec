// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope {

/// How far two partitions of the same rows agree, corrected for chance: the share of pairs of rows
/// that both put together or both keep apart, scaled so that 0 is expected of labels permuted at
/// random and 1 is agreement; at least -1/2. The names of the labels do not matter.
///
/// @param a,b  [row]
/// @return  too_few_rows below two rows; constant when every partition with clusters of these sizes
///          agrees as much: both put all rows together, or both keep each one apart
/// @throws std::invalid_argument if the lengths differ
/// @see  Hubert and Arabie 1985; sklearn.metrics.adjusted_rand_score, which is 1 where this is
///       constant
[[nodiscard]] inline Value adjusted_rand_index(std::span<const std::int64_t> a,
                                               std::span<const std::int64_t> b) {
  if (a.size() != b.size()) {
    throw std::invalid_argument("adjusted_rand_index: " + std::to_string(a.size()) + " and " +
                                std::to_string(b.size()) + " labels, expected as many of both");
  }
  if (a.size() < 2) return Status::too_few_rows;
  std::map<std::int64_t, std::size_t> of_a;
  std::map<std::int64_t, std::size_t> of_b;
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> of_both;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ++of_a[a[i]];
    ++of_b[b[i]];
    ++of_both[{a[i], b[i]}];
  }
  const auto pairs_in = [](const auto& counts) {  // whole numbers, exact in a double
    double pairs = 0.0;
    for (const auto& [label, count] : counts) {
      pairs += static_cast<double>(count) * (static_cast<double>(count) - 1.0) / 2.0;
    }
    return pairs;
  };
  const double in_a = pairs_in(of_a);
  const double in_b = pairs_in(of_b);
  const auto rows = static_cast<double>(a.size());
  const double expected = in_a * in_b / (rows * (rows - 1.0) / 2.0);
  const double most = (in_a + in_b) / 2.0;
  if (most == expected) return Status::constant;
  return (pairs_in(of_both) - expected) / (most - expected);
}

}  // namespace phiscope
