// SPDX-License-Identifier: MIT
#include "sampling/input/token_rows.hpp"

#include "analyze/sampling/synthetic_paths.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::token_rows_test {

TEST_CASE("the last rows of a range are averaged, fewer where there are fewer", "[token_rows]") {
  const test::TempDir folder;
  const test::SyntheticPaths options;
  test::synthetic_paths(options).write(folder.path() / "run");
  const shard::Run run = shard::Run::open(folder.path() / "run");
  CHECK_FALSE(rows_are_tokens(run));
  Latents latents(run, "latent", "pooled", options.layers);
  // Rows of shard 1: problem 1, path 0, 1, 2 with two windows; then problem 3.
  const TokenRows rows{{4, {1, 0}}, {8, {1, 1}}, {12, {1, 2}}};
  CHECK_FALSE(pool_last(rows, {.begin = 0, .end = 3}, 2, latents));
  CHECK_FALSE(pool_last(rows, {.begin = 12, .end = 40}, 2, latents));
  CHECK_FALSE(pool_last({}, {.begin = 0, .end = 40}, 2, latents));
  CHECK(pool_last(rows, {.begin = 0, .end = 7}, 2, latents) == RowPlace{1, 0});  // itself
  const auto pooled = pool_last(rows, {.begin = 0, .end = 12}, 2, latents);
  REQUIRE(pooled);
  const auto mean = [&](std::size_t layer, std::size_t unit) {
    const auto at = [&](std::size_t row) {
      return static_cast<double>(latents.at({1, row}, layer)[unit]);
    };
    return static_cast<float>((at(1) + at(2)) / 2.0);
  };
  for (const std::size_t layer : {0U, 1U, 2U}) {
    for (const std::size_t unit : {0U, 4U}) {
      CHECK(latents.at(*pooled, layer)[unit] == mean(layer, unit));
      CHECK(latents.row(*pooled).row(layer)[unit] == mean(layer, unit));
    }
  }
  // The same tokens are one row; others are another, and the first stays as it is.
  CHECK(pool_last(rows, {.begin = 4, .end = 100}, 9, latents) == pooled);
  const auto other = pool_last(rows, {.begin = 0, .end = 100}, 9, latents);
  REQUIRE(other);
  CHECK_FALSE(other == pooled);
  CHECK(latents.at(*pooled, 1)[3] == mean(1, 3));
  CHECK(latents.at(*other, 1)[3] != mean(1, 3));
}

TEST_CASE("a run says by its key that rows are tokens", "[token_rows]") {
  const test::TempDir folder;
  test::SyntheticPaths options;
  options.pooling_window = 2;
  test::synthetic_paths(options).write(folder.path() / "run");
  CHECK(rows_are_tokens(shard::Run::open(folder.path() / "run")));
}

}  // namespace phiscope::analyze::sampling::token_rows_test
