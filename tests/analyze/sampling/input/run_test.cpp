// SPDX-License-Identifier: MIT
#include "sampling/input/run.hpp"

#include "analyze/sampling/synthetic_paths.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::run_test {

using test::Json;
using test::SyntheticPaths;
using test::TempDir;

namespace {

RunInfo info_of(const SyntheticPaths& options) {
  const TempDir folder;
  test::synthetic_paths(options).write(folder.path() / "OUT" / "manifold");
  return run_info(shard::Run::open(folder.path() / "OUT" / "manifold" / ""));
}

std::string refusal(const Json& changes) {
  SyntheticPaths options;
  options.changes = changes;
  try {
    static_cast<void>(info_of(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("what the plan says of every step", "[run]") {
  SyntheticPaths options;
  options.dropped = {{{"problem_id", 7}, {"status", "no_oracle"}}};
  const RunInfo info = info_of(options);
  CHECK(info.name == "manifold");
  CHECK(info.step == Step::manifold);
  REQUIRE(info.problems.size() == 6);
  CHECK(info.problems[2].id == "c");
  CHECK(info.problems[2].answer == "\\boxed{3}");
  CHECK(info.problems[2].positions == 7);
  CHECK(info.problems[2].question == "What is c?");
  REQUIRE(info.dropped.size() == 1);
  CHECK(info.dropped[0].id == "7");
  CHECK(info.dropped[0].status == "no_oracle");
  CHECK(info.layers == std::vector<std::int64_t>{0, 1, 3});
  CHECK(info.model_layers == 4);
  CHECK(info.target_layer == 1);
  CHECK(info.target() == 1);
  CHECK(info.stride == 2);
  CHECK(info.max_new_tokens == 16);
  CHECK(info.dtype == "float32");
  CHECK(info.complete);
}

TEST_CASE("the last layer is the target where the named one was not kept", "[run]") {
  SyntheticPaths options;
  options.target_layer = 2;
  CHECK(info_of(options).target() == 2);
  CHECK(info_of(options).target_layer == 2);
}

TEST_CASE("a plan that is none of sampling is refused by name", "[run]") {
  CHECK_THAT(refusal({{"step", "steering"}}), Contains("step is \"steering\", expected variance"));
  CHECK_THAT(refusal({{"layers", Json::array()}}), Contains("layers"));
  CHECK_THAT(refusal({{"layers", {1, 1, 3}}}), Contains("layers"));
  CHECK_THAT(refusal({{"stride", 0}}), Contains("stride is 0, expected an integer from 1"));
  CHECK_THAT(refusal({{"problems", {{{"problem_id", "a"}}, {{"problem_id", "a"}}}}}),
             Contains("problems[1].problem_id is \"a\", expected an id that no other problem has"));
  CHECK_THAT(refusal({{"problems", {{{"problem_id", 1.5}}}}}), Contains("an integer or a text"));
}

TEST_CASE("names of steps are those of the folders", "[run]") {
  std::vector<std::string> names;
  for (const Step step : all_steps) names.emplace_back(step_name(step));
  CHECK(names == std::vector<std::string>{"variance", "manifold", "sensitivity", "attribution",
                                          "clustering"});
}

}  // namespace phiscope::analyze::sampling::run_test
