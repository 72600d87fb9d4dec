// SPDX-License-Identifier: MIT
#include "sampling/plan.hpp"

#include "catch.hpp"

#include <set>
#include <tuple>

using namespace phiscope::extract;

TEST_CASE("every sample has a draw of its own, whatever else is drawn", "[plan]") {
  std::set<std::tuple<std::uint64_t, std::uint32_t>> places;
  std::size_t runs = 0;
  for (std::int64_t problem = 0; problem < 3; ++problem) {
    const Group group = sample_group({1, 2}, problem,
                                     {.temperatures = {0.0, 0.5, 0.8, 1.0, 1.25},
                                      .samples = 16,
                                      .checkpoints = {8},
                                      .stride = 4});
    REQUIRE(group.runs.size() == 1 + 4 * 16);  // one greedy solution
    for (const Run& run : group.runs) {
      places.insert({run.draw.prompt, run.draw.sample});
      CHECK(run.draw.step == 0);
      ++runs;
    }
  }
  CHECK(places.size() == runs);
  const auto third = [](const std::vector<double>& temperatures, std::size_t run) {
    return sample_group({1}, 4, {.temperatures = temperatures, .samples = 16, .checkpoints = {}})
        .runs[run];
  };
  const Run alone = third({0.8}, 3);
  const Run among = third({0.0, 0.5, 0.8}, 1 + 16 + 3);
  CHECK(alone.draw.sample == among.draw.sample);
  CHECK(alone.temperature == among.temperature);
  CHECK(among.key == std::vector<std::int64_t>{4, 2, 3});
}

TEST_CASE("the number of a draw tells all temperatures and samples apart", "[plan]") {
  CHECK(draw_sample(0.001, 65535) + 1 == draw_sample(0.002, 0));
  CHECK(draw_sample(60.0, 65535) == 60000U * 65536U + 65535U);  // no overflow of 32 bits
  CHECK(draw_sample(0.7, 0) == draw_sample(0.1 * 7, 0));        // 0.7000000000000001
  std::set<std::uint32_t> numbers;
  for (int thousandths = 0; thousandths <= 60000; thousandths += 7) {
    for (const int sample : {0, 1, 65535})
      numbers.insert(draw_sample(thousandths / 1000.0, sample));
  }
  CHECK(numbers.size() == 3U * (60000 / 7 + 1));
}

TEST_CASE("the known path is pooled where the others are", "[plan]") {
  const Group group =
      manifold_group({.prompt = {1, 2, 3}, .oracle = {11, 12, 13, 14, 15, 16, 17}, .prefix = 2}, 5,
                     {.stride = 3, .tokens = 20});
  REQUIRE(group.runs.size() == 3);
  const Run& local = group.runs[0];
  const Run& oracle = group.runs[1];
  const Run& forced = group.runs[2];
  CHECK(local.tokens == std::vector<int>{1, 2, 3});
  CHECK(local.key == std::vector<std::int64_t>{5, 1});
  REQUIRE(local.windows.size() == 1);
  CHECK_FALSE(oracle.generates);
  REQUIRE(oracle.rows.size() == 1);
  CHECK(oracle.rows[0].key == std::vector<std::int64_t>{5, 0, 0});
  // The third and the sixth token after the three of the prompt.
  CHECK(oracle.rows[0].spans == std::vector<Span>{{5, 6}, {8, 9}});
  CHECK(forced.tokens == std::vector<int>{1, 2, 3, 11, 12});
  CHECK(forced.origin == 3);
  REQUIRE(forced.windows.size() == 2);
  CHECK(forced.windows[0].begin == 0);
  CHECK(forced.windows[1].begin == 2);
  CHECK(forced.windows[1].counted_from == 0);
  CHECK(forced.windows[1].key == after_prefix_window);
  const Group brief = manifold_group({.prompt = {1}, .oracle = {11, 12}, .prefix = 0}, 0,
                                     {.stride = 3, .tokens = 20});
  CHECK(brief.runs[1].rows.empty());
}

TEST_CASE("rows of single tokens are every stride-th of each path", "[plan]") {
  const Group group =
      manifold_group({.prompt = {1, 2, 3}, .oracle = {11, 12, 13, 14, 15, 16, 17}, .prefix = 2}, 5,
                     {.stride = 3, .tokens = 8, .by_token = true});
  const auto keys = [](const Run& run) {
    std::vector<std::int64_t> found;
    for (const PoolWindow& window : run.windows) {
      CHECK(window.begin == window.key - 1);
      CHECK(window.end == window.key);
      CHECK((window.key - window.counted_from) % 3 == 0);
      found.push_back(window.key);
    }
    return found;
  };
  CHECK(keys(group.runs[0]) == std::vector<std::int64_t>{3, 6});
  CHECK(keys(group.runs[2]) == std::vector<std::int64_t>{3, 6, 9});  // two are given
  const std::vector<Row>& oracle = group.runs[1].rows;
  REQUIRE(oracle.size() == 2);
  CHECK(oracle[0].key == std::vector<std::int64_t>{5, 0, 3});
  CHECK(oracle[0].spans == std::vector<Span>{{5, 6}});
  CHECK(oracle[1].key == std::vector<std::int64_t>{5, 0, 6});
  CHECK(oracle[1].spans == std::vector<Span>{{8, 9}});
}

TEST_CASE("branches begin after every interval, before the end", "[plan]") {
  const BranchLayout layout{.interval = 8, .lookahead = 10, .stride = 2, .tokens = 24};
  CHECK(branch_points(layout) == std::vector<int>{8, 16});
  const Group group = branch_group({1, 2, 3}, 6, layout);
  REQUIRE(group.runs.size() == 3);
  const auto tokens_of = [](const Run& run) {
    std::vector<std::int64_t> numbers;
    for (const PoolWindow& window : run.windows) {
      CHECK(window.begin == window.end - 1);
      CHECK(window.end - window.counted_from == 2);
      CHECK(window.key == window.end);
      numbers.push_back(window.key);
    }
    return numbers;
  };
  CHECK(tokens_of(group.runs[0]) == std::vector<std::int64_t>{10, 12, 14, 16, 18, 20, 22, 24, 26});
  for (const std::size_t b : {1U, 2U}) {
    const Run& branch = group.runs[b];
    const int t = 8 * static_cast<int>(b);
    CHECK(branch.key == std::vector<std::int64_t>{6, t});
    CHECK(branch.quote.continues);
    CHECK(branch.quote.tokens == t);
    CHECK(*branch.actions.begin() == Action(Force{.step = 0, .token = 0, .rank = 2}));
    CHECK(branch.limit == (t == 8 ? 10 : 8));
    CHECK(tokens_of(branch) == std::vector<std::int64_t>{t + 2, t + 4, t + 6, t + 8, t + 10});
  }
  BranchLayout whole = layout;
  whole.to_end = true;
  CHECK(branch_group({1}, 0, whole).runs[1].limit == 16);
}
