// SPDX-License-Identifier: MIT
#include "sampling/checks.hpp"

#include "catch.hpp"
#include "synthetic_study.hpp"

#include <limits>

namespace phiscope::analyze::sampling::checks_test {

using report::Outcome;
using test::SyntheticStudy;

namespace {

const report::Check& check_of(const std::vector<report::Check>& all, const std::string& name) {
  for (const report::Check& check : all) {
    if (check.name.find(name) != std::string::npos) return check;
  }
  throw std::runtime_error("no check " + name);
}

std::vector<report::Check> checks_with(const std::function<void(SyntheticStudy&)>& change) {
  SyntheticStudy options;
  change(options);
  return checklist(test::analyzed_study(options).front());
}

}  // namespace

TEST_CASE("all steps of a good run pass", "[checks]") {
  for (const report::Check& check : checks_with([](SyntheticStudy&) {})) {
    INFO(report::check_line(check));
    CHECK(check.outcome == Outcome::passed);
  }
}

TEST_CASE("one text that stands for all samples is seen", "[checks]") {
  const auto checks = checks_with([](SyntheticStudy& study) {
    study.variance.said = [](std::int64_t p, std::int64_t, std::int64_t) {
      return std::to_string(p);
    };
  });
  const auto& check = check_of(checks, "not all problems of variance have one text only");
  CHECK(check.outcome == Outcome::failed);
  CHECK(check.found == "12 of 12 problems and temperatures have one text for all samples");
  CHECK(check_of(checks, "not all problems of clustering have one text only").outcome ==
        Outcome::passed);
  // One problem with other texts is enough to pass: the name claims no more.
  const auto one = checks_with([](SyntheticStudy& study) {
    study.variance.said = [](std::int64_t p, std::int64_t, std::int64_t s) {
      return std::to_string(p == 0 ? s : p);
    };
  });
  const auto& passed = check_of(one, "not all problems of variance have one text only");
  CHECK(passed.outcome == Outcome::passed);
  CHECK(passed.found == "10 of 12 problems and temperatures have one text for all samples");
}

TEST_CASE("steps that are not complete are named", "[checks]") {
  auto studies = test::analyzed_study();
  studies[0].manifold->run.info.complete = false;
  studies[0].clusters->run.info.complete = false;
  const auto checks = checklist(studies[0]);
  const auto& check = check_of(checks, "steps are complete");
  CHECK(check.outcome == Outcome::failed);
  CHECK(check.found == "3 of 5 steps; not complete: manifold clustering");
}

TEST_CASE("a cosine above 1, as a computation in bfloat16 gives it, is seen", "[checks]") {
  auto study = std::move(test::analyzed_study({}).front());
  CHECK(check_of(checklist(study), "cosines up to 1").outcome == Outcome::passed);
  study.variance->cells[3][2][Spread::cosine] = Value(1.0078);
  const auto checks = checklist(study);
  const auto& check = check_of(checks, "cosines up to 1");
  CHECK(check.outcome == Outcome::failed);
  CHECK_THAT(check.found, Contains(" is 1.0078") || Contains(" is 1.01"));
}

TEST_CASE("a number that is not finite is seen", "[checks]") {
  const auto checks = checks_with([](SyntheticStudy& study) {
    study.variance.place = [](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                              std::int64_t unit) {
      const bool is_bad = p == 2 && t == 1 && s == 1 && layer == 3 && unit == 4;
      return is_bad ? std::numeric_limits<double>::quiet_NaN()
                    : test::noise({p, t, s, layer, unit});
    };
  });
  const auto& check = check_of(checks, "no NaN");
  CHECK(check.outcome == Outcome::failed);
  CHECK(check.found.starts_with("2 of "));  // checkpoints 4 and 8
}

TEST_CASE("contributions that do not add up are seen, capped ones are not compared", "[checks]") {
  const auto wrong = checks_with([](SyntheticStudy& study) { study.attribution.wrong = 0.01; });
  CHECK(check_of(wrong, "add up").outcome == Outcome::failed);
  const auto half = checks_with([](SyntheticStudy& study) {
    study.attribution.wrong = 0.01;
    study.attribution.dtype = "bfloat16";
  });
  CHECK(check_of(half, "add up").outcome == Outcome::passed);
  const auto slightly = [](const char* dtype) {
    return checks_with([dtype](SyntheticStudy& study) {
      study.attribution.wrong = 1e-6;
      study.attribution.dtype = dtype;
    });
  };
  CHECK(check_of(slightly("float32"), "add up").outcome == Outcome::passed);
  CHECK(check_of(slightly("float64"), "add up").outcome == Outcome::failed);
  const auto capped = checks_with([](SyntheticStudy& study) { study.attribution.soft_cap = 30.0; });
  CHECK(check_of(capped, "add up").outcome == Outcome::not_checked);
}

TEST_CASE("the share of samples that ended is of those above temperature 0", "[checks]") {
  // Sample 3 of 4 ends after 5 of 8 tokens in 6 problems and 2 temperatures, sample 2 of problem 1.
  const auto& study = test::plain_study();
  CHECK(share_ended(*study.front().variance) == Approx(14.0 / 48.0));
}

}  // namespace phiscope::analyze::sampling::checks_test
