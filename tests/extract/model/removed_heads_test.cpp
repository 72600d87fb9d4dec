// SPDX-License-Identifier: MIT
// Heads that are removed together against the naive executor, which removes one after the other.
#include "naive_executor.hpp"
#include "reference.hpp"
#include "run/edits.hpp"
#include "scheduled_runs.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <cmath>

using namespace phiscope::test;

namespace {

Site head(int layer, int number, std::vector<int> positions = {}) {
  return place(Hook::z, layer, std::move(positions), number);
}

/// Heads of some layers removed, in lanes that enter at different blocks; and heads that are
/// removed before and after something else happens to them.
Group removals(int layers) {
  const std::vector<int> tokens = tokens_from(3, 21);
  const int last = layers - 1;
  Group group;
  group.runs.push_back(whole_run(tokens, {}, 0));
  const auto add = [&](const std::vector<Action>& actions) {
    group.runs.push_back(whole_run(tokens, actions, std::ssize(group.runs)));
  };
  add({zero(head(0, 0))});
  add({zero(head(0, 1)), zero(head(last, 0)), zero(head(last, 1))});
  add({zero(head(last, 1))});
  add({zero(head(last, 0)), patch(head(last, 0, {3, 20}), 0, {5, 6}), zero(head(last, 1))});
  add({patch(head(last, 0, {3, 20}), 0, {5, 6}), zero(head(last, 0)), zero(head(0, 1))});
  add({zero(head(last, 1, {4, 9})), zero(head(last, 1, {5}))});
  add({zero(head(0, 0)), zero(head(0, 0)), zero(place(Hook::attn_out, last, {2}))});
  group.runs.push_back(whole_run(tokens_from(3, 30), {zero(head(last, 0))}, 100));
  // One more head at a time, each run from the one before it, and one of other tokens.
  const auto after = [&](std::size_t from, std::vector<int> ids,
                         const std::vector<Action>& actions) {
    group.runs.push_back(whole_run(std::move(ids), actions, std::ssize(group.runs) + 100));
    group.runs.back().from = from;
    return group.runs.size() - 1;
  };
  const std::size_t one = after(0, tokens, {zero(head(0, 1))});
  const std::size_t two = after(one, tokens, {zero(head(0, 1)), zero(head(last, 0))});
  after(two, tokens, {zero(head(0, 1)), zero(head(last, 0)), zero(head(last, 1))});
  after(two, tokens, {zero(head(0, 1)), zero(head(last, 1))});
  std::vector<int> other = tokens;
  other[15] = 9;
  after(two, other, {zero(head(0, 1)), zero(head(last, 0))});
  // The same by means and by other runs' values, which have rows of their own.
  const Action average = mean(head(0, 1), {Source{0, {2, 3, 8}}});
  const Action donated = patch(head(last, 0, {0, 20}), 1, {7, 1});
  const std::size_t replaced = after(0, tokens, {average});
  const std::size_t both = after(replaced, tokens, {average, donated});
  after(both, tokens, {average, donated, mean(head(last, 1), {Source{0, {4}}})});
  after(both, tokens, {average, zero(head(last, 1))});
  // What enters a block is changed once, also where both runs change it.
  Add more;
  more.site = place(Hook::resid_post, last - 1, {5, 6});
  more.from = {.run = 0, .positions = {1, 2}};
  const std::size_t added = after(0, tokens, {more});
  after(added, tokens, {more, zero(head(last, 0))});
  after(added, tokens, {more, zero(place(Hook::final_norm, 0, {3}))});
  after(added, tokens, {zero(head(last, 0))});
  return group;
}

}  // namespace

TEST_CASE("heads removed together give the bits of heads removed one by one", "[removed_heads]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  for (const char* family : {"llama", "gpt2", "gemma2", "gpt_neox_parallel"}) {
    CAPTURE(family);
    const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
    const Group group = removals(static_cast<int>(model.config.layers));
    const NaiveExecutor naive(model, group);
    for (const std::size_t batch_size : {1U, 4U, 16U}) {
      for (const Hook hook : {Hook::z, Hook::resid_post}) {
        const at::Tensor rows = executed(model, group, hook, all_layers(model), batch_size);
        std::int64_t from = 0;
        for (std::size_t r = 0; r < group.runs.size(); ++r) {
          CAPTURE(batch_size, std::string(hook_name(hook).name), r);
          std::vector<at::Tensor> wanted;
          for (const int layer : all_layers(model)) wanted.push_back(naive.values(r, hook, layer));
          const at::Tensor one = at::stack(wanted, 1).to(at::kDouble);
          CHECK(rows.narrow(0, from, one.size(0)).equal(one));
          from += one.size(0);
        }
      }
    }
  }
}

TEST_CASE("removed heads of all runs are one edit a layer", "[removed_heads]") {
  const std::vector<int> tokens{1, 2, 3};
  const Batch batch = make_batch({{.tokens = tokens}, {.tokens = tokens}}, at::kCPU);
  const GroupTraces traces;
  const Run first{.tokens = tokens,
                  .rows = {},
                  .actions = {zero(head(1, 0)), zero(head(1, 2)), zero(head(0, 1))}};
  const Run second{
      .tokens = tokens, .rows = {}, .actions = {zero(head(1, 1)), zero(head(1, 1, {0}))}};
  const LaneActions lanes[] = {{.run = &first, .traces = &traces},
                               {.run = &second, .traces = &traces}};
  const std::vector<Edit> edits = edits_of(lanes, batch, 3);
  REQUIRE(edits.size() == 3);
  CHECK(edits[0].layer == 0);
  CHECK(edits[1].layer == 1);
  CHECK_FALSE(edits[2].removed.defined());
  const EditTable table(edits);
  const double negative = -1.0;
  const at::Tensor z = at::full({batch.ids.size(0), 3, 2}, negative);
  const at::Tensor found = edited(table, Hook::z, 1, z);
  const auto kept = [&](std::int64_t row, std::int64_t number) {
    const auto first_unit = found[row][number][0].item<float>();
    const auto last_unit = found[row][number][1].item<float>();
    CHECK(first_unit == last_unit);
    CHECK((first_unit == -1.0F || (first_unit == 0.0F && !std::signbit(first_unit))));
    return first_unit == -1.0F;
  };
  for (std::int64_t row = 0; row < 3; ++row) {
    CHECK_FALSE(kept(row, 0));
    CHECK(kept(row, 1));
    CHECK_FALSE(kept(row, 2));
    CHECK(kept(row + 3, 0));
    CHECK_FALSE(kept(row + 3, 1));
    CHECK(kept(row + 3, 2));
  }
  for (std::int64_t row = 6; row < z.size(0); ++row) CHECK(kept(row, 0));
  CHECK(z.eq(-1.0).all().item<bool>());
  CHECK(edited(table, Hook::z, 2, z).is_same(z));
  CHECK(edited(table, Hook::resid_pre, 1, z).is_same(z));
  CHECK_THROWS_AS(edits_of(lanes, batch, 2), std::invalid_argument);
}
