// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_steps.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::analyze::steps::program_test {

using test::program;
using test::run_shell;
using test::SyntheticSteps;
using test::TempDir;

namespace {

const std::string analyze_steps = program("analyze-steps");

std::string in(const TempDir& folder, const std::string& name) {
  return "'" + (folder.path() / name).string() + "'";
}

}  // namespace

TEST_CASE("analyze-steps says in one line of JSON what it wrote", "[program]") {
  const TempDir folder;
  SyntheticSteps more;
  more.problems = {{"b1", "3", 2, 2, {1, 2}}};
  write_synthetic_steps(folder.path() / "one", SyntheticSteps{});
  write_synthetic_steps(folder.path() / "two", more);
  const auto done = run_shell(analyze_steps + " " + in(folder, "one") + " " + in(folder, "two") +
                                  " --out " + in(folder, "out") +
                                  " --no-figures --bootstrap 20 --permutations 64 --threads 2 "
                                  "--grader published --published-scores",
                              folder.path());
  CAPTURE(done.err);
  // The published criterion of late importance fails, and the program does not.
  CHECK(done.status == 0);
  CHECK(test::lines(done.out) == 1);
  const auto line = nlohmann::json::parse(done.out);
  CHECK_THAT(line["claims"].dump(), Contains("changing all thoughts breaks more right answers"));
  std::vector<std::string> names;
  for (const std::string file : line["files"]) {
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
    names.push_back(file);
  }
  for (const char* name :
       {"steps.csv", "tests.csv", "problems.csv", "step_importance_validation.json",
        "step_importance_scores.json", "step_importance_summary_stats.json", "report.html"}) {
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }
  CHECK_THAT(done.err, Contains("analyze-steps: Check: all problems done: passed (9 of 9") &&
                           Contains("Published criterion: early at least as important as late"));
  CHECK_THAT(test::read_text(folder.path() / "out" / "summary.txt"),
             Contains("grader published; published scores yes"));
}

TEST_CASE("analyze-steps ends with 2 for wrong usage and 0 for help", "[program]") {
  const TempDir folder;
  CHECK_THAT(run_shell(analyze_steps + " --help", folder.path()).out,
             Contains("Example:\n  analyze-steps"));
  for (const std::string arguments : {"", "run", "run --out o --unknown", "run --out o --threads 0",
                                      "run --out o --permutations 0", "run --out o --grader x"}) {
    CAPTURE(arguments);
    CHECK(run_shell(analyze_steps + " " + arguments, folder.path()).status == 2);
  }
}

TEST_CASE("analyze-steps ends with 1 and one line for bad input, and writes nothing", "[program]") {
  const TempDir folder;
  write_synthetic_steps(folder.path() / "run", SyntheticSteps{});
  write_synthetic_steps(folder.path() / "part", SyntheticSteps{}, {1});
  SyntheticSteps options;
  options.leave_out = [](const test::StepKey& key) { return key.problem == 2 && key.kind == 4; };
  write_synthetic_steps(folder.path() / "rows", options);
  const auto fails = [&](const std::string& arguments) {
    const auto done =
        run_shell(analyze_steps + " " + arguments + " --out " + in(folder, "out") + " --no-figures",
                  folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(test::lines(done.err) == 1);
    CHECK_THAT(done.err, Contains("analyze-steps: error: "));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  CHECK_THAT(fails(in(folder, "none")), Contains("none"));
  CHECK_THAT(fails(in(folder, "part")), Contains("--allow-partial"));
  CHECK_THAT(fails(in(folder, "rows")), Contains("problem a3: rows are missing"));
  CHECK_THAT(fails(in(folder, "run") + " " + in(folder, "run")),
             Contains("found problem a1, which is also in"));
}

}  // namespace phiscope::analyze::steps::program_test
