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
    const bool only_looked_at =
        hook.hook == Hook::head_norm || hook.hook == Hook::logits || hook.hook == Hook::pattern;
    CHECK(hook.editable != only_looked_at);
    const bool per_head = hook.path.find(".attn.") != std::string_view::npos;
    CHECK(per_head == (hook.shape == RowShape::head_unit || hook.shape == RowShape::head ||
                       hook.shape == RowShape::kv_head_unit || hook.shape == RowShape::head_token));
    const bool inside_mlp = hook.path.find(".mlp.") != std::string_view::npos;
    CHECK(inside_mlp == (hook.shape == RowShape::inner_unit));
    CHECK((hook.name == "logits") == (hook.shape == RowShape::token));
    CHECK(hook.in_block == (hook.path.find("{l}") != std::string_view::npos));
  }
}

TEST_CASE("a row of a pattern is as long as the longest run can become", "[plan]") {
  Plan plan;
  plan.generation.tokens = 5;
  Run given{.tokens = {1, 2, 3, 4, 5, 6, 7}, .rows = {}};
  given.generates = false;
  Run told{.tokens = {1, 2, 3}, .rows = {}};
  told.latents.count = 2;
  told.after = {9};
  plan.groups = {{.runs = {given}}, {.runs = {told}}};
  CHECK(plan.longest() == 3 + 2 + 1 + 5);
  plan.groups = {{.runs = {given}}};
  CHECK(plan.longest() == 7);
}

TEST_CASE("the last shard may be smaller", "[plan]") {
  Plan plan;
  plan.groups.resize(5);
  plan.groups_per_shard = 2;
  CHECK(plan.shards() == 3);
}
