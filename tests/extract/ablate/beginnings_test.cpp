// SPDX-License-Identifier: MIT
// What removals have in common, without a model; the oracle looks at every pair.
#include "ablate/beginnings.hpp"

#include "ablate/plan.hpp"
#include "catch.hpp"
#include "plan/sharing.hpp"

namespace phiscope::extract::beginnings_test {
namespace {

constexpr int heads_per_layer = 3;
constexpr int layers = 8;

std::vector<Removal> some_removals(int orders, int step) {
  std::vector<AblationOrder> all;
  for (int o = 0; o < orders; ++o) {
    all.push_back({.name = "random",
                   .kind = "random",
                   .heads = random_order(heads_per_layer * layers, 7, static_cast<unsigned>(o))});
  }
  return removals_of(all, step);
}

/// Layers from the bottom in which both lose the same heads.
int equal_below(const std::vector<int>& a, const std::vector<int>& b) {
  int least = layers;
  for (int head = 0; head < heads_per_layer * layers; ++head) {
    if (std::ranges::count(a, head) != std::ranges::count(b, head)) {
      least = std::min(least, head / heads_per_layer);
    }
  }
  return least;
}

}  // namespace

TEST_CASE("a removal begins like the earlier one with which it has most layers in common",
          "[beginnings]") {
  const std::vector<Removal> removals = some_removals(4, 1);
  std::vector<bool> taken(removals.size(), true);
  for (std::size_t r = 0; r < taken.size(); r += 5) taken[r] = false;
  // A pass costs 128 rows besides: of so many rows the gain must be over half, of many rows any.
  const bool many = GENERATE(false, true);
  const auto from =
      beginnings(removals, heads_per_layer, layers, taken, many ? 100'000 : rows_of_pass);
  std::size_t others = 0;
  for (std::size_t r = 0; r < removals.size(); ++r) {
    const int intact = equal_below(removals[r].heads, {});
    int most = intact;
    for (std::size_t e = 0; e < r; ++e) {
      if (taken[e]) most = std::max(most, equal_below(removals[r].heads, removals[e].heads));
    }
    CAPTURE(r, intact, most);
    const bool pays = many ? most > intact : 2 * (layers - most) < layers - intact;
    if (!pays) {
      CHECK(from[r] == intact_beginning);
      continue;
    }
    ++others;
    REQUIRE(from[r] < r);
    CHECK(taken[from[r]]);
    CHECK(equal_below(removals[r].heads, removals[from[r]].heads) == most);
  }
  CHECK(others > removals.size() / (many ? 2 : 8));
}

TEST_CASE("a plan enters where removals part, and says which runs are alike", "[beginnings]") {
  const std::vector<AblationText> texts = {{.tokens = {1, 2, 3}, .response = 1},
                                           {.tokens = {1, 4}, .response = 1}};
  const std::vector<Removal> removals = some_removals(3, 2);
  Plan plan;
  add_ablation(texts, removals, {.heads_per_layer = heads_per_layer, .per_shard = 8}, plan);
  std::map<std::int64_t, std::pair<std::size_t, std::vector<int>>> alike;  // text and heads
  std::map<std::pair<std::size_t, std::vector<int>>, std::size_t> times;
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const Group& group = plan.groups[g];
    const std::size_t text = g % 2;
    CHECK(group.runs[0].alike == static_cast<std::int64_t>(text));
    for (std::size_t r = 1; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      std::vector<int> heads;
      for (const Action& action : run.actions) {
        heads.push_back(site_of(action)->layer * heads_per_layer + site_of(action)->head);
      }
      ++times[{text, heads}];
      if (run.alike != unlike) {
        const auto [place, is_new] = alike.try_emplace(run.alike, text, heads);
        CHECK(place->second == std::pair(text, heads));
        CHECK(run.alike >= 2);  // no intact text
      }
      if (heads.empty()) {
        CHECK(run.from == no_run);
        continue;
      }
      REQUIRE(run.from < r);
      std::vector<int> others;
      for (const Action& action : group.runs[run.from].actions) {
        others.push_back(site_of(action)->layer * heads_per_layer + site_of(action)->head);
      }
      CHECK(departure(group.runs[run.from], run).layer == equal_below(heads, others));
    }
  }
  std::size_t repeated = 0;
  for (const auto& [what, count] : times) repeated += count > 1 ? 1U : 0U;
  CHECK(repeated == alike.size());
  CHECK(repeated >= 4);  // none and all heads of both texts
}

}  // namespace phiscope::extract::beginnings_test
