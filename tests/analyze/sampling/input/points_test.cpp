// SPDX-License-Identifier: MIT
#include "sampling/input/points.hpp"

#include "analyze/sampling/synthetic_points.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::points_test {

using test::Json;
using test::SyntheticPoints;
using test::TempDir;

namespace {

Points read_back(const SyntheticPoints& options) {
  const TempDir folder;
  test::write_points(folder.path() / "run", options);
  return read_points(folder.path() / "run");
}

std::string refusal(const Json& changes) {
  SyntheticPoints options;
  options.changes = changes;
  try {
    static_cast<void>(read_back(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("points, residuals and what is needed of the model are read", "[points]") {
  SyntheticPoints options;
  options.norm = "layer";
  options.soft_cap = 30.0;
  const Points run = read_back(options);
  CHECK(run.centres);
  CHECK(run.epsilon == options.epsilon);
  CHECK(run.soft_cap == 30.0);
  REQUIRE(run.points.size() == 6);
  CHECK(run.points[1].problem == "a");
  CHECK(run.points[2].problem == "b");
  CHECK(run.points[2].t == 96);
  CHECK(run.points[2].top1 == 12);
  CHECK(run.points[2].top2 == 22);
  CHECK(run.points[2].divergence == 4.0);
  for (std::int64_t point = 0; point < 6; ++point) {
    const Point& each = run.points[static_cast<std::size_t>(point)];
    REQUIRE(each.score_difference.has_value());
    CHECK(*each.score_difference == Approx(options.difference(point)).margin(1e-5));
    const auto [shard, row] = *each.residuals;
    CHECK(run.residuals.at(shard).row(row).at(4 * run.units + 3) == options.resid(point, 4, 3));
    CHECK(run.directions[static_cast<std::size_t>(point * 5 + 2)] == options.direction(point, 2));
  }
  CHECK(run.weight[2] == static_cast<double>(options.weight(2)));
  CHECK(run.bias[2] == static_cast<double>(options.bias(2)));
}

TEST_CASE("the stored weight of Gemma's norm is one less, and an RMSNorm has no bias", "[points]") {
  SyntheticPoints options;
  options.norm = "rms1";
  const Points run = read_back(options);
  CHECK_FALSE(run.centres);
  CHECK(run.weight[2] == 1.0 + static_cast<double>(options.weight(2)));
  CHECK(run.bias.empty());
  CHECK_FALSE(run.soft_cap);
}

TEST_CASE("a plan or file that is not of step attribution is refused", "[points]") {
  CHECK_THAT(refusal({{"step", "variance"}}), Contains("expected attribution"));
  CHECK_THAT(refusal({{"norm", "batch"}}),
             Contains("norm is \"batch\", expected rms, rms1 or layer"));
  CHECK_THAT(refusal({{"norm_eps", -1}}), Contains("norm_eps"));
  CHECK_THAT(refusal({{"soft_cap", 0}}), Contains("soft_cap is 0, expected a number above 0"));
  CHECK_THAT(refusal({{"model_layers", 3}}), Contains("array 'resid'"));
  CHECK_THAT(refusal({{"points", {{{"problem", 6}, {"t", 1}, {"top1", 1}, {"top2", 2}}}}}),
             Contains("points[0].problem is 6"));
  const TempDir folder;
  const SyntheticPoints options;
  test::write_points(folder.path() / "run", options);
  const std::vector<float> short_norm(5, 1.0F);
  std::filesystem::remove(folder.path() / "run" / "final_norm.npy");
  shard::write_npy<float>(folder.path() / "run" / "final_norm.npy", short_norm, {1, 5});
  CHECK_THROWS_WITH(read_points(folder.path() / "run"),
                    Contains("final_norm.npy: shape is (1, 5), expected (2, 5)"));
  std::filesystem::remove(folder.path() / "run" / "final_norm.npy");
  const std::vector<std::int64_t> integers(10, 1);
  shard::write_npy<std::int64_t>(folder.path() / "run" / "final_norm.npy", integers, {2, 5});
  CHECK_THROWS_WITH(read_points(folder.path() / "run"), Contains("final_norm.npy: is <i8"));
}

}  // namespace phiscope::analyze::sampling::points_test
