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

TEST_CASE("the last shard may be smaller", "[plan]") {
  Plan plan;
  plan.groups.resize(5);
  plan.groups_per_shard = 2;
  CHECK(plan.shards() == 3);
}
