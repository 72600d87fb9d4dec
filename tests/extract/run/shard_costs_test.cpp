// SPDX-License-Identifier: MIT
#include "run/shard_costs.hpp"

#include "catch.hpp"

using phiscope::extract::ShardCosts;

TEST_CASE("a shard and a token have costs of their own", "[shard_costs]") {
  ShardCosts costs;
  CHECK(costs.empty());
  costs.add(10, 0.02 + 10 * 0.001);
  costs.add(100, 0.02 + 100 * 0.001);
  costs.add(400, 0.02 + 400 * 0.001);
  CHECK_FALSE(costs.empty());
  CHECK(costs.seconds_for(50, 3000) == Approx(50 * 0.02 + 3000 * 0.001));
}

TEST_CASE("shards of one size, and one alone, cost their tokens", "[shard_costs]") {
  ShardCosts costs;
  costs.add(100, 0.5);
  CHECK(costs.seconds_for(7, 300) == Approx(1.5));
  costs.add(100, 0.7);
  CHECK(costs.seconds_for(7, 300) == Approx(1.8));
}

TEST_CASE("noise makes neither cost negative", "[shard_costs]") {
  ShardCosts falling;  // the larger one was faster
  falling.add(100, 0.5);
  falling.add(200, 0.3);
  CHECK(falling.seconds_for(10, 5000) == Approx(4.0));
  ShardCosts steep;
  steep.add(100, 0.1);
  steep.add(110, 0.2);
  CHECK(steep.seconds_for(10, 2000) == Approx(0.15 / 105 * 2000));
}
