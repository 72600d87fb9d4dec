// SPDX-License-Identifier: MIT
#include "ahead/estimate.hpp"
#include "catch.hpp"

using namespace phiscope::extract;

TEST_CASE("a batch's memory holds what attention needs of one lane without a kernel for it",
          "[batch_bytes]") {
  Plan plan;
  plan.groups.push_back({.runs = {{.tokens = std::vector<int>(100, 1), .rows = {}}}});
  ModelConfig config;
  config.layers = 2;
  config.hidden = 64;
  config.intermediate = 128;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 16;
  const auto bytes = [&](std::size_t batch_size) {
    return expected_batch_bytes(plan, config, {}, 2, batch_size);
  };
  const std::uint64_t plain = bytes(1);
  CHECK(bytes(8) == 8 * plain);
  config.windows = {0, 20};
  CHECK(bytes(1) == plain + 100 * 100 * (2 + 1));
  CHECK(bytes(8) == 8 * plain + 100 * 100 * (2 + 1));
  config.attention_softcap = 50.0;
  CHECK(bytes(8) == 8 * plain + 100 * 100 * (4 * (3 * 2 + 4) + 1));
}

TEST_CASE("a batch has the runs of one shard at most", "[batch_bytes]") {
  Plan plan;
  plan.groups_per_shard = 2;
  const auto add = [&](std::size_t runs) {
    plan.groups.push_back({.runs = std::vector<Run>(runs)});
  };
  CHECK(runs_of_batch(plan, 16) == 1);                            // of nothing
  for (const std::size_t runs : {1U, 2U, 5U, 0U, 4U}) add(runs);  // shards of 3, 5 and 4 runs
  CHECK(runs_of_batch(plan, 16) == 5);
  CHECK(runs_of_batch(plan, 4) == 4);
  plan.groups_per_shard = 100;
  CHECK(runs_of_batch(plan, 16) == 12);
  CHECK(runs_of_batch(plan, 12) == 12);
}
