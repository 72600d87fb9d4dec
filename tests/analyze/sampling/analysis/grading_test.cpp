// SPDX-License-Identifier: MIT
#include "sampling/analysis/grading.hpp"

#include "analyze/sampling/synthetic_samples.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::grading_test {

namespace {

Samples graded_run(const test::SyntheticSamples& options = {}) {
  const test::TempDir folder;
  test::write_samples(folder.path() / "run", options);
  return read_samples(folder.path() / "run");
}

}  // namespace

TEST_CASE("rates of problems and their mean: half of even problems' samples are right",
          "[grading]") {
  const Samples run = graded_run();
  const Grading grading = grade_samples(run, Grader::boxed);
  CHECK(grading.rate(0, 1, Score::right).right == 2);
  CHECK(grading.rate(0, 1, Score::right).graded == 4);
  CHECK(grading.rate(1, 1, Score::right).right == 4);
  CHECK(grading.rate(5, 1, Score::right).graded == 0);  // no right answer is known
  CHECK(grading.rate(1, 1, Score::strict).right == 0);
  CHECK(grading.rate(1, 1, Score::flexible).right == 4);
  CHECK(grading.answers[0][1] == std::vector<std::string>{"1", "50", "1", "50"});
  CHECK(grading.total(1, Score::right).right == 2 + 4 + 2 + 4 + 2);
  CHECK(grading.total(1, Score::right).graded == 20);
  const Cell cell = grading.accuracy(1, Score::right, {});
  CHECK(cell.mean.value == Value((0.5 + 1.0 + 0.5 + 1.0 + 0.5) / 5.0));
  CHECK(cell.mean.covers == "problems");
  CHECK(cell.mean.method == "t");
  // 0.7 -+ 2.776 * 0.2739 / sqrt(5), cut at 1.
  CHECK(cell.mean.low.value() == Approx(0.7 - 2.7764451 * std::sqrt(0.075 / 5)));
  CHECK(cell.mean.high == Value(1.0));
  CHECK(cell.count == 6);
  CHECK(cell.undefined.at(Status::too_few_rows) == 1);
}

TEST_CASE("one sample per problem has Wilson's interval over problems", "[grading]") {
  const Grading grading = grade_samples(graded_run(), Grader::boxed);
  const Cell greedy = grading.accuracy(0, Score::right, {});
  CHECK(greedy.mean.value == Value(1.0));
  CHECK(greedy.mean.method == "Wilson");
  CHECK(greedy.mean.covers == "problems");
  // Wilson's lower end for 5 of 5 is 1 / (1 + z^2 / 5).
  CHECK(greedy.mean.low.value() == Approx(1.0 / (1.0 + 1.959963984540054 * 1.959963984540054 / 5)));
  const Estimate samples = grading.rate(0, 1, Score::right).estimate();
  CHECK(samples.covers == "samples");
  CHECK(samples.value == Value(0.5));
}

TEST_CASE("the rate of single samples counts the wrong ones", "[grading]") {
  test::SyntheticSamples options;
  options.said = [](std::int64_t p, std::int64_t, std::int64_t) {
    return p < 2 ? std::string("9") : std::to_string(p + 1);
  };
  const Cell greedy =
      grade_samples(graded_run(options), Grader::boxed).accuracy(0, Score::right, {});
  CHECK(greedy.mean.value == Value(0.6));
  CHECK(greedy.mean.method == "Wilson");
}

TEST_CASE("every score reads its own grade", "[grading]") {
  const Grade grade{.right = true, .strict = false, .flexible = std::nullopt};
  CHECK(graded(grade, Score::right) == true);
  CHECK(graded(grade, Score::strict) == false);
  CHECK_FALSE(graded(grade, Score::flexible));
}

}  // namespace phiscope::analyze::sampling::grading_test
