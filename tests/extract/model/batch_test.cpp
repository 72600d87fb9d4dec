// SPDX-License-Identifier: MIT
#include "model/batch.hpp"

#include "model_fixture.hpp"

#include <ATen/ops/zeros.h>

using namespace phiscope::extract;

TEST_CASE("lanes lie end to end and the end is filled to a multiple of eight", "[batch]") {
  const std::vector<int> a{7, 8, 9};
  const std::vector<int> b{5};
  KvCache cache;
  cache.keys.push_back(at::zeros({4, 1, 2}));
  const Batch batch =
      make_batch({{.tokens = a}, {.tokens = b, .start = 4, .prefix = &cache}}, at::kCPU);
  CHECK(batch.begin == std::vector<std::int64_t>{0, 3, 4});
  CHECK(batch.rows == 8);
  const auto* ids = batch.ids.const_data_ptr<std::int64_t>();
  const auto* positions = batch.positions.const_data_ptr<std::int64_t>();
  CHECK(std::vector<std::int64_t>(ids, ids + 8) ==
        std::vector<std::int64_t>{7, 8, 9, 5, 0, 0, 0, 0});
  CHECK(std::vector<std::int64_t>(positions, positions + 4) ==
        std::vector<std::int64_t>{0, 1, 2, 4});
}

TEST_CASE("a batch without lanes, an empty lane and a short prefix are refused", "[batch]") {
  const std::vector<int> a{7};
  KvCache cache;
  cache.keys.push_back(at::zeros({4, 1, 2}));
  CHECK_THROWS_AS(make_batch({}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{}}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = a, .start = 1}}, at::kCPU), std::invalid_argument);
  CHECK_THROWS_AS(make_batch({{.tokens = a, .start = 5, .prefix = &cache}}, at::kCPU),
                  std::invalid_argument);
}
