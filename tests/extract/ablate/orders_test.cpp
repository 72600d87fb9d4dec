// SPDX-License-Identifier: MIT
// Orders of removal and donors as plain data, without a model.
#include "ablate/orders.hpp"

#include "ablate/plan.hpp"
#include "catch.hpp"

#include <numeric>
#include <set>

namespace phiscope::extract::orders_test {
namespace {

/// Twelve heads in three layers of four, no layer's heads together.
const std::vector<int> ranking = {5, 0, 11, 4, 1, 9, 10, 2, 7, 3, 6, 8};

std::vector<int> layers_of(const std::vector<int>& heads) {
  std::vector<int> layers;
  for (const int head : heads) layers.push_back(head / 4);
  return layers;
}

}  // namespace

TEST_CASE("an order within layers follows the ranking's layers, not its heads", "[orders]") {
  std::set<std::vector<int>> different;
  std::vector<int> first_of_layer(12, 0);
  for (std::uint32_t number = 0; number < 400; ++number) {
    const std::vector<int> heads = random_order_in_layers(ranking, 4, 7, number, 0);
    CHECK(layers_of(heads) == layers_of(ranking));
    CHECK(std::set<int>(heads.begin(), heads.end()).size() == 12);
    CHECK(heads == random_order_in_layers(ranking, 4, 7, number, 0));
    different.insert(heads);
    for (const int layer : {0, 1, 2}) {
      const auto place = std::ranges::find(heads, layer, [](int head) { return head / 4; });
      ++first_of_layer[static_cast<std::size_t>(*place)];
    }
  }
  CHECK(different.size() > 380);  // of 24^3
  // Each of four heads is the first of its layer in 100 of 400, with a deviation of 8.7.
  for (const int count : first_of_layer) CHECK(std::abs(count - 100) < 40);
  CHECK(random_order_in_layers(ranking, 4, 7, 0, 0) != random_order_in_layers(ranking, 4, 7, 0, 1));
  CHECK(random_order_in_layers(ranking, 4, 7, 0, 0) != random_order_in_layers(ranking, 4, 8, 0, 0));
}

TEST_CASE("no text is its own donor, and each is a donor once", "[orders]") {
  std::set<std::vector<std::size_t>> different;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::vector<std::size_t> donors = donor_texts(7, seed);
    CHECK(std::set<std::size_t>(donors.begin(), donors.end()).size() == 7);
    for (std::size_t text = 0; text < 7; ++text) CHECK(donors[text] != text);
    CHECK(*std::ranges::max_element(donors) == 6);
    different.insert(donors);
  }
  CHECK(different.size() > 40);  // of 720
  CHECK(donor_texts(2, 3) == std::vector<std::size_t>{1, 0});
}

TEST_CASE("the texts of a plan share the actions of a removal", "[orders]") {
  const std::vector<AblationText> texts = {{.tokens = {1, 2, 3}, .response = 1},
                                           {.tokens = {1, 4}, .response = 1}};
  const std::vector<Removal> removals = {{.order = 0, .removed = 2, .heads = {5, 0}}};
  const AblationLayout layout{
      .heads_per_layer = 4, .replacement = Replacement::resample, .donors = {1, 0}};
  Plan plan;
  add_ablation(texts, removals, layout, plan);
  REQUIRE(plan.groups.size() == 2);
  for (std::size_t t = 0; t < 2; ++t) {
    REQUIRE(plan.groups[t].runs.size() == 3);
    CHECK(plan.groups[t].runs[1].donor);
    CHECK(plan.groups[t].runs[1].tokens == texts[1 - t].tokens);
    CHECK(plan.groups[t].runs[2].actions.size() == 2);
  }
  CHECK(plan.groups[0].runs[2].actions.begin() == plan.groups[1].runs[2].actions.begin());
  const auto from_donor = [](int layer, int head) -> Action {
    return Patch{.site = {.hook = Hook::z, .layer = layer, .head = head},
                 .from = {.run = 1, .positions = {}}};
  };
  // Lower layers first, in whatever order heads are removed.
  CHECK(plan.groups[0].runs[2].actions == ActionList{from_donor(0, 0), from_donor(1, 1)});
  CHECK(plan.averaged.empty());
  Plan means;
  add_ablation(texts, removals, {.heads_per_layer = 4, .replacement = Replacement::mean}, means);
  CHECK(means.averaged == std::vector<std::vector<int>>{{1, 2, 3}, {1, 4}});
  CHECK(means.groups[0].runs.size() == 2);
}

}  // namespace phiscope::extract::orders_test
