// SPDX-License-Identifier: MIT
#include "model/batch.hpp"

#include "model_fixture.hpp"

#include <ATen/ops/ones.h>

using namespace phiscope::extract;

namespace {

/// A cache of one layer that holds four tokens and has room for sixteen.
KvCache four_tokens() {
  ModelConfig config;
  config.layers = 1;
  config.kv_heads = 1;
  config.head_dim = 2;
  KvCache cache(config, 9, at::kFloat, at::kCPU);
  cache.write(0, at::ones({4, 1, 2}), at::ones({4, 1, 2}));
  cache.advance(4);
  return cache;
}

}  // namespace

TEST_CASE("a cache has room for whole tiles and zeros where no token is", "[batch]") {
  const KvCache cache = four_tokens();
  CHECK(cache.length() == 4);
  CHECK(cache.capacity() == 16);
  const at::Tensor keys = cache.keys(0, 5);
  CHECK(keys.size(0) == 16);
  CHECK(keys.sum().item<double>() == 8.0);
  CHECK(keys.narrow(0, 4, 12).abs().sum().item<double>() == 0.0);
}

TEST_CASE("a fork holds the beginning, and what stands after it up to what is known", "[batch]") {
  KvCache cache = four_tokens();
  const KvCache fork = cache.fork(2, 3, 20);
  CHECK(fork.length() == 2);
  CHECK(fork.capacity() == 32);
  CHECK(fork.keys(0, 20).sum().item<double>() == 2.0 * 3.0);
  CHECK(fork.values(0, 3).narrow(0, 0, 3).sum().item<double>() == 2.0 * 3.0);
  cache.keys(0, 1).zero_();
  CHECK(fork.keys(0, 20).sum().item<double>() == 2.0 * 3.0);
}

TEST_CASE("a lane's own cache must be as long as its start and have room", "[batch]") {
  KvCache cache = four_tokens();
  const std::vector<int> twelve(12, 3);
  const std::vector<int> thirteen(13, 3);
  CHECK(make_batch({{.tokens = twelve, .start = 4, .own = &cache}}, at::kCPU).ids.size(0) == 16);
  CHECK_THROWS_AS(make_batch({{.tokens = thirteen, .start = 4, .own = &cache}}, at::kCPU),
                  std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = twelve, .start = 3, .own = &cache}}, at::kCPU),
                  std::invalid_argument);
  const KvCache prefix = four_tokens();
  CHECK_THROWS_AS(
      make_batch({{.tokens = twelve, .start = 4, .prefix = &prefix, .own = &cache}}, at::kCPU),
      std::invalid_argument);
}

TEST_CASE("lanes lie end to end and the end is filled", "[batch]") {
  const std::vector<int> a{7, 8, 9};
  const std::vector<int> b{5};
  const KvCache cache = four_tokens();
  const Batch batch =
      make_batch({{.tokens = a}, {.tokens = b, .start = 4, .prefix = &cache}}, at::kCPU);
  CHECK(batch.begin == std::vector<std::int64_t>{0, 3, 4});
  CHECK(batch.ids.size(0) == 16);
  CHECK_FALSE(batch.step);
  const auto* ids = batch.ids.const_data_ptr<std::int64_t>();
  const auto* positions = batch.positions.const_data_ptr<std::int64_t>();
  CHECK(std::vector<std::int64_t>(ids, ids + 8) ==
        std::vector<std::int64_t>{7, 8, 9, 5, 0, 0, 0, 0});
  CHECK(std::vector<std::int64_t>(positions, positions + 4) ==
        std::vector<std::int64_t>{0, 1, 2, 4});
  const auto numbers = [](const at::Tensor& begins) {
    const auto* const first = begins.const_data_ptr<std::int32_t>();
    return std::vector<std::int32_t>(first, first + begins.size(0));
  };
  CHECK(numbers(batch.row_begin) == std::vector<std::int32_t>{0, 3, 4});
  CHECK(numbers(batch.token_begin) == std::vector<std::int32_t>{0, 3, 8});
}

TEST_CASE("a batch without lanes, an empty lane and a short prefix are refused", "[batch]") {
  const std::vector<int> a{7};
  const KvCache cache = four_tokens();
  CHECK_THROWS_AS(make_batch({}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{}}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = a, .start = 1}}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = a, .start = 5, .prefix = &cache}}, at::kCPU),
                  std::invalid_argument);
}

TEST_CASE("one new token of every lane is a step, which is not filled", "[batch]") {
  KvCache cache = four_tokens();
  const std::vector<int> one{7};
  CHECK_FALSE(make_batch({{.tokens = one, .start = 4, .own = &cache}}, at::kCPU).step);
  const Batch batch =
      make_batch({{.tokens = one, .start = 4, .own = &cache}}, at::kCPU, Pace::step);
  CHECK(batch.step);
  const std::vector<int> two{7, 8};
  CHECK_THROWS_AS(make_batch({{.tokens = two, .start = 4, .own = &cache}}, at::kCPU, Pace::step),
                  std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = one}}, at::kCPU, Pace::step), std::invalid_argument);
  CHECK(batch.ids.size(0) == 1);
  CHECK(stage_of(batch, 0).rows == 1);
  CHECK_FALSE(batch.row_begin.defined());
}

TEST_CASE("lanes enter at their blocks, in that order and with their values", "[batch]") {
  const std::vector<int> a{7, 8, 9};
  const at::Tensor values = at::ones({3, 2});
  const Batch batch =
      make_batch({{.tokens = a}, {.tokens = a, .from_layer = 2, .entering = values}}, at::kCPU);
  CHECK(stage_of(batch, 1).lanes == 1);
  CHECK(stage_of(batch, 1).used == 3);
  CHECK(stage_of(batch, 1).rows == 16);
  CHECK(filled_rows(1) == 16);
  CHECK(filled_rows(17) == 24);
  CHECK(stage_of(batch, 2).lanes == 2);
  CHECK(stage_of(batch, 2).used == 6);
  CHECK_THROWS_AS(
      make_batch({{.tokens = a, .from_layer = 2, .entering = values}, {.tokens = a}}, at::kCPU),
      std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = a, .from_layer = 2}}, at::kCPU), std::invalid_argument);
}
