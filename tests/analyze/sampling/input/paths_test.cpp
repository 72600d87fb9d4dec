// SPDX-License-Identifier: MIT
#include "sampling/input/paths.hpp"

#include "analyze/sampling/synthetic_paths.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::paths_test {

using test::Json;
using test::SyntheticPaths;
using test::TempDir;

namespace {

Paths read_back(const SyntheticPaths& options) {
  const TempDir folder;
  test::synthetic_paths(options).write(folder.path() / "run");
  return read_paths(folder.path() / "run");
}

std::string refusal(const Json& changes) {
  SyntheticPaths options;
  options.changes = changes;
  try {
    static_cast<void>(read_back(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("each path and window of a problem is read to its place", "[paths]") {
  SyntheticPaths options;
  options.leave_out = [](std::int64_t p, std::int64_t path, std::int64_t window) {
    return p == 4 && path == 2 && window == 1;
  };
  const Paths run = read_back(options);
  CHECK(run.share == 0.3);
  REQUIRE(run.problems.size() == 6);
  for (std::int64_t p = 0; p < 6; ++p) {
    const ProblemPaths& each = run.problems[static_cast<std::size_t>(p)];
    CHECK(each.prefix_tokens == static_cast<std::uint64_t>(3 + p));
    CHECK(each.oracle_tokens == static_cast<std::uint64_t>(10 + 3 * p));
    REQUIRE(each.forced);
    CHECK(run.latents.at(*each.oracle, 1)[2] == options.latent(p, 0, 0, 1, 2));
    CHECK(run.latents.at(*each.local, 1)[2] == options.latent(p, 1, 0, 1, 2));
    CHECK(run.latents.at(*each.forced, 1)[2] == options.latent(p, 2, 0, 1, 2));
    REQUIRE(each.after_prefix.has_value() == (p != 4));
    if (p == 4) continue;
    CHECK(run.latents.at(*each.after_prefix, 1)[2] == options.latent(p, 2, 1, 1, 2));
  }
}

TEST_CASE("single tokens of a path are averaged, the last ones", "[paths]") {
  SyntheticPaths options;
  options.pooling_window = 3;
  const Paths run = read_back(options);
  for (std::int64_t p = 0; p < 6; ++p) {
    const ProblemPaths& each = run.problems[static_cast<std::size_t>(p)];
    const auto check = [&](const std::optional<RowPlace>& place, std::int64_t path,
                           const std::vector<std::int64_t>& tokens) {
      CAPTURE(p, path);
      REQUIRE(place.has_value());
      double sum = 0.0;
      for (const std::int64_t n : tokens) {
        sum += static_cast<double>(options.latent(p, path, n, 1, 2));
      }
      CHECK(run.latents.at(*place, 1)[2] ==
            static_cast<float>(sum / static_cast<double>(tokens.size())));
    };
    check(each.oracle, 0, {4, 6, 8});
    check(each.local, 1, {4, 6, 8});
    check(each.forced, 2, {8, 10, 12});
    // Of the tokens after a prefix of 3 + p.
    check(each.after_prefix, 2,
          p < 5 ? std::vector<std::int64_t>{8, 10, 12} : std::vector<std::int64_t>{10, 12});
  }
}

TEST_CASE("a plan or row that is not of step manifold is refused", "[paths]") {
  CHECK_THAT(refusal({{"step", "variance"}}), Contains("expected manifold"));
  CHECK_THAT(refusal({{"prefix", {{"share", 1.5}, {"tokens", {1}}}}}),
             Contains("prefix.share is 1.5, expected a number from 0 to 1"));
  CHECK_THAT(refusal({{"prefix", {{"share", 0.5}, {"tokens", {1}}}}}),
             Contains("expected 6 numbers, one per problem"));
  CHECK_THAT(refusal({{"oracle_tokens", {1, 2}}}), Contains("oracle_tokens"));
  test::SyntheticRun run = test::synthetic_paths({});
  run.spaces[0].keys[0][5] = 1;  // window of path 1
  const TempDir folder;
  run.write(folder.path() / "run");
  CHECK_THROWS_WITH(read_paths(folder.path() / "run"), Contains("found window 1 of path 1"));
}

}  // namespace phiscope::analyze::sampling::paths_test
