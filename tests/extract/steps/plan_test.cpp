// SPDX-License-Identifier: MIT
#include "steps/plan.hpp"

#include "catch.hpp"
#include "plan/sharing.hpp"

#include <map>
#include <set>

using namespace phiscope::extract;

namespace {

using Key = std::vector<std::int64_t>;

/// A question of three tokens and bot, so thoughts are at 4, 5, 6; the answer is "9 2 3", whose 9
/// is a lone space.
StepProblem small_problem() {
  return {.tokens = {1, 2, 3, 50}, .forced = {9, 2, 3}, .first_scored = 1};
}

StepLayout small_layout() {
  StepLayout layout;
  layout.kinds = {StepKind::cumulative, StepKind::single, StepKind::leave_one, StepKind::all,
                  StepKind::early_exit};
  layout.layers = {1, 2};
  layout.latents = 3;
  layout.after = {60};
  return layout;
}

/// Runs that are given the answer, by the keys of the sets that they yield.
std::map<Key, std::size_t> given_runs(const Group& group) {
  std::map<Key, std::size_t> runs;
  for (std::size_t run = 0; run < group.runs.size(); ++run) {
    for (const Row& row : group.runs[run].rows) {
      const bool first = row.space == 0 && row.key.back() == 0;
      if (first) CHECK(runs.emplace(Key(row.key.begin(), row.key.end() - 1), run).second);
    }
  }
  return runs;
}

std::vector<int> changed_positions(const Run& run) {
  if (run.actions.empty()) return {};
  CHECK(run.actions.size() == 1);
  const auto& zero = std::get<Zero>(*run.actions.begin());
  CHECK(zero.site.hook == Hook::resid_post);
  CHECK(zero.site.layer == run.key[1]);
  return zero.site.positions;
}

constexpr std::int64_t kind(StepKind one) {
  return static_cast<std::int64_t>(one);
}

}  // namespace

TEST_CASE("read-outs are the end of the thoughts and the longest answer's tokens", "[plan]") {
  CHECK(step_readout_names(
            {small_problem(), {.tokens = {1}, .forced = {9, 2, 3, 4}, .first_scored = 1}}) ==
        std::vector<std::string>{"eot", "answer:0", "answer:1", "answer:2"});
}

TEST_CASE("every step set is a run of its problem, at the positions of its thoughts", "[plan]") {
  const Group group = StepGroup(small_problem(), 7, small_layout()).make();
  const auto runs = given_runs(group);
  // A baseline, three early exits, and at two layers three cumulative, single, leave-one and all.
  REQUIRE(runs.size() == 1 + 3 + 2 * (3 + 3 + 3 + 1));
  // Each has a free answer; at each layer {0}, {0, 1} and all are among the cumulative ones.
  CHECK(group.runs.size() == 2 * runs.size() - 2 * 3);
  CHECK(runs.at({7, 2, kind(StepKind::single), 0}) ==
        runs.at({7, 2, kind(StepKind::cumulative), 1}));
  CHECK(runs.at({7, 1, kind(StepKind::all), 3}) == runs.at({7, 1, kind(StepKind::cumulative), 3}));
  CHECK(runs.at({7, -1, 0, 0}) == 0);
  const auto positions = [&](StepKind of, std::int64_t layer, std::int64_t step) {
    return changed_positions(group.runs[runs.at({7, layer, kind(of), step})]);
  };
  using Positions = std::vector<int>;
  CHECK(positions(StepKind::baseline, -1, 0).empty());
  for (const std::int64_t layer : {1, 2}) {
    CHECK(positions(StepKind::cumulative, layer, 1) == Positions{4});
    CHECK(positions(StepKind::cumulative, layer, 3) == Positions{4, 5, 6});
    CHECK(positions(StepKind::single, layer, 2) == Positions{6});
    CHECK(positions(StepKind::leave_one, layer, 1) == Positions{4, 6});
    CHECK(positions(StepKind::all, layer, 3) == Positions{4, 5, 6});
  }
  for (int i = 0; i < 3; ++i) {
    const Run& run = group.runs[runs.at({7, -1, kind(StepKind::early_exit), i})];
    CHECK(run.actions.empty());
    CHECK(run.latents == Latents{.count = i});
    CHECK(run.origin == 4 + i);  // the end comes right after the thoughts that there are
  }
  for (const Run& run : group.runs) {
    CHECK(run.tokens == small_problem().tokens);
    if (run.key[2] != kind(StepKind::early_exit)) CHECK(run.latents == Latents{.count = 3});
  }
}

TEST_CASE("rows are where their tokens are predicted, whatever was thought", "[plan]") {
  const Group group = StepGroup(small_problem(), 7, small_layout()).make();
  std::set<Key> keys;
  for (const Run& run : group.runs) {
    if (run.generates) {
      CHECK(run.rows.empty());
      continue;
    }
    // Tokens 9 2 3 follow the end of the thoughts at `end`; the answer is 2 3.
    const int end = 4 + run.latents.count;
    const std::vector<int> after{60, 9, 2, 3};
    CHECK(run.after == after);
    REQUIRE(run.rows.size() % 3 == 0);
    const std::vector<std::pair<int, std::vector<int>>> expected{
        {end, {2, 3}}, {end + 1, {2}}, {end + 2, {3}}};
    for (std::size_t i = 0; i < run.rows.size(); ++i) {
      const auto& [at, targets] = expected[i % 3];
      CHECK(run.rows[i].spans == std::vector<Span>{{at, at + 1}});
      CHECK(run.rows[i].targets == targets);
      CHECK(run.rows[i].key.back() == static_cast<std::int64_t>(i % 3));
      if (i < 3) CHECK(Key(run.rows[i].key.begin(), run.rows[i].key.end() - 1) == run.key);
      CHECK(keys.insert(run.rows[i].key).second);
    }
    CHECK(run.against == 0);
    CHECK(run.from == 0);
  }
}

TEST_CASE("each set has a free answer from the same thoughts", "[plan]") {
  const Group group = StepGroup(small_problem(), 7, small_layout()).make();
  const auto runs = given_runs(group);
  std::map<Key, std::size_t> said;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    const Run& free = group.runs[r];
    if (!free.generates) continue;
    CHECK(said.emplace(free.key, r).second);
    REQUIRE(runs.contains(free.key));
    CHECK(free.from == runs.at(free.key));
    CHECK(free.from < r);
    CHECK(free.against == r);
    const Run& given = group.runs[free.from];
    CHECK(free.actions == given.actions);
    CHECK(free.latents == given.latents);
    CHECK(free.after == std::vector<int>{60});  // the end is fed once
  }
  CHECK(said.size() == runs.size());
}

TEST_CASE("as published, the question's last token is changed and the end is fed twice", "[plan]") {
  StepLayout layout = small_layout();
  layout.kinds = {StepKind::cumulative};
  layout.layers = {1};
  layout.published = true;
  layout.keep_clean = true;
  const Group group = StepGroup(small_problem(), 7, layout).make();
  const auto runs = given_runs(group);
  REQUIRE(runs.size() == 4);
  // bot, at 3, is step 0; two thoughts follow, at 4 and 5.
  for (const auto& [key, run] : runs) CHECK(group.runs[run].latents == Latents{.count = 2});
  const Run& intact = group.runs[runs.at({7, -1, 0, 0})];
  CHECK(intact.after == std::vector<int>{60, 9, 2, 3});
  CHECK(intact.origin == 6);
  const auto changed = [&](std::int64_t i) -> const Run& {
    return group.runs[runs.at({7, 1, kind(StepKind::cumulative), i})];
  };
  CHECK(changed_positions(changed(1)) == std::vector<int>{2, 3});
  CHECK(changed_positions(changed(3)) == std::vector<int>{2, 3, 4, 5});
  CHECK(changed(1).after == std::vector<int>{60, 60, 9, 2, 3});
  CHECK(changed(1).origin == 7);
  CHECK(changed(1).rows.front().spans == std::vector<Span>{{7, 8}});
  std::vector<Span> kept;
  for (const Row& row : intact.rows) {
    if (row.space == 1) kept.push_back(row.spans.front());
  }
  CHECK(kept == std::vector<Span>{{3, 4}, {4, 5}, {5, 6}});
}

TEST_CASE("bot is a column of its own, and the question is never touched", "[plan]") {
  StepLayout layout = small_layout();
  layout.include_bot = true;
  layout.keep_clean = true;
  const Group group = StepGroup(small_problem(), 0, layout).make();
  const auto runs = given_runs(group);
  CHECK(changed_positions(group.runs[runs.at({0, 1, kind(StepKind::single), -1})]) ==
        std::vector<int>{3});
  for (const Run& run : group.runs) {
    for (const int position : changed_positions(run)) CHECK(position >= 3);
  }
  std::map<Key, Span> kept;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    for (const Row& row : group.runs[r].rows) {
      if (row.space != 1) continue;
      CHECK(r == 0);
      kept.emplace(row.key, row.spans.front());
    }
  }
  const std::map<Key, Span> expected{
      {{0, -1}, {3, 4}}, {{0, 0}, {4, 5}}, {{0, 1}, {5, 6}}, {{0, 2}, {6, 7}}};
  CHECK(kept == expected);
}

TEST_CASE("other donors give the rows of their steps", "[plan]") {
  StepLayout layout = small_layout();
  layout.donor = StepDonor::mean;
  layout.donor_row = {{0, 0, 0, 0}, {10, 11, 12, 13}};
  Plan plan;
  add_steps({small_problem(), small_problem()}, layout, plan);
  REQUIRE(plan.groups.size() == 2);
  const auto runs = given_runs(plan.groups[1]);
  const Run& run = plan.groups[1].runs[runs.at({1, 2, kind(StepKind::leave_one), 1})];
  CHECK(*run.actions.begin() == Action(Patch{.site = {.layer = 2, .positions = {4, 6}},
                                             .from = {.run = donor_rows, .positions = {11, 13}}}));
}

TEST_CASE("what lanes have in common is computed once", "[plan]") {
  // Six thoughts, layer 8 of 16, a question of 80, eight answer tokens: 6 cumulative, 6 single, 6
  // early exits, all.
  StepProblem problem{.tokens = std::vector<int>(80, 3), .forced = std::vector<int>(8, 4)};
  StepLayout layout;
  layout.kinds = {StepKind::cumulative, StepKind::single, StepKind::all, StepKind::early_exit};
  layout.layers = {8};
  layout.latents = 6;
  layout.after = {60};
  const std::vector<Group> groups{StepGroup(problem, 0, layout).make()};
  const TokenCount count = count_tokens(groups, 16);
  CHECK(count.runs == 2 * 20 - 2);  // {0} and all are among the cumulative ones
  CHECK(static_cast<double>(count.token_layers_alone) /
            static_cast<double>(count.token_layers_shared) >=
        4.0);
}
