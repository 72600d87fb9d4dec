// SPDX-License-Identifier: MIT
#include "steps/checks.hpp"

#include "catch.hpp"
#include "made_up_steps.hpp"

#include <limits>

namespace phiscope::analyze::steps::checks_test {

using test::analyzed_steps;
using test::ReducedLogits;
using test::StepKey;
using test::SyntheticSteps;

namespace {

using Found = std::pair<Outcome, std::string>;

Found check_of(const Result& result, const std::string& name) {
  for (const Check& check : checklist(result)) {
    if (check.name == name) return {check.outcome, check.found};
  }
  return {Outcome::not_checked, "no such check"};
}

const char* const twins = "sets of the same thoughts are equal";
const char* const unread = "KL is 0 where nothing reads the change";

}  // namespace

TEST_CASE("a right run passes what can be checked", "[checks]") {
  const Result result = analyzed_steps({});
  CHECK(check_of(result, "all problems done") ==
        Found{Outcome::passed, "8 of 8 problems, 3 dropped before the run"});
  CHECK(check_of(result, "no NaN") ==
        Found{Outcome::passed, "0 of 520 measures of a problem and a step set are not finite"});
  CHECK(check_of(result, "baseline equals itself") == Found{Outcome::passed, "largest KL 0"});
  CHECK(check_of(result, twins).first == Outcome::passed);
  CHECK(check_of(result, unread) ==
        Found{Outcome::not_checked, "the last thought is not changed alone after the last layer"});
  CHECK(checklist(result).size() == 5);
}

TEST_CASE("a NaN, a baseline that is not itself and missing problems fail", "[checks]") {
  SyntheticSteps options;
  options.change = [](const StepKey& key, ReducedLogits& row) {
    if (key.kind == 2 && key.step == 1 && key.problem == 2 && key.readout == 1) {
      row.reverse_kl = std::numeric_limits<double>::quiet_NaN();
    }
    if (key.kind == 0 && key.problem == 4 && key.readout == 2) row.kl = 0.25;
  };
  const Result result = analyzed_steps(options);
  CHECK(check_of(result, "no NaN") ==
        Found{Outcome::failed, "1 of 520 measures of a problem and a step set are not finite"});
  CHECK(check_of(result, "baseline equals itself") == Found{Outcome::failed, "largest KL 0.250"});
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / "run", SyntheticSteps{}, {0});
  CHECK(check_of(
            analyze(read_run(folder.path() / "run", {.allow_partial = true}), test::quick_steps()),
            "all problems done") ==
        Found{Outcome::failed, "5 of 8 problems, 3 dropped before the run"});
}

TEST_CASE("step sets that change the same thoughts must say the same", "[checks]") {
  SyntheticSteps options;
  options.change = [](const StepKey& key, ReducedLogits& row) {
    if (key.kind == 4 && key.problem == 1) row.token_log_probability += 0.125;
    if (key.kind == 2 && key.step == 0) row.reverse_kl += 0.0625;
  };
  CHECK(largest_twin_difference(analyzed_steps(options)).value() == Approx(0.125));
  CHECK(check_of(analyzed_steps(options), twins) ==
        Found{Outcome::failed, "largest difference 0.125 nats, at most 0.00100"});
  options.dtype = "bfloat16";
  CHECK(check_of(analyzed_steps(options), twins).first == Outcome::failed);
  options.kinds = {"cumulative", "single"};
  CHECK(largest_twin_difference(analyzed_steps(options)).value() == Approx(0.0625));
  CHECK(check_of(analyzed_steps(options), twins).first == Outcome::passed);
  options.kinds = {"single", "all"};
  CHECK_FALSE(largest_twin_difference(analyzed_steps(options)).has_value());
  CHECK(check_of(analyzed_steps(options), twins).first == Outcome::not_checked);
}

TEST_CASE("nothing reads the last thought after the last layer", "[checks]") {
  SyntheticSteps options;
  options.layers = {2, 4};
  double size = 0.0;
  options.effect = [&size](const StepKey& key) {
    return key.kind == 2 && key.layer == 4 && key.step == 3 ? size : 1.0;
  };
  CHECK(check_of(analyzed_steps(options), unread) == Found{Outcome::passed, "largest 0 nats"});
  size = 0.5;
  CHECK(check_of(analyzed_steps(options), unread).first == Outcome::failed);
  CHECK(largest_unread_kl(analyzed_steps(options)).value() > 0.01);
  options.published = true;
  CHECK_FALSE(largest_unread_kl(analyzed_steps(options)).has_value());
}

TEST_CASE("the published criteria are of the validation, and reasons are counted", "[checks]") {
  const Result result = analyzed_steps({});
  const auto found = criteria(result, test::quick_steps());
  REQUIRE(found.size() == 3);
  CHECK(found[0].found == "2 of 2 right");
  SyntheticSteps options;
  options.kinds = {"single"};
  CHECK(criteria(analyzed_steps(options), test::quick_steps()).empty());
  CHECK(dropped_by_reason(result.data) ==
        std::map<std::string, std::size_t>{{"no_gold", 2}, {"too_long", 1}});
}

}  // namespace phiscope::analyze::steps::checks_test
