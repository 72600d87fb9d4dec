// SPDX-License-Identifier: MIT
#include "plan/plan.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

TEST_CASE("every hook stands at its own place in the table of names", "[plan]") {
  for (std::size_t i = 0; i < hook_names.size(); ++i) {
    CHECK(static_cast<std::size_t>(hook_names[i].hook) == i);
    CHECK(&hook_name(hook_names[i].hook) == &hook_names[i]);
  }
}

TEST_CASE("a shared prefix ends at the first difference or the shorter end", "[plan]") {
  CHECK(shared_prefix({1, 2, 3}, {1, 2, 4, 5}) == 2);
  CHECK(shared_prefix({1, 2}, {1, 2, 3}) == 2);
  CHECK(shared_prefix({}, {1}) == 0);
}

TEST_CASE("tokens are counted alone and with prefixes shared", "[plan]") {
  const Row row{.key = {}, .spans = {{0, 1}}};
  const std::vector<Group> groups{
      {.runs = {{.tokens = {1, 2, 3, 4}, .rows = {row, row}},
                {.tokens = {1, 2, 4}, .rows = {row}},    // behind two shared tokens: one
                {.tokens = {1, 2, 3}, .rows = {row}}}},  // all shared: still one
      {.runs = {{.tokens = {1, 2}, .rows = {}}}}};
  const TokenCount count = count_tokens(groups);
  CHECK(count.runs == 4);
  CHECK(count.rows == 4);
  CHECK(count.alone == 12);
  CHECK(count.shared == 4 + 1 + 1 + 2);
}

TEST_CASE("the last shard may be smaller", "[plan]") {
  Plan plan;
  plan.groups.resize(5);
  plan.groups_per_shard = 2;
  CHECK(plan.shards() == 3);
}
