// SPDX-License-Identifier: MIT
#include "run/rows.hpp"

#include "model_fixture.hpp"

#include <ATen/ops/tensor.h>

using namespace phiscope::test;

namespace {

/// Rows of one unit whose values are those given.
at::Tensor column(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({-1, 1});
}

/// The rows of a run that is a lane of its pass.
std::vector<PassRow> rows_of(const Run& run, std::size_t lane = 0) {
  std::vector<PassRow> rows;
  for (const Row& row : run.rows) {
    rows.push_back({.slot = lane, .row = std::ssize(rows), .lane = lane, .spans = row.spans});
  }
  return rows;
}

/// The rows of a run that is alone in its batch, when a hook of one layer has these values at the
/// batch's eight positions, padding included.
at::Tensor collect(const Run& run, const Batch& batch, Hook hook, std::vector<int> layers,
                   const std::vector<double>& values, const RunTrace* before = nullptr) {
  const int layer = layers.empty() ? 0 : layers.front();
  Plan plan = capture_plan(hook, std::move(layers));
  plan.groups = {{.runs = {run}}};
  RowCollector rows(plan, {.rows = std::ssize(run.rows), .means = has_means(plan, 0)});
  rows.begin(batch, rows_of(run), {before});
  rows.take(hook, layer, batch.lanes.size(), column(values));
  return rows.rows(0, std::ssize(run.rows)).at(0);
}

/// The same of the embedding of a run without a prefix: [row, 1].
at::Tensor collect(const Run& run, const std::vector<double>& values) {
  return collect(run, make_batch({{.tokens = run.tokens}}, at::kCPU), Hook::embed, {}, values);
}

}  // namespace

TEST_CASE("a row is the mean over spans of the mean over tokens", "[rows]") {
  const Run run{.tokens = {1, 2, 3, 4},
                .rows = {{.key = {}, .spans = {{0, 1}, {1, 4}}}, {.key = {}, .spans = {{2, 3}}}}};
  const at::Tensor taken = collect(run, {10, 1, 2, 6, 9, 9, 9, 9});
  CHECK(taken[0][0].item<double>() == Approx((10.0 + 3.0) / 2));
  CHECK(taken[1][0].item<double>() == 2.0);
}

TEST_CASE("rows before a lane's start come from the prefix run", "[rows]") {
  KvCache cache({}, 3, at::kFloat, at::kCPU);
  cache.advance(3);
  const std::vector<int> suffix{4, 5};
  const Run run{.tokens = {1, 2, 4, 5},
                .rows = {{.key = {}, .spans = {{1, 3}}}, {.key = {}, .spans = {{0, 1}, {3, 4}}}}};
  const Batch batch = make_batch({{.tokens = suffix, .start = 2, .prefix = &cache}}, at::kCPU);
  RunTrace trace;
  trace.values[{Hook::resid_post, -1}] = column({1, 2, 100});
  const at::Tensor taken =
      collect(run, batch, Hook::resid_post, {-1}, {40, 50, 9, 9, 9, 9, 9, 9}, &trace);
  CHECK(taken.sizes().vec() == std::vector<std::int64_t>{2, 1, 1});
  CHECK(taken[0][0][0].item<double>() == 21.0);  // (2 + 40) / 2
  CHECK(taken[1][0][0].item<double>() == 25.5);  // (1 + 50) / 2
}

TEST_CASE("a value that is not finite stays in its own row", "[rows]") {
  const Run run{.tokens = {1, 2, 3},
                .rows = {{.key = {}, .spans = {{0, 1}}}, {.key = {}, .spans = {{1, 3}}}}};
  const at::Tensor taken = collect(run, {INFINITY, 1, 3, 0, 0, 0, 0, 0});
  CHECK(std::isinf(taken[0][0].item<double>()));
  CHECK(taken[1][0].item<double>() == 2.0);
}

TEST_CASE("rows of several passes stand together slot by slot", "[rows]") {
  const Plan plan = capture_plan(Hook::embed, {});
  const std::vector<int> tokens{1};
  RowCollector rows(plan, {.slots = 2, .rows = 3});
  const Batch batch = make_batch({{.tokens = tokens}, {.tokens = tokens}}, at::kCPU);
  const Span first{0, 1};
  for (const std::int64_t pass : {0, 1}) {
    rows.begin(batch, {{.slot = 1, .row = pass, .lane = 0, .spans = {&first, 1}},
                       {.slot = 0, .row = pass, .lane = 1, .spans = {&first, 1}}});
    const auto value = static_cast<double>(pass + 1);
    rows.take(Hook::embed, 0, batch.lanes.size(), column({10 * value, value, 0, 0, 0, 0, 0, 0}));
  }
  const at::Tensor one = rows.rows(0, 2).at(0);
  const at::Tensor other = rows.rows(1, 2).at(0);
  CHECK(one[0][0].item<double>() == 1.0);
  CHECK(one[1][0].item<double>() == 2.0);
  CHECK(other[0][0].item<double>() == 10.0);
  CHECK(other[1][0].item<double>() == 20.0);
  CHECK_THROWS_AS(rows.begin(batch, {{.slot = 0, .row = 3, .spans = {&first, 1}}}),
                  std::invalid_argument);
}

TEST_CASE("a row of positions that no pass has any more is refused", "[rows]") {
  const Plan plan = capture_plan(Hook::embed, {});
  const std::vector<int> tokens{1};
  KvCache cache({}, 3, at::kFloat, at::kCPU);
  cache.advance(3);
  RowCollector rows(plan, {.rows = 1});
  const Batch batch = make_batch({{.tokens = tokens, .start = 3, .prefix = &cache}}, at::kCPU);
  const Span both{2, 4};
  rows.begin(batch, {{.spans = {&both, 1}}});
  CHECK_THROWS_AS(rows.take(Hook::embed, 0, 1, column({1, 0, 0, 0, 0, 0, 0, 0})),
                  std::invalid_argument);
}

TEST_CASE("lanes take earlier positions each from a trace of its own", "[rows]") {
  const Plan plan = capture_plan(Hook::embed, {});
  const std::vector<int> tokens{1};
  KvCache cache({}, 3, at::kFloat, at::kCPU);
  cache.advance(3);
  RunTrace one{.first = 2};
  one.values[{Hook::embed, 0}] = column({5});
  RunTrace other;
  other.values[{Hook::embed, 0}] = column({7, 8, 9});
  RowCollector rows(plan, {.slots = 2, .rows = 1});
  const Batch batch = make_batch({{.tokens = tokens, .start = 3, .prefix = &cache},
                                  {.tokens = tokens, .start = 3, .prefix = &cache}},
                                 at::kCPU);
  const Span at_two{2, 3};
  const Span at_one{1, 2};
  rows.begin(batch,
             {{.slot = 0, .lane = 0, .spans = {&at_two, 1}},
              {.slot = 1, .lane = 1, .spans = {&at_one, 1}}},
             {&one, &other});
  rows.take(Hook::embed, 0, 2, column({1, 2, 0, 0, 0, 0, 0, 0}));
  CHECK(rows.rows(0, 1).at(0)[0][0].item<double>() == 5.0);
  CHECK(rows.rows(1, 1).at(0)[0][0].item<double>() == 8.0);
}

TEST_CASE("means and norms of 16-bit values are float32, single tokens keep their bits", "[rows]") {
  CHECK(row_dtype(Hook::resid_post, at::kBFloat16, false) == at::kBFloat16);
  CHECK(row_dtype(Hook::resid_post, at::kBFloat16, true) == at::kFloat);
  CHECK(row_dtype(Hook::head_norm, at::kHalf, false) == at::kFloat);
  CHECK(row_dtype(Hook::head_norm, at::kDouble, true) == at::kDouble);
  CHECK(row_dtype(Hook::logits, at::kFloat, true) == at::kFloat);
}

TEST_CASE("rows of a lane that has not entered yet are the prefix's", "[rows]") {
  const Plan plan = capture_plan(Hook::resid_pre, {0, 1});
  const std::vector<int> tokens{1, 2};
  const Run run{.tokens = tokens,
                .rows = {{.key = {}, .spans = {{0, 1}}}, {.key = {}, .spans = {{1, 2}}}}};
  const Batch batch = make_batch(
      {{.tokens = tokens}, {.tokens = tokens, .from_layer = 1, .entering = column({3, 4})}},
      at::kCPU);
  RunTrace trace;
  trace.values[{Hook::resid_pre, 0}] = column({10, 20});
  trace.values[{Hook::resid_pre, 1}] = column({30, 40});
  RowCollector rows(plan, {.slots = 2, .rows = 2});
  std::vector<PassRow> pass = rows_of(run);
  for (const PassRow& row : rows_of(run, 1)) pass.push_back(row);
  rows.begin(batch, pass, {&trace, &trace});
  rows.take(Hook::resid_pre, 0, 1, column({1, 2, 0, 0, 0, 0, 0, 0}));
  rows.take(Hook::resid_pre, 1, 2, column({5, 6, 7, 8, 0, 0, 0, 0}));
  const at::Tensor taken = at::cat({rows.rows(0, 2).at(0), rows.rows(1, 2).at(0)}, 0).squeeze(2);
  const at::Tensor first = taken.select(1, 0);
  const at::Tensor second = taken.select(1, 1);
  for (const std::int64_t row : {0, 1, 2, 3}) {
    CAPTURE(row);
    const double wanted[] = {1, 2, 10, 20};
    CHECK(first[row].item<double>() == wanted[row]);
    CHECK(second[row].item<double>() == 5.0 + static_cast<double>(row));
  }
}
