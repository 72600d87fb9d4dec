// SPDX-License-Identifier: MIT
// Bits over sizes of heads and of the residual stream that are multiples of nothing. CMakeLists.txt
// runs these tests under several instruction sets.
#include "model/cpu/matrix_products.hpp"
#include "model/layers.hpp"
#include "naive_executor.hpp"
#include "random_model.hpp"
#include "scheduled_runs.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

using namespace phiscope::test;

namespace {

const std::vector<int> head_sizes{8,  10, 13,  17,  24,  31,  40,  57, 64,
                                  80, 96, 100, 127, 128, 160, 200, 256};

/// Keys of tokens, and values, before `start`, as a prefix has them.
KvCache prefix_of(const at::Tensor& keys, const at::Tensor& values, std::int64_t start) {
  ModelConfig config;
  config.layers = 1;
  config.kv_heads = keys.size(1);
  config.head_dim = keys.size(2);
  KvCache cache(config, start, keys.scalar_type(), at::kCPU);
  cache.write(0, keys.narrow(0, 0, start), values.narrow(0, 0, start));
  cache.advance(start);
  return cache;
}

/// Attention of tokens `start`, start + 1, ... of a run.
at::Tensor attend_from(std::int64_t start, const Scores& how, const at::Tensor& query,
                       const at::Tensor& key, const at::Tensor& value) {
  const std::int64_t count = query.size(0) - start;
  const std::vector<int> tokens(static_cast<std::size_t>(count), 3);
  const auto own = [&](const at::Tensor& x) { return x.narrow(0, start, count); };
  const KvCache prefix = prefix_of(key, value, start);
  const Batch batch = make_batch({{.tokens = tokens,
                                   .start = static_cast<int>(start),
                                   .prefix = start == 0 ? nullptr : &prefix}},
                                 at::kCPU);
  return attention(batch, stage_of(batch, 0), 0, how, own(query), own(key), own(value));
}

/// Runs that share a prefix of every kind with the first, or its lower block, or nothing.
Group some_runs() {
  const std::vector<int> tokens = tokens_from(3, 21);
  Group group;
  group.runs.push_back(whole_run(tokens, {}, 0));
  group.runs.push_back({.tokens = tokens_from(11, 24), .rows = {}, .donor = true});
  const auto add = [&](const std::vector<int>& of, const std::vector<Action>& actions) {
    group.runs.push_back(whole_run(of, actions, std::ssize(group.runs)));
  };
  add(tokens, {patch(place(Hook::resid_post, 0, {9}), 1, {11})});
  add(tokens, {zero(place(Hook::z, 1, {}, 1))});
  add(tokens, {zero(place(Hook::mlp_out, 1, {20}))});
  std::vector<int> other = tokens;
  other[13] = 7;
  add(other, {});
  add(tokens_from(3, 43), {});
  add(tokens_from(5, 3), {});
  return group;
}

void check_schedule(const Model& model) {
  const Group group = some_runs();
  const NaiveExecutor naive(model, group);
  for (const std::size_t batch_size : {1U, 7U}) {
    const at::Tensor rows = executed(model, group, Hook::resid_post, {1}, batch_size);
    const at::Tensor logits = executed(model, group, Hook::logits, {}, batch_size);
    std::int64_t from = 0;
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      if (group.runs[r].donor) continue;
      CAPTURE(batch_size, r);
      const at::Tensor wanted = naive.values(r, Hook::resid_post, 1).to(at::kDouble);
      const at::Tensor scores = naive.values(r, Hook::logits, 0).to(at::kDouble);
      CHECK(rows.narrow(0, from, wanted.size(0)).squeeze(1).equal(wanted));
      CHECK(logits.narrow(0, from, wanted.size(0)).equal(scores));
      from += wanted.size(0);
    }
    CHECK(from == rows.size(0));
  }
}

}  // namespace

TEST_CASE("attention after a prefix has the bits of attention from the start", "[head_sizes]") {
  const c10::InferenceMode no_gradients;
  matrix_products();
  at::set_num_threads(1);
  const auto dtype = GENERATE(at::kFloat, at::kDouble, at::kBFloat16, at::kHalf);
  const std::vector<Scores> kinds{{.scale = 0.3},
                                  {.scale = 0.3, .window = 6},
                                  {.scale = 0.3, .softcap = 3.0},
                                  {.scale = 0.3, .window = 17, .softcap = 3.0}};
  for (const int head_size : head_sizes) {
    for (const std::int64_t kv_heads : {1, 3}) {
      // Below 4,096 multiplications, here 8 rows by 16 tokens, LibTorch takes another 16-bit
      // kernel.
      if (at::elementSize(dtype) == 2 && kv_heads * head_size <= 32) continue;
      const at::Tensor query = at::randn({45, 3, head_size}).to(dtype);
      const at::Tensor key = at::randn({45, kv_heads, head_size}).to(dtype);
      const at::Tensor value = at::randn({45, kv_heads, head_size}).to(dtype);
      for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        const at::Tensor whole = attend_from(0, kinds[kind], query, key, value);
        for (const std::int64_t start : {1, 7, 16, 33, 44}) {
          CAPTURE(at::toString(dtype), head_size, kv_heads, kind, start);
          CHECK(attend_from(start, kinds[kind], query, key, value)
                    .equal(whole.narrow(0, start, 45 - start)));
        }
      }
    }
  }
}

TEST_CASE("the schedule gives the naive executor's bits for heads of any size", "[head_sizes]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const int head_size = GENERATE(from_range(head_sizes));
  CAPTURE(head_size);
  check_schedule(
      random_model(learned_positions_config(head_size, head_size < 64 ? 3 : 2), at::kFloat));
  if (head_size % 2 == 1) return;  // rotary positions turn pairs of units
  check_schedule(random_model(grouped_config(head_size, 33), at::kFloat));
  check_schedule(random_model(window_config(head_size, 250), at::kFloat));
  check_schedule(random_model(capped_config(head_size, 97), at::kFloat));
}

TEST_CASE("the schedule gives the naive executor's bits in float64 too", "[head_sizes]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  for (const int head_size : {10, 57, 200}) {
    CAPTURE(head_size);
    check_schedule(random_model(learned_positions_config(head_size, 2), at::kDouble));
    if (head_size % 2 == 0)
      check_schedule(random_model(capped_config(head_size, 301), at::kDouble));
  }
}
