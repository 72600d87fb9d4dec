// SPDX-License-Identifier: MIT
#include "ahead/shard_time.hpp"

#include "catch.hpp"
#include "files/model/tensors.hpp"
#include "places.hpp"

using phiscope::extract::count_parameters;
using phiscope::extract::groups_in_time;
using phiscope::extract::ModelConfig;
using phiscope::extract::Plan;

namespace {

/// Groups of one run of some tokens each.
Plan plan_of(const std::vector<int>& lengths, std::size_t per_shard) {
  Plan plan;
  for (const int length : lengths) {
    plan.groups.push_back(
        {.runs = {{.tokens = std::vector<int>(static_cast<std::size_t>(length), 3), .rows = {}}}});
  }
  plan.groups_per_shard = per_shard;
  return plan;
}

ModelConfig walk() {
  return phiscope::extract::read_config(phiscope::test::source_dir() / "datasets/models/walk");
}

/// Seconds of a number of tokens on a CPU, by two operations for each of their weights.
double seconds_of(double tokens) {
  return tokens * 2.0 * static_cast<double>(count_parameters(walk())) / 1e11;
}

}  // namespace

TEST_CASE("shards are halved until each fits the time", "[shard_time]") {
  const Plan even = plan_of(std::vector<int>(16, 10), 16);
  CHECK(groups_in_time(even, walk(), seconds_of(161), true) == 16);
  CHECK(groups_in_time(even, walk(), seconds_of(159), true) == 8);
  CHECK(groups_in_time(even, walk(), seconds_of(81), true) == 8);
  CHECK(groups_in_time(even, walk(), seconds_of(79), true) == 4);
  CHECK(groups_in_time(even, walk(), seconds_of(1), true) == 1);  // a group is not divided
  CHECK(groups_in_time(even, walk(), 0.0, true) == 16);
  CHECK(groups_in_time(even, walk(), seconds_of(159) / 200.0, false) == 8);
  // The longest shard counts, wherever it is.
  CHECK(groups_in_time(plan_of({1, 1, 1, 1, 1, 1, 50, 50}, 4), walk(), seconds_of(101), true) == 2);
  Plan whole = even;
  whole.divisible = false;
  CHECK(groups_in_time(whole, walk(), seconds_of(1), true) == 16);
}

TEST_CASE("tokens that may be generated count", "[shard_time]") {
  Plan plan = plan_of(std::vector<int>(4, 10), 4);
  plan.generation.tokens = 30;
  CHECK(groups_in_time(plan, walk(), seconds_of(161), true) == 4);
  CHECK(groups_in_time(plan, walk(), seconds_of(159), true) == 2);
}
