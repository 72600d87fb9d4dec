// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_study.hpp"

namespace phiscope::analyze::sampling::program_test {

namespace {

/// Runs the program on arguments in quotes.
test::Finished analyze(const test::TempDir& folder, const std::vector<std::string>& arguments) {
  std::string command = test::program("analyze-sampling");
  for (const std::string& each : arguments) command += " '" + each + "'";
  return test::run_shell(command, folder.path());
}

}  // namespace

TEST_CASE("the program writes its tables, the same ones for any number of threads", "[program]") {
  const test::TempDir folder;
  test::SyntheticStudy().write(folder.path() / "OUT");
  const auto run = [&](const std::string& out, const std::string& threads) {
    return analyze(folder, {folder.path() / "OUT", "--out", folder.path() / out, "--threads",
                            threads, "--no-figures", "--bootstrap", "200"});
  };
  const auto one = run("one", "1");
  CHECK(one.status == 0);
  CHECK_THAT(one.out, Contains("\"report\""));
  CHECK_THAT(one.err, Contains("analyze-sampling: Step variance: 6 problems"));
  CHECK(run("two", "2").status == 0);
  for (const char* file :
       {"variance.csv", "variance_means.csv", "grading.csv", "manifold.csv", "manifold_layers.csv",
        "sensitivity.csv", "sensitivity_points.csv", "attribution.csv", "attribution_means.csv",
        "attribution_points.csv", "clusters.csv", "cluster_members.csv", "tests.csv", "dropped.csv",
        "claims.csv", "summary.txt", "report.html"}) {
    INFO(file);
    CHECK_FALSE(test::read_text(folder.path() / "one" / file).empty());
    CHECK(test::read_text(folder.path() / "one" / file) ==
          test::read_text(folder.path() / "two" / file));
  }
}

TEST_CASE("options reach the analysis", "[program]") {
  const test::TempDir folder;
  test::SyntheticStudy().write(folder.path() / "OUT");
  const auto done =
      analyze(folder, {folder.path() / "OUT", "--out", folder.path() / "r", "--no-figures",
                       "--clusters", "3", "--layer", "3", "--grader", "published", "--norm", "raw",
                       "--full-length-only", "--bootstrap", "50"});
  CHECK(done.status == 0);
  const std::string summary = test::read_text(folder.path() / "r" / "summary.txt");
  for (const char* part : {"published", "norm raw", "clusters 3", "full length only yes",
                           "Clusters of right solutions at layer 3"}) {
    CHECK_THAT(summary, Contains(part));
  }
}

TEST_CASE("bad input ends with one line and exit status 1, wrong use with 2", "[program]") {
  const test::TempDir folder;
  const auto bad = analyze(folder, {folder.path(), "--out", folder.path() / "r"});
  CHECK(bad.status == 1);
  CHECK_THAT(bad.err, Contains("no run of extract sampling"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "r"));
  CHECK(analyze(folder, {}).status == 2);
}

}  // namespace phiscope::analyze::sampling::program_test
