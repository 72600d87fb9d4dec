// SPDX-License-Identifier: MIT
#include "plan/sharing.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

TEST_CASE("a shared prefix ends at the first difference or the shorter end", "[sharing]") {
  CHECK(shared_prefix({1, 2, 3}, {1, 2, 4, 5}) == 2);
  CHECK(shared_prefix({1, 2}, {1, 2, 3}) == 2);
  CHECK(shared_prefix({}, {1}) == 0);
}

TEST_CASE("tokens are counted alone and with prefixes shared", "[sharing]") {
  const Row row{.key = {}, .spans = {{0, 1}}};
  const std::vector<Group> groups{
      {.runs = {{.tokens = {1, 2, 3, 4}, .rows = {row, row}},
                {.tokens = {1, 2, 4}, .rows = {row}},    // after two shared tokens: one
                {.tokens = {1, 2, 3}, .rows = {row}}}},  // all shared: still one
      {.runs = {{.tokens = {1, 2}, .rows = {}}}}};
  const TokenCount count = count_tokens(groups, 3);
  CHECK(count.token_layers_alone == 36);
  CHECK(count.token_layers_shared == 3 * 8);
  CHECK(count.runs == 4);
  CHECK(count.rows == 4);
  CHECK(count.alone == 12);
  CHECK(count.shared == 4 + 1 + 1 + 2);
}

TEST_CASE("a run begins to differ where its first action changes something", "[sharing]") {
  const Run base{.tokens = {1, 2, 3, 4}, .rows = {}};
  const auto with = [&](std::vector<Action> actions, std::vector<int> tokens = {1, 2, 3, 4}) {
    return departure(base,
                     {.tokens = std::move(tokens), .rows = {}, .actions = std::move(actions)});
  };
  const Site stream{.hook = Hook::resid_post, .layer = 2, .positions = {3, 1}};
  CHECK(with({Zero{stream}}).position == 1);
  CHECK(with({Zero{stream}}).layer == 3);
  const Site head{.hook = Hook::z, .layer = 1, .head = 0};
  CHECK(with({Zero{head}}).position == 0);  // at every position
  CHECK(with({Zero{head}}).layer == 1);
  CHECK(with({Zero{stream}, Patch{.site = head, .from = {}}}).layer == 1);
  CHECK(with({Zero{{.hook = Hook::embed, .positions = {2}}}}).layer == 0);
  CHECK(with({Zero{{.hook = Hook::final_norm, .positions = {2}}}}).layer > 1000);
  // Other tokens, or none at all to be changed: from the embedding on, at least one token.
  CHECK(with({Zero{stream}}, {1, 2, 3, 5}).layer == 0);
  CHECK(with({Zero{stream}}, {1, 2, 3, 5}).position == 1);
  CHECK(with({}).layer == 0);
  CHECK(with({}).position == 3);
  CHECK(with({Force{.step = 0, .token = 1}}).position == 3);
  // A run that continues past the first one's end has its own tokens.
  CHECK(with({Zero{stream}}, {1, 2, 3, 4, 5}).layer == 0);
}

TEST_CASE("leading actions that both runs have are no difference", "[sharing]") {
  const auto without = [](const std::vector<int>& layers) {
    std::vector<Action> actions;
    for (const int layer : layers) {
      actions.emplace_back(Zero{{.hook = Hook::z, .layer = layer, .head = 0}});
    }
    return Run{.tokens = {1, 2, 3}, .rows = {}, .actions = std::move(actions)};
  };
  const Run base = without({0, 3});
  CHECK(departure(base, without({0, 3, 5})).layer == 5);
  CHECK(departure(base, without({0, 3, 5})).position == 0);
  CHECK(departure(without({0, 3, 5}), base).layer == 5);
  CHECK(departure(base, without({0, 2, 3})).layer == 2);
  CHECK(departure(base, without({0, 4})).layer == 3);
  CHECK(departure(base, without({3, 0})).layer == 0);  // later ones win: the order counts
  CHECK(departure(base, base).position == 2);
}

TEST_CASE("runs that are alike are counted once", "[sharing]") {
  Run run{.tokens = {1, 2, 3}, .rows = {}};
  run.alike = 4;
  const std::vector<Group> groups{{.runs = {run}}, {.runs = {run}}};
  CHECK(count_tokens(groups, 2).shared == 3);
  CHECK(count_tokens(groups, 2).token_layers_shared == 6);
  CHECK(count_tokens(groups, 2).alone == 6);
  std::set<std::int64_t> seen{4};
  CHECK(count_tokens(groups, 2, seen).shared == 0);
}

TEST_CASE("work is counted by blocks where runs enter late", "[sharing]") {
  const Site site{.hook = Hook::resid_post, .layer = 4, .positions = {1}};
  const std::vector<Group> groups{
      {.runs = {{.tokens = {1, 2, 3}, .rows = {}},
                {.tokens = {9, 9}, .rows = {}, .donor = true},
                {.tokens = {1, 2, 3}, .rows = {}, .actions = {Zero{site}}}}}};
  const TokenCount count = count_tokens(groups, 6);
  CHECK(count.token_layers_alone == 6 * (3 + 2 + 3));
  CHECK(count.token_layers_shared == 6 * 3 + 6 * 2 + 1 * 2);
}

namespace {

/// Three tokens, `count` thoughts, and tokens after them.
Run thinking(int count, std::vector<int> after, std::vector<Action> actions = {}) {
  Run run{.tokens = {1, 2, 3}, .rows = {}, .key = {}, .actions = std::move(actions)};
  run.latents.count = count;
  run.after = std::move(after);
  return run;
}

Action at_position(int layer, std::vector<int> positions) {
  Zero zero;
  zero.site.layer = layer;
  zero.site.positions = std::move(positions);
  return zero;
}

}  // namespace

TEST_CASE("thoughts are shared up to the first that differs", "[sharing]") {
  const Run base = thinking(4, {7, 8});
  // A patch of thought 1 after block 2: position 4, blocks from 3 on, in the first pass alone.
  const Departure patched = departure(base, thinking(4, {7}, {at_position(2, {4})}));
  CHECK(patched.position == 4);
  CHECK(patched.layer == 3);
  // A later change leaves the first pass as it is.
  CHECK(departure(base, thinking(4, {7}, {at_position(2, {4}), at_position(0, {6})})).layer == 3);
  CHECK(departure(base, thinking(4, {7}, {at_position(2, {4}), at_position(0, {4})})).layer == 1);
  // Fewer thoughts: what follows them is anew; another end likewise.
  CHECK(departure(base, thinking(2, {7, 8})).position == 5);
  CHECK(departure(base, thinking(2, {7, 8})).layer == 0);
  CHECK(departure(base, thinking(4, {7, 9})).position == 8);
  CHECK(departure(base, thinking(4, {7})).position == 7);
  CHECK(departure(base, thinking(4, {9}, {at_position(5, {7})})).layer == 0);
  // What both do is no difference.
  const Run site = thinking(4, {7}, {at_position(2, {4})});
  CHECK(departure(site, thinking(4, {7, 8}, {at_position(2, {4})})).position == 8);
  CHECK(departure(site, thinking(4, {7, 8}, {at_position(2, {5})})).position == 4);
}

TEST_CASE("thoughts enter one by one and given tokens together", "[sharing]") {
  const Run run = thinking(2, {7, 8});
  CHECK(pass_end(run, 0, 7) == 3);
  CHECK(pass_end(run, 1, 7) == 3);
  CHECK(pass_end(run, 3, 7) == 4);
  CHECK(pass_end(run, 4, 7) == 5);
  CHECK(pass_end(run, 5, 7) == 7);
  CHECK(pass_end(thinking(0, {7}), 1, 4) == 4);
}

TEST_CASE("work with thoughts is counted by blocks", "[sharing]") {
  std::vector<Group> groups(1);
  groups[0].runs = {thinking(4, {7}), thinking(4, {7}, {at_position(2, {4})})};
  const TokenCount count = count_tokens(groups, 6);
  CHECK(count.token_layers_alone == 2 * 6 * 8);
  CHECK(count.token_layers_shared == 6 * 8 + 3 + 6 * 3);
  CHECK(count.shared == 8 + 4);
  CHECK(count.continued == 2);
  groups[0].runs[1].generates = false;
  CHECK(count_tokens(groups, 6).continued == 1);
}
