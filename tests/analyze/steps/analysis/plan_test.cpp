// SPDX-License-Identifier: MIT
#include "steps/analysis/plan.hpp"

#include "analyze/steps/synthetic_steps.hpp"
#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::steps::plan_test {

using test::SyntheticSteps;

namespace {

Steps plan_of(const SyntheticSteps& options,
              const std::function<void(shard::RunPlan&)>& change = nullptr) {
  const test::TempDir folder;
  shard::RunPlan plan = synthetic_steps_plan(options);
  if (change) change(plan);
  plan.shards = 1;
  shard::RunWriter writer(folder.path() / "run", plan, synthetic_questions(options), 0, 1);
  writer.begin(0).commit();
  writer.finish();
  return planned(shard::Run::open(folder.path() / "run"));
}

/// What is wrong with a plan after the change.
std::string refused(const std::function<void(shard::RunPlan&)>& change) {
  try {
    static_cast<void>(plan_of({}, change));
  } catch (const shard::FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// The same after a change of the first problem.
std::string refused_problem(const std::string& member, const nlohmann::ordered_json& value) {
  return refused([&](shard::RunPlan& plan) { plan.details["problems"][0][member] = value; });
}

}  // namespace

TEST_CASE("a plan says problems, lanes and how it was run", "[plan]") {
  SyntheticSteps options;
  options.layers = {1, 3};
  options.include_bot = true;
  options.options["primary"] = "importance";
  const Steps found = plan_of(options);
  CHECK(found.sources.front().name == "run");
  CHECK(found.axes.kinds ==
        std::vector<Kind>{Kind::cumulative, Kind::single, Kind::all, Kind::early_exit});
  CHECK(found.axes.layers == std::vector<std::int64_t>{1, 3});
  CHECK(found.axes.latents == 4);
  CHECK(found.axes.include_bot);
  CHECK(found.lanes == lanes_of(found.axes));
  CHECK(found.readouts == std::vector<std::string>{"eot", "answer:0", "answer:1", "answer:2"});
  CHECK(found.donor == "zero");
  CHECK(found.dtype == "float32");
  CHECK(found.model_layers == 5);
  CHECK_FALSE(found.published);
  CHECK(found.primary == "importance:single");
  REQUIRE(found.problems.size() == 8);
  CHECK(found.problems[0].id == "a1");
  CHECK(found.problems[0].stratum == 0U);
  CHECK(found.problems[4].stratum == 3U);
  CHECK(found.problems[4].steps == 8);
  CHECK(found.problems[5].id == 7);
  CHECK_FALSE(found.problems[5].stratum.has_value());
  CHECK_FALSE(found.problems[5].steps.has_value());
  CHECK(found.problems[2].gold == Rational{3, 4});
  CHECK(found.problems[2].question == "question 2");
  CHECK(found.problems[2].tokens == std::vector<std::int64_t>{2, 1});
  CHECK(found.problems[5].part == Part::sweep);
  CHECK(found.problems[6].part == Part::validation);
  REQUIRE(found.dropped.size() == 3);
  CHECK(found.dropped[1].id == "d2");
  CHECK(found.dropped[1].status == "too_long");
  CHECK(found.dropped[2].id == "3");
  const auto& strata = found.sources.front().strata;
  REQUIRE(strata.size() == 3);
  CHECK(strata[0].stratum == "2");
  CHECK(strata[0].available == 40);
  CHECK(strata[0].sweep == 2);
  CHECK(strata[1].stratum == "5+");
  CHECK(strata[1].validation == 1);
  CHECK(strata[2].stratum == "unknown");
}

TEST_CASE("what a plan leaves out is not known", "[plan]") {
  const Steps found = plan_of({}, [](shard::RunPlan& plan) {
    for (const char* name : {"options", "strata", "dropped", "model_layers", "include_bot",
                             "published", "donor", "numerics"}) {
      plan.details.erase(name);
    }
  });
  CHECK_FALSE(found.primary.has_value());
  CHECK(found.dropped.empty());
  CHECK(found.sources.front().strata.empty());
  CHECK(found.model_layers == 0);
  CHECK(found.donor.empty());
  CHECK(found.dtype.empty());
}

TEST_CASE("gold answers are numbers or fractions, as large as they come", "[plan]") {
  const auto gold_of = [](const std::string& text) {
    return plan_of({}, [&](shard::RunPlan& plan) { plan.details["problems"][0]["gold"] = text; })
        .problems[0]
        .gold;
  };
  CHECK(gold_of("-7/21") == Rational{-1, 3});
  CHECK(gold_of("1.5") == Rational{3, 2});
  CHECK(gold_of("900000000000000000") == Rational{900'000'000'000'000'000, 1});
  for (const char* text : {"", "x", "1/0", "1/2/3", "1e5"}) {
    CHECK_THAT(refused_problem("gold", text),
               Contains("problems[0].gold is") && Contains("expected a number or a fraction"));
  }
}

TEST_CASE("a plan that is none of steps, or contradicts itself, is refused by name", "[plan]") {
  const auto with = [](const std::string& member, const nlohmann::ordered_json& value) {
    return refused([&](shard::RunPlan& plan) { plan.details[member] = value; });
  };
  CHECK_THAT(refused([](shard::RunPlan& plan) { plan.experiment = "patching"; }),
             Contains("experiment is 'patching', expected 'steps'"));
  CHECK_THAT(refused([](shard::RunPlan& plan) { plan.row_spaces[0].key[1] = "level"; }),
             Contains("row_spaces: expected 'step_set' with the key problem, layer, kind, step"));
  CHECK_THAT(refused([](shard::RunPlan& plan) { plan.arrays.erase(plan.arrays.begin() + 1); }),
             Contains("array 'reverse_kl': expected one with axis row"));
  CHECK_THAT(with("kinds", {"single", "some"}), Contains("kinds is") && Contains("each once"));
  CHECK_THAT(with("kinds", {"single", "single"}), Contains("each once"));
  CHECK_THAT(with("kinds", {"baseline"}), Contains("each once"));
  CHECK_THAT(with("kinds", nlohmann::ordered_json::array()), Contains("at least one name"));
  CHECK_THAT(with("layers", {3, 1}), Contains("ascending layers from 0 on"));
  CHECK_THAT(with("layers", {-1}), Contains("ascending layers from 0 on"));
  CHECK_THAT(with("latents", 0), Contains("latents is 0, expected an integer from 1 to 1024"));
  CHECK_THAT(with("published", 1), Contains("published is 1, expected true or false"));
  CHECK_THAT(with("readouts", {"eot", "answer:1"}), Contains("eot, answer:0, answer:1"));
  CHECK_THAT(with("readouts", {"eot", "answer:0"}),
             Contains("one for each scored token of problem a1"));
  CHECK_THAT(with("options", {{"primary", "importance:leave-one"}}),
             Contains("options.primary is") && Contains("a step set of this run"));
  CHECK_THAT(with("options", {{"primary", "recovery"}}),
             Contains("needs_thought, trend or importance"));
  CHECK_THAT(refused([](shard::RunPlan& plan) {
               plan.details["kinds"] = {"cumulative"};
               plan.details["options"] = {{"primary", "importance"}};
             }),
             Contains("a step set of this run"));
  CHECK_THAT(with("model_layers", 1'000'001), Contains("model_layers is 1000001"));
}

TEST_CASE("a problem that is not as it should be is refused by its number", "[plan]") {
  CHECK_THAT(refused_problem("problem_id", 1.5),
             Contains("problems[0].problem_id is 1.5, expected an integer or a text"));
  CHECK_THAT(refused_problem("problem_id", "a2"), Contains("an id that no other problem has"));
  CHECK_THAT(refused_problem("part", "test"), Contains("expected sweep or validation"));
  CHECK_THAT(refused_problem("stratum", 6), Contains("an integer from 2 to 5, or null"));
  CHECK_THAT(refused_problem("stratum", 1), Contains("an integer from 2 to 5, or null"));
  CHECK_THAT(refused_problem("steps", -1), Contains("problems[0].steps"));
  CHECK_THAT(refused_problem("tokens", "1 2"), Contains("problems[0].tokens"));
}

TEST_CASE("a number and a text are different ids", "[plan]") {
  const Steps found =
      plan_of({}, [](shard::RunPlan& plan) { plan.details["problems"][0]["problem_id"] = "7"; });
  CHECK(found.problems[0].id == "7");
  CHECK(found.problems[5].id == 7);
}

}  // namespace phiscope::analyze::steps::plan_test
