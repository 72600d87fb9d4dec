// SPDX-License-Identifier: MIT
#include "run/time_ahead.hpp"

#include "ahead/estimate.hpp"
#include "places.hpp"
#include "torch_catch.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace phiscope::extract;

namespace {

Run run_of(int length) {
  return {.tokens = std::vector<int>(static_cast<std::size_t>(length), 3), .rows = {}};
}

/// Two prompts a shard; all generate.
Plan generating_plan() {
  Plan plan;
  for (const int length : {10, 20, 30}) plan.groups.push_back({.runs = {run_of(length)}});
  plan.groups_per_shard = 2;
  plan.generation.tokens = 7;
  return plan;
}

}  // namespace

TEST_CASE("tokens ahead are those of the shards, by how they enter", "[time_ahead]") {
  const Plan plan = generating_plan();
  const std::vector<std::int64_t> all{0, 1};
  CHECK(tokens_ahead(plan, all).together == 60);
  CHECK(tokens_ahead(plan, all).single == 21);
  const std::vector<std::int64_t> last{1};
  CHECK(tokens_ahead(plan, last).together == 30);
  CHECK(tokens_ahead(plan, last).single == 7);
  CHECK(tokens_ahead(plan, {}).all() == 0);
}

TEST_CASE("latents enter singly", "[time_ahead]") {
  Plan plan = generating_plan();
  plan.generation.tokens = 0;
  plan.groups.resize(1);
  plan.groups[0].runs[0].latents.count = 4;
  plan.groups[0].runs[0].after = {5, 6, 7};
  Run longer = plan.groups[0].runs[0];
  longer.after.push_back(8);  // all but this is shared
  longer.from = 0;
  plan.groups[0].runs.push_back(longer);
  const std::vector<std::int64_t> all{0};
  CHECK(tokens_ahead(plan, all).together == 10 + 3 + 1);
  CHECK(tokens_ahead(plan, all).single == 4);
}

TEST_CASE("shards are timed without being computed", "[time_ahead]") {
  const Model model =
      load_model(phiscope::test::source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  const Plan plan = generating_plan();
  const std::vector<std::int64_t> all{0, 1};
  CHECK(seconds_ahead(model, plan, 2, {}, all) > 0.0);
  CHECK(seconds_ahead(model, plan, 2, {}, {}) == 0.0);
}

TEST_CASE("a beginning that fails is left to the run", "[time_ahead]") {
  Model model =
      load_model(phiscope::test::source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  at::Tensor& embedding = model.parts[Part::embedding];
  embedding = embedding.clone();
  embedding[3].fill_(std::numeric_limits<double>::infinity());
  const Plan plan = generating_plan();
  Stepper stepper(model, plan, 2);
  stepper.begin(plan.groups);
  CHECK_THROWS_AS(stepper.step(), std::runtime_error);
  CHECK(seconds_ahead(model, plan, 2, {}, std::vector<std::int64_t>{0, 1}) > 0.0);
}
