// SPDX-License-Identifier: MIT
#include "ahead/row_bytes.hpp"

#include "ahead/estimate.hpp"
#include "plan/plan.hpp"

#include <algorithm>

namespace phiscope::extract {
namespace {

/// Numbers of a row's key in each space; those of the own space if its rows are all generated.
std::vector<std::size_t> key_sizes(const Plan& plan, const Run& run) {
  std::vector<std::size_t> sizes(2 + plan.further_spaces.size(), run.key.size() + 1);
  for (const Row& row : run.rows) sizes[row.space] = row.key.size();
  return sizes;
}

}  // namespace

std::uint64_t bytes_per_row(const shard::ArrayPlan& array) {
  std::uint64_t bytes = shard::item_size(array.dtype);
  for (const std::uint64_t extent : array.row_shape) bytes *= extent;
  return bytes;
}

std::vector<std::uint64_t> most_rows(const Plan& plan, const Run& run) {
  const Generation& generation = plan.generation;
  std::vector<std::uint64_t> rows(2 + plan.further_spaces.size(), 0);
  if (run.donor) return rows;  // others take its values
  for (const Row& row : run.rows) ++rows[row.space];
  if (!run.generates) return rows;
  const int most = run.limit > 0 ? std::min(run.limit, generation.tokens) : generation.tokens;
  const auto steps = static_cast<std::uint64_t>(most);
  if (generation.rows == GeneratedRows::tokens) rows.front() += steps;
  if (generation.rows == GeneratedRows::pooled) rows.front() += windows_of(generation, run).size();
  rows.back() = steps;
  return rows;
}

std::size_t space_of(const Plan& plan, const shard::ArrayPlan& array) {
  if (array.row_space == generated_space) return 1 + plan.further_spaces.size();
  const auto further = std::ranges::find(plan.further_spaces, array.row_space, &KeySpace::name);
  if (further == plan.further_spaces.end()) return 0;
  return 1 + static_cast<std::size_t>(further - plan.further_spaces.begin());
}

std::uint64_t expected_bytes(const Plan& plan, const std::vector<shard::ArrayPlan>& arrays,
                             const std::vector<std::int64_t>& shards) {
  std::vector<std::uint64_t> row_bytes(2 + plan.further_spaces.size(), 0);
  for (const shard::ArrayPlan& array : arrays) {
    row_bytes[space_of(plan, array)] += bytes_per_row(array);
  }
  std::uint64_t bytes = 0;
  for (const std::int64_t shard : shards) {
    for (const Group& group : groups_of(plan, shard)) {
      for (const Run& run : group.runs) {
        const std::vector<std::uint64_t> rows = most_rows(plan, run);
        const std::vector<std::size_t> keys = key_sizes(plan, run);
        for (std::size_t space = 0; space < rows.size(); ++space) {
          if (row_bytes[space] == 0) continue;  // no array, no file of keys
          bytes += rows[space] * (row_bytes[space] + 8 * keys[space]);
        }
      }
    }
  }
  return bytes;
}

}  // namespace phiscope::extract
