// SPDX-License-Identifier: MIT
#include "plan/plan.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

TEST_CASE("every hook is at its own place in the table of names", "[plan]") {
  for (std::size_t i = 0; i < hook_names.size(); ++i) {
    CHECK(static_cast<std::size_t>(hook_names[i].hook) == i);
    CHECK(&hook_name(hook_names[i].hook) == &hook_names[i]);
  }
}

TEST_CASE("what is only computed from a hook cannot be edited, and rows have its shape", "[plan]") {
  for (const HookName& hook : hook_names) {
    CAPTURE(hook.name);
    CHECK(hook.editable == (hook.hook != Hook::head_norm && hook.hook != Hook::logits));
    const bool per_head = hook.path.find(".attn.") != std::string_view::npos;
    CHECK(per_head == (hook.shape == RowShape::head_unit || hook.shape == RowShape::head));
    CHECK((hook.name == "logits") == (hook.shape == RowShape::token));
    CHECK(hook.in_block == (hook.path.find("{l}") != std::string_view::npos));
  }
}

TEST_CASE("a shared prefix ends at the first difference or the shorter end", "[plan]") {
  CHECK(shared_prefix({1, 2, 3}, {1, 2, 4, 5}) == 2);
  CHECK(shared_prefix({1, 2}, {1, 2, 3}) == 2);
  CHECK(shared_prefix({}, {1}) == 0);
}

TEST_CASE("tokens are counted alone and with prefixes shared", "[plan]") {
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

TEST_CASE("the last shard may be smaller", "[plan]") {
  Plan plan;
  plan.groups.resize(5);
  plan.groups_per_shard = 2;
  CHECK(plan.shards() == 3);
}

TEST_CASE("a run begins to differ where its first action changes something", "[plan]") {
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

TEST_CASE("work is counted by blocks where runs enter late", "[plan]") {
  const Site site{.hook = Hook::resid_post, .layer = 4, .positions = {1}};
  const std::vector<Group> groups{
      {.runs = {{.tokens = {1, 2, 3}, .rows = {}},
                {.tokens = {9, 9}, .rows = {}, .donor = true},
                {.tokens = {1, 2, 3}, .rows = {}, .actions = {Zero{site}}}}}};
  const TokenCount count = count_tokens(groups, 6);
  CHECK(count.token_layers_alone == 6 * (3 + 2 + 3));
  CHECK(count.token_layers_shared == 6 * 3 + 6 * 2 + 1 * 2);
}
