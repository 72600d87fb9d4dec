// SPDX-License-Identifier: MIT
#include "run/stored_rows.hpp"

#include "model_fixture.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>

#include <limits>
#include <vector>

using namespace phiscope::extract;
using namespace phiscope::test;

namespace {

Plan plan_of(Hook hook) {
  Plan plan;
  plan.captures = {{.array = "rows", .hook = hook, .layers = {}}};
  return plan;
}

FinishedRun finished(const at::Tensor& rows) {
  FinishedRun run;
  run.arrays = {rows};
  return run;
}

std::vector<at::Tensor> all_of(StoredRows stored) {
  std::vector<at::Tensor> parts;
  while (const auto rows = stored.next()) parts.push_back(*rows);
  return parts;
}

}  // namespace

TEST_CASE("scores of several runs are made together, in portions", "[stored_rows]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const std::int64_t hidden = model.config.hidden;
  const at::Tensor first = at::randn({40'000, hidden});
  const at::Tensor last = at::randn({41'111, hidden});
  const std::vector<FinishedRun> runs{finished(first), finished({}),
                                      finished(first.narrow(0, 0, 0)), finished(last)};
  const std::vector<at::Tensor> parts = all_of({model, plan_of(Hook::logits), 0, runs});
  const std::int64_t row = 4 * model.config.vocab;
  REQUIRE(parts.size() == 2);  // of 23 MB
  for (const at::Tensor& part : parts) CHECK(part.size(0) * row <= 16'000'000);
  CHECK(parts[0].size(0) % 8 == 0);
  CHECK(at::cat(parts, 0).equal(at::cat({logits(model, first), logits(model, last)}, 0)));
}

TEST_CASE("rows that are values are given run by run, as they are", "[stored_rows]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const at::Tensor first = at::randn({3, 5});
  const at::Tensor last = at::randn({2, 5});
  const std::vector<FinishedRun> runs{finished(first), finished({}), {}, finished(last)};
  const std::vector<at::Tensor> parts = all_of({model, plan_of(Hook::resid_post), 0, runs});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].equal(first));
  CHECK(parts[1].equal(last));
  CHECK(all_of({model, plan_of(Hook::logits), 0, {}}).empty());
}

TEST_CASE("scores that are not finite are refused", "[stored_rows]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  at::Tensor rows = at::randn({4, model.config.hidden});
  rows[3][0].fill_(std::numeric_limits<double>::infinity());
  const std::vector<FinishedRun> runs{finished(rows)};
  CHECK_THROWS_WITH(all_of({model, plan_of(Hook::logits), 0, runs}),
                    Contains("logits: not finite in Float, expected finite values"));
}
