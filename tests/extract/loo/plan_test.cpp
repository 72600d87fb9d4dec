// SPDX-License-Identifier: MIT
#include "loo/plan.hpp"

#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <set>

using namespace phiscope::extract;

namespace {

/// cat dog cat tomato, two tokens for each dog.
const LooContext small{.condition = 1,
                       .n = 4,
                       .trial = 3,
                       .seed = 0,
                       .nodes = {0, 4, 0, 2},
                       .adjacency = Adjacency(12, std::vector<int>(12, 0)),
                       .removed = {0, 1, 3}};
const LooTokens small_tokens{.ids = {10, 20, 21, 10, 30},
                             .spans = {{0, 1}, {1, 3}, {3, 4}, {4, 5}}};

std::vector<std::int64_t> words_of(const std::vector<Row>& rows) {
  std::vector<std::int64_t> words;
  for (const Row& row : rows) words.push_back(row.key.back());
  return words;
}

}  // namespace

TEST_CASE("bridges are where the cluster changes, never the first position", "[plan]") {
  CHECK(bridge_positions({0, 1, 4, 8, 9, 0}, semantic_words().cluster) ==
        std::vector<int>{2, 3, 5});
  CHECK(bridge_positions({0}, semantic_words().cluster).empty());
}

TEST_CASE("spread positions cover the whole context with its ends", "[plan]") {
  CHECK(spread_positions(3, 10) == std::vector<int>{0, 1, 2});
  CHECK(spread_positions(100, 10) == std::vector<int>{0, 11, 22, 33, 44, 55, 66, 77, 88, 99});
  CHECK(spread_positions(50, 1) == std::vector<int>{0});
  for (int n = 2; n < 60; ++n) {
    for (int k = 2; k <= n; ++k) {
      const std::vector<int> positions = spread_positions(n, k);
      CAPTURE(n, k);
      REQUIRE(std::set<int>(positions.begin(), positions.end()).size() ==
              static_cast<std::size_t>(k));
      REQUIRE(positions.front() == 0);
      REQUIRE(positions.back() == n - 1);
    }
  }
}

TEST_CASE("spread positions of a long context are those nearest to an even spread", "[plan]") {
  constexpr std::int64_t n = 1'000'000;
  constexpr std::int64_t count = 9999;  // of the 9998 steps, each to the nearest position
  const std::vector<int> positions = spread_positions(static_cast<int>(n), static_cast<int>(count));
  REQUIRE(positions.size() == static_cast<std::size_t>(count));
  CHECK(positions.front() == 0);
  CHECK(positions.back() == n - 1);
  std::int64_t misplaced = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t off = positions[static_cast<std::size_t>(i)] * (count - 1) - i * (n - 1);
    if (2 * (off < 0 ? -off : off) > count - 1) ++misplaced;
  }
  CHECK(misplaced == 0);
}

TEST_CASE("each run has its own tokens, and rows only for the words present", "[plan]") {
  const Group group = loo_group(small, small_tokens, Sink::keep, Occurrence::mean);
  REQUIRE(group.runs.size() == 4);
  CHECK(group.runs[0].tokens == std::vector<int>{10, 20, 21, 10, 30});
  CHECK(group.runs[1].tokens == std::vector<int>{20, 21, 10, 30});
  CHECK(group.runs[2].tokens == std::vector<int>{10, 10, 30});
  CHECK(group.runs[3].tokens == std::vector<int>{10, 20, 21, 10});
  CHECK(words_of(group.runs[0].rows) == std::vector<std::int64_t>{0, 2, 4});
  CHECK(words_of(group.runs[2].rows) == std::vector<std::int64_t>{0, 2});
  CHECK(group.runs[0].rows[0].spans == std::vector<Span>{{0, 1}, {3, 4}});
  CHECK(group.runs[1].rows[0].spans == std::vector<Span>{{2, 3}});  // moved left by one token
  CHECK(group.runs[2].rows[0].spans == std::vector<Span>{{0, 1}, {1, 2}});  // by two
  CHECK(group.runs[2].rows[0].key == std::vector<std::int64_t>{1, 4, 3, 1, 0});
}

TEST_CASE("a dropped sink is the first word of every run", "[plan]") {
  const Group group = loo_group(small, small_tokens, Sink::drop, Occurrence::mean);
  CHECK(group.runs[0].rows[0].spans == std::vector<Span>{{3, 4}});
  CHECK(words_of(group.runs[1].rows) == std::vector<std::int64_t>{0, 2});  // dog is first there
  CHECK(group.runs[2].rows[0].spans == std::vector<Span>{{1, 2}});
}

TEST_CASE("one occurrence can represent a word", "[plan]") {
  const auto spans = [](Occurrence occurrence) {
    return loo_group(small, small_tokens, Sink::keep, occurrence).runs[0].rows[0].spans;
  };
  CHECK(spans(Occurrence::first) == std::vector<Span>{{0, 1}});
  CHECK(spans(Occurrence::last) == std::vector<Span>{{3, 4}});
}

TEST_CASE("conditions share walks, trials and lengths do not", "[plan]") {
  const std::vector<LooContext> contexts =
      loo_contexts({semantic_words(), unrelated_words()}, {6, 50, 106}, 3, 42, 0);
  REQUIRE(contexts.size() == 18);
  std::set<Adjacency> graphs;
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(contexts[i].nodes == contexts[i + 9].nodes);
    CHECK(contexts[i].adjacency == contexts[i + 9].adjacency);
    graphs.insert(contexts[i].adjacency);
    CHECK(contexts[i].removed.size() == (contexts[i].n <= 20 ? 6U : 10U));
  }
  CHECK(graphs.size() == 9);  // also (trial, 106) and (trial + 1, 6), which the source mixed up
}

TEST_CASE("the published walks have the bridges that were published", "[plan][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto root = phiscope::shard::read_json(*reference / "published/loo/loo_walks.json");
  REQUIRE(root.at("walks").size() == 50);
  for (const auto& walk : root.at("walks")) {
    CHECK(bridge_positions(walk.at("nodes").get<std::vector<int>>(), semantic_words().cluster) ==
          walk.at("bridge_positions").get<std::vector<int>>());
  }
}
