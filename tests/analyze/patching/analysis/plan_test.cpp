// SPDX-License-Identifier: MIT
#include "patching/analysis/plan.hpp"

#include "analyze/patching/synthetic_patching.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <functional>

namespace phiscope::analyze::patching::plan_test {

using test::SyntheticPatching;
using test::TempDir;
using Json = nlohmann::ordered_json;

namespace {

Patching plan_of(const SyntheticPatching& options) {
  const TempDir folder;
  write_synthetic_patching(folder.path() / "run", options);
  return planned(phiscope::shard::Run::open(folder.path() / "run"));
}

/// The message for a plan of which something was changed.
std::string plan_refusal(const std::function<void(phiscope::shard::RunPlan&)>& change) {
  const TempDir folder;
  const SyntheticPatching options;
  phiscope::shard::RunPlan plan = synthetic_patching_plan(options);
  change(plan);
  plan.shards = 1;
  {
    phiscope::shard::RunWriter writer(folder.path() / "run", plan, "", 0, 1);
    writer.begin(0).commit();
    writer.finish();
  }
  try {
    static_cast<void>(planned(phiscope::shard::Run::open(folder.path() / "run")));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a plan of patching is read whole", "[plan]") {
  SyntheticPatching options;
  options.modes = {"rerun", "frozen"};
  options.options = {{"donor", "noise:2"}, {"primary", "answer_diff:first:2"}};
  options.sets = {"single", "first:2"};
  options.pairs[1].steps.reset();
  const Patching found = plan_of(options);
  CHECK(found.name == "run");
  CHECK(found.modes == options.modes);
  CHECK(found.sets == options.sets);
  CHECK(found.layers == options.layers);
  CHECK(found.positions == 3);
  CHECK(found.hook == "hook_resid_post");
  CHECK(found.donor == "noise:2");
  CHECK(found.dtype == "float32");
  CHECK(found.primary == "answer_diff:first:2");
  CHECK(found.model_layers == 4);
  CHECK(found.vocabulary == 7);
  CHECK_FALSE(found.has_heads);
  REQUIRE(found.readouts.size() == 6);
  CHECK(found.readouts[3].name == "clean:1");
  REQUIRE(found.pairs.size() == 6);
  CHECK(found.pairs[2].id == 8);
  CHECK(found.pairs[2].clean.answer == 40);
  CHECK(found.pairs[2].corrupted.answer == 41);
  CHECK(found.pairs[3].corrupted.answer == "9");
  CHECK(found.pairs[2].clean.steps == 3);
  CHECK_FALSE(found.pairs[1].clean.steps);
  CHECK(found.pairs[2].clean.tokens == std::vector<std::int64_t>{1, 2});
  CHECK(found.pairs[2].corrupted.tokens == std::vector<std::int64_t>{3});
  CHECK(found.pairs[2].clean.question == "the clean of 8");
  CHECK(found.pairs[2].corrupted.question == "the corrupted of 8");
  REQUIRE(found.dropped.size() == 3);
  CHECK(found.dropped[0].id == 4);
  CHECK(found.dropped[0].status == "answer_nested");
}

TEST_CASE("heads are a part of the key, and what a plan may leave out is empty", "[plan]") {
  SyntheticPatching options;
  options.heads = 2;
  options.options = {{"seed", 1}};
  const Patching found = plan_of(options);
  CHECK(found.has_heads);
  CHECK(found.donor.empty());
  CHECK_FALSE(found.primary);
}

TEST_CASE("ids may be texts, which are not read as numbers", "[plan]") {
  SyntheticPatching options;
  options.pairs[1].id = "1e3";
  options.pairs[2].id = "7";
  options.pairs[3].id = 7;
  options.dropped = {};
  const Patching found = plan_of(options);
  CHECK(found.pairs[1].id == "1e3");
  CHECK(found.pairs[2].id == "7");
  CHECK(found.pairs[3].id == 7);
  CHECK(id_text(found.pairs[1].id) == "1e3");
  CHECK(id_text(found.pairs[3].id) == "7");
  CHECK(found.pairs[1].clean.question == "the clean of 1e3");
}

TEST_CASE("sets with steps are single, prefix and suffix", "[plan]") {
  SyntheticPatching options;
  options.sets = {"single", "layer", "prefix", "first:2", "suffix", "last:1"};
  const Patching found = plan_of(options);
  std::vector<bool> steps;
  for (std::size_t set = 0; set < options.sets.size(); ++set) steps.push_back(found.has_steps(set));
  CHECK(steps == std::vector<bool>{true, false, true, false, true, false});
}

TEST_CASE("a plan that is none of patching is refused in one line", "[plan]") {
  const auto member = [](const char* name, Json value) {
    return plan_refusal([&](auto& plan) { plan.details[name] = std::move(value); });
  };
  CHECK_THAT(plan_refusal([](auto& plan) { plan.experiment = "ablate"; }),
             Contains("plan.json: experiment is 'ablate', expected 'patching'"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.row_spaces[0].key[2] = "sets"; }),
             Contains("expected 'site' with the key pair, mode, set, layer"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.arrays.erase(plan.arrays.begin() + 1); }),
             Contains("array 'reverse_kl': expected one with axis row"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.arrays[4].dtype = phiscope::shard::Dtype::f4; }),
             Contains("array 'token_score': expected one with axis row, dtype <f8"));
  CHECK_THAT(member("modes", Json::array()), Contains("modes is [], expected at least one name"));
  CHECK_THAT(member("sets", {"single", "single"}),
             Contains("expected at least one name, each once"));
  CHECK_THAT(member("readouts", {"eot", "answer:0"}), Contains("expected names of eot"));
  CHECK_THAT(member("layers", {2, 1}), Contains("layers is [2,1], expected ascending layers"));
  CHECK_THAT(member("positions", 0), Contains("positions is 0, expected an integer from 1"));
  CHECK_THAT(member("pairs", "x"), Contains("pairs is \"x\", expected a list of pairs"));
  CHECK_THAT(member("hook", 3), Contains("hook is 3, expected a string"));
  CHECK_THAT(member("options", {{"primary", "kl"}}),
             Contains("options.primary is \"kl\", expected recovery, answer_diff or"));
  CHECK_THAT(member("options", {{"primary", "recovery:prefix"}}),
             Contains("perhaps with : and a set of this run"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.details["pairs"][1]["pair_id"] = 3; }),
             Contains("pairs[1].pair_id is 3, expected an id that no other pair has"));
  CHECK(plan_refusal([](auto& plan) { plan.details["dropped"][0]["pair_id"] = 3; }) == "no error");
  CHECK_THAT(plan_refusal([](auto& plan) { plan.details["dropped"][0]["pair_id"] = 3.5; }),
             Contains("dropped[0].pair_id is 3.5, expected an integer below 2^63 or a text"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.details["pairs"][1]["pair_id"] = 1ULL << 63U; }),
             Contains("pairs[1].pair_id is 9223372036854775808, expected an integer below"));
  CHECK_THAT(plan_refusal([](auto& plan) {
               plan.details["pairs"][1]["pair_id"] = plan.details["pairs"][2]["pair_id"] = "x";
             }),
             Contains("pairs[2].pair_id is \"x\", expected an id that no other pair has"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.details["pairs"][1]["clean"].erase("answer"); }),
             Contains("pairs[1].clean.answer is missing"));
  CHECK_THAT(
      plan_refusal([](auto& plan) { plan.details["pairs"][1]["clean"]["answer"] = nullptr; }),
      Contains("pairs[1].clean.answer is null, expected a number or a text"));
  CHECK_THAT(plan_refusal([](auto& plan) { plan.details["pairs"][1]["corrupted"]["steps"] = "2"; }),
             Contains("pairs[1].corrupted.steps is \"2\""));
}

}  // namespace phiscope::analyze::patching::plan_test
