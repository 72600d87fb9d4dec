// SPDX-License-Identifier: MIT
#include "ahead/row_bytes.hpp"

#include "catch.hpp"

#include <vector>

namespace phiscope::extract {
namespace {

using Counts = std::vector<std::uint64_t>;

shard::ArrayPlan array_in(const std::string& space, shard::Dtype dtype,
                          std::vector<std::uint64_t> shape) {
  shard::ArrayPlan array;
  array.name = "x";
  array.row_space = space;
  array.dtype = dtype;
  array.row_shape = std::move(shape);
  return array;
}

/// A run with 3 rows of its own, keys of 2 numbers, and 2 rows of the space `latent`, keys of 4.
Run run_of_rows() {
  Run run{.tokens = {1, 2, 3}, .rows = {}};
  run.key = {7};
  for (int i = 0; i < 3; ++i) run.rows.push_back({.key = {7, i}, .spans = {{i, i + 1}}});
  for (int i = 0; i < 2; ++i) {
    run.rows.push_back({.key = {7, 0, 0, i}, .spans = {{i, i + 1}}, .space = 1});
  }
  return run;
}

Plan plan_of(std::vector<Run> runs) {
  Plan plan;
  plan.further_spaces.push_back({.name = "latent", .key = {"a", "b", "c", "d"}});
  plan.groups.push_back({.runs = std::move(runs)});
  return plan;
}

}  // namespace

TEST_CASE("rows of a run are counted in their own space", "[row_bytes]") {
  Plan plan = plan_of({run_of_rows()});
  Run run = run_of_rows();
  CHECK(most_rows(plan, run) == Counts{3, 2, 0});
  plan.generation.tokens = 9;
  CHECK(most_rows(plan, run) == Counts{3, 2, 9});
  run.limit = 4;
  CHECK(most_rows(plan, run) == Counts{3, 2, 4});
  plan.generation.rows = GeneratedRows::tokens;
  CHECK(most_rows(plan, run) == Counts{7, 2, 4});
  plan.generation.rows = GeneratedRows::predicting;
  CHECK(most_rows(plan, run) == Counts{3, 2, 4});
  run.generates = false;
  CHECK(most_rows(plan, run) == Counts{3, 2, 0});
  run.donor = true;
  CHECK(most_rows(plan, run) == Counts{0, 0, 0});
}

TEST_CASE("a row takes the bytes of the arrays of its space, and its key", "[row_bytes]") {
  Run silent = run_of_rows();
  silent.generates = false;
  Plan plan = plan_of({run_of_rows(), silent});
  plan.generation.tokens = 5;
  const std::vector<shard::ArrayPlan> arrays = {array_in("token", shard::Dtype::f4, {}),
                                                array_in("token", shard::Dtype::f8, {2}),
                                                array_in("latent", shard::Dtype::f2, {16, 2048}),
                                                array_in(generated_space, shard::Dtype::i4, {}),
                                                array_in(generated_space, shard::Dtype::f4, {})};
  CHECK(space_of(plan, arrays[1]) == 0);
  CHECK(space_of(plan, arrays[2]) == 1);
  CHECK(space_of(plan, arrays[3]) == 2);
  CHECK(bytes_per_row(arrays[2]) == 2 * 16 * 2048);
  const std::uint64_t given = 3 * (4 + 16 + 2 * 8) + 2 * (2 * 16 * 2048 + 4 * 8);
  CHECK(expected_bytes(plan, arrays, {0}) == 2 * given + 5 * (4 + 4 + 2 * 8));
  CHECK(expected_bytes(plan, arrays, {}) == 0);
  // Without an array of its own a space has no file.
  CHECK(expected_bytes(plan, {arrays[3]}, {0}) == 5 * (4 + 2 * 8));
}

}  // namespace phiscope::extract
