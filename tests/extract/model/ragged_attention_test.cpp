// SPDX-License-Identifier: MIT
#include "model/ragged_attention.hpp"

#include "model/cpu/matrix_products.hpp"
#include "model_fixture.hpp"
#include "test_device.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <deque>
#include <optional>

using namespace phiscope::test;

namespace {

/// A lane of a case: `tokens` of its own after `start` others.
struct LaneShape {
  int tokens = 1;
  int start = 0;
  enum class Before { nothing, prefix, own } before = Before::nothing;
  bool caches = false;  ///< into a cache of its own
  int from_layer = 0;
};

struct HeadShape {
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t units = 8;
  Scores scores{};
};

using Before = LaneShape::Before;

/// Lengths about the sizes of the kernels' blocks, with and without others before them.
const std::vector<LaneShape> many_lanes{
    {.tokens = 5},
    {.tokens = 64, .caches = true},
    {.tokens = 1, .start = 40, .before = Before::prefix},
    {.tokens = 130, .start = 77, .before = Before::prefix},
    {.tokens = 1},
    {.tokens = 33, .start = 100, .before = Before::own, .caches = true},
    {.tokens = 7, .start = 3, .before = Before::prefix, .from_layer = 1},
    {.tokens = 200, .from_layer = 1},
    {.tokens = 9, .start = 129, .before = Before::own, .caches = true, .from_layer = 2}};

const std::vector<LaneShape> one_token_lanes{{.tokens = 1, .start = 90, .before = Before::prefix},
                                             {.tokens = 1, .start = 3, .before = Before::prefix},
                                             {.tokens = 1}};

/// Lanes with random numbers on a device, the same on any in any dtype but for rounding.
class LaneCase {
 public:
  LaneCase(const std::vector<LaneShape>& shapes, const HeadShape& shape, at::ScalarType dtype,
           at::Device device)
      : shape_(shape), dtype_(dtype), device_(device) {
    matrix_products();
    config_.layers = 1;
    config_.kv_heads = shape.kv_heads;
    config_.head_dim = shape.units;
    std::vector<Lane> lanes;
    std::int64_t rows = 0;
    for (const LaneShape& one : shapes) {
      ids_.emplace_back(static_cast<std::size_t>(one.tokens), 3);
      lanes.push_back({.tokens = ids_.back(), .start = one.start, .from_layer = one.from_layer});
      if (one.from_layer > 0) lanes.back().entering = at::zeros({one.tokens, 1});
      KvCache& cache = caches_.emplace_back(config_, one.start + one.tokens, dtype, device);
      if (one.start > 0) {
        cache.write(0, random(one.start, shape.kv_heads), random(one.start, shape.kv_heads));
        cache.advance(one.start);
      }
      if (one.caches) lanes.back().own = &cache;
      if (one.before == Before::prefix) lanes.back().prefix = &cache;
      rows += one.tokens;
    }
    batch_.emplace(make_batch(std::move(lanes), device));
    const std::int64_t filling = batch_->ids.size(0) - rows;
    const auto filled = [&](std::int64_t heads) {
      return at::constant_pad_nd(random(rows, heads), {0, 0, 0, 0, 0, filling});
    };
    query_ = filled(shape.heads);
    key_ = filled(shape.kv_heads);
    value_ = filled(shape.kv_heads);
  }

  [[nodiscard]] Stage stage(int layer) const { return stage_of(*batch_, layer); }
  [[nodiscard]] at::Tensor by_lane(int layer) const { return computed(attention_by_lane, layer); }
  [[nodiscard]] at::Tensor ragged(int layer) const { return computed(ragged_attention, layer); }
  [[nodiscard]] at::Tensor either(int layer) const { return computed(attention, layer); }
  [[nodiscard]] SeenTokens seen(int layer) const {
    const Stage now = stage(layer);
    return seen_tokens(*batch_, now, 0, key_.narrow(0, 0, now.rows), value_.narrow(0, 0, now.rows));
  }
  [[nodiscard]] at::Tensor queries(int layer) const {
    return query_.narrow(0, 0, stage(layer).used);
  }
  [[nodiscard]] const Scores& scores() const { return shape_.scores; }
  /// Keys of all caches, laid end to end.
  [[nodiscard]] at::Tensor cached() const {
    std::vector<at::Tensor> all;
    for (const KvCache& cache : caches_) {
      all.push_back(cache.keys(0, cache.capacity()));
      all.push_back(cache.values(0, cache.capacity()));
    }
    return at::cat(all, 0).to(at::kCPU, at::kDouble);
  }

 private:
  /// Numbers that 16 bits hold, so that a difference is one of computing.
  [[nodiscard]] at::Tensor random(std::int64_t rows, std::int64_t heads) {
    return at::randn({rows, heads, shape_.units}, generator_).to(at::kBFloat16).to(device_, dtype_);
  }
  template <class Attention>
  [[nodiscard]] at::Tensor computed(Attention attention, int layer) const {
    const Stage now = stage(layer);
    const auto leading = [&](const at::Tensor& x) { return x.narrow(0, 0, now.rows); };
    return attention(*batch_, now, 0, shape_.scores, leading(query_), leading(key_),
                     leading(value_))
        .narrow(0, 0, now.used)
        .to(at::kCPU, at::kDouble);
  }

  HeadShape shape_;
  at::ScalarType dtype_;
  at::Device device_;
  at::Generator generator_ = at::detail::createCPUGenerator(5);
  ModelConfig config_{};
  std::deque<std::vector<int>> ids_;
  std::deque<KvCache> caches_;
  std::optional<Batch> batch_;
  at::Tensor query_;
  at::Tensor key_;
  at::Tensor value_;
};

/// ragged_product() as its description says, on the CPU.
at::Tensor plain_product(const at::Tensor& query, const SeenTokens& seen, const Scores& how) {
  std::vector<at::Tensor> lanes;
  const std::int64_t group = query.size(1) / seen.key.size(1);
  for (std::int64_t l = 0; l + 1 < seen.rows.begin.size(0); ++l) {
    const auto lane = [&](const at::Tensor& x, const LaneBegins& of) {
      const auto from = of.begin[l].item<std::int64_t>();
      const auto count = of.begin[l + 1].item<std::int64_t>() - from;
      CHECK(count <= of.most);
      return x.narrow(0, from, count).transpose(0, 1);
    };
    const at::Tensor q = lane(query, seen.rows);
    const at::Tensor k = lane(seen.key, seen.tokens).repeat_interleave(group, 0);
    const at::Tensor v = lane(seen.value, seen.tokens).repeat_interleave(group, 0);
    const at::Tensor token = at::arange(k.size(1)).unsqueeze(0);
    const at::Tensor last = at::arange(k.size(1) - q.size(1), k.size(1)).unsqueeze(1);
    at::Tensor hidden = token > last;
    if (how.window > 0) hidden = hidden | (token <= last - how.window);
    const at::Tensor scores = at::bmm(q, k.transpose(1, 2)) * how.scale;
    lanes.push_back(
        at::bmm(at::softmax(scores.masked_fill(hidden, -INFINITY), -1), v).transpose(0, 1));
  }
  return at::cat(lanes, 0);
}

std::vector<HeadShape> head_shapes() {
  std::vector<HeadShape> all;
  for (const std::int64_t window : {0, 1, 20, 70}) {
    all.push_back({.heads = 6, .kv_heads = 2, .units = 64, .scores = {.scale = 0.2}});
    all.push_back({.heads = 3, .kv_heads = 3, .units = 8, .scores = {.scale = 0.4}});
    all.push_back({.heads = 4, .kv_heads = 1, .units = 256, .scores = {.scale = 0.05}});
    for (std::size_t i = all.size() - 3; i < all.size(); ++i) all[i].scores.window = window;
  }
  return all;
}

}  // namespace

TEST_CASE("what lanes see, laid end to end, is what each sees alone", "[ragged_attention]") {
  const c10::InferenceMode no_gradients;
  for (const auto& lanes : {many_lanes, one_token_lanes}) {
    for (const HeadShape& shape : head_shapes()) {
      CAPTURE(lanes.size(), shape.heads, shape.scores.window);
      const LaneCase alone(lanes, shape, at::kDouble, at::kCPU);
      const LaneCase together(lanes, shape, at::kDouble, at::kCPU);
      for (const int layer : {0, 1, 2}) {
        const at::Tensor wanted = alone.by_lane(layer);
        const SeenTokens seen = together.seen(layer);
        CHECK(scaled_difference(plain_product(together.queries(layer), seen, together.scores()),
                                wanted) <= 1e-12);
        CHECK(at::equal(together.cached(), alone.cached()));
      }
    }
  }
}

TEST_CASE("lanes in one product on the device are the CPU's lane by lane",
          "[ragged_attention][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  // Of float32: exact products, sums in another order. Of 16 bits: the result is rounded, and the
  // weights before they are multiplied.
  const std::pair<at::ScalarType, double> dtypes[] = {
      {at::kFloat, 2e-5}, {at::kHalf, 4e-3}, {at::kBFloat16, 3e-2}};
  for (const auto& [dtype, tolerance] : dtypes) {
    for (const auto& lanes : {many_lanes, one_token_lanes}) {
      for (const HeadShape& shape : head_shapes()) {
        CAPTURE(c10::toString(dtype), lanes.size(), shape.heads, shape.units, shape.scores.window);
        const LaneCase on_cpu(lanes, shape, at::kDouble, at::kCPU);
        const LaneCase by_lane(lanes, shape, dtype, *device);
        const LaneCase together(lanes, shape, dtype, *device);
        for (const int layer : {0, 1, 2}) {
          const at::Tensor wanted = on_cpu.by_lane(layer);
          CHECK(scaled_difference(together.ragged(layer), wanted) <= tolerance);
          CHECK(scaled_difference(by_lane.by_lane(layer), wanted) <= tolerance);
          CHECK(at::equal(together.cached(), by_lane.cached()));
        }
      }
    }
  }
}

TEST_CASE("what no kernel takes is computed lane by lane on the device",
          "[ragged_attention][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  const auto check = [&](const HeadShape& shape, at::ScalarType dtype, double tolerance) {
    CAPTURE(c10::toString(dtype), shape.units, shape.scores.softcap);
    const LaneCase on_cpu(many_lanes, shape, at::kDouble, at::kCPU);
    const LaneCase there(many_lanes, shape, dtype, *device);
    CHECK_FALSE(has_ragged_attention(there.queries(0), shape.scores));
    CHECK(scaled_difference(there.either(0), on_cpu.by_lane(0)) <= tolerance);
  };
  const Scores window{.scale = 0.3, .window = 20};
  const Scores capped{.scale = 0.3, .softcap = 2.0};
  check({.heads = 2, .kv_heads = 1, .units = 16, .scores = window}, at::kDouble, 1e-12);
  check({.heads = 2, .kv_heads = 1, .units = 16, .scores = capped}, at::kFloat, 2e-5);
  check({.heads = 2, .kv_heads = 1, .units = 10, .scores = window}, at::kFloat, 2e-5);
  check({.heads = 2, .kv_heads = 1, .units = 12, .scores = window}, at::kBFloat16, 3e-2);
  check({.heads = 2, .kv_heads = 1, .units = 16, .scores = capped}, at::kHalf, 4e-3);
}
