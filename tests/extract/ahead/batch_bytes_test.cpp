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
