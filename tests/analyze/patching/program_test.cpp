// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_patching.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::analyze::patching::program_test {

using test::program;
using test::run_shell;
using test::SyntheticPatching;
using test::TempDir;

namespace {

const std::string analyze_patching = program("analyze-patching");

std::string in(const TempDir& folder, const std::string& name) {
  return "'" + (folder.path() / name).string() + "'";
}

}  // namespace

TEST_CASE("analyze-patching says in one line of JSON what it wrote", "[program]") {
  const TempDir folder;
  SyntheticPatching options;
  options.keeps_logits = true;
  write_synthetic_patching(folder.path() / "clean", options);
  options.options["donor"] = "noise:1";
  write_synthetic_patching(folder.path() / "noise", options);
  const auto done = run_shell(analyze_patching + " " + in(folder, "clean") + " " +
                                  in(folder, "noise") + " --out " + in(folder, "out") +
                                  " --no-figures --bootstrap 20 --sign-flips 64 --threads 2",
                              folder.path());
  CAPTURE(done.err);
  CHECK(done.status == 0);
  CHECK(test::lines(done.out) == 1);
  const auto line = nlohmann::json::parse(done.out);
  CHECK_THAT(line["claims"].dump(), Contains("clean: patching a site of set single (rerun)"));
  std::vector<std::string> names;
  for (const std::string file : line["files"]) {
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
    names.push_back(file);
  }
  for (const char* name : {"patching.csv", "patching_statistics.json", "comparisons.csv",
                           "position_patching_results_noise.json", "report.html"}) {
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }
  CHECK_THAT(done.err, Contains("analyze-patching: clean: Check: all pairs done: passed") &&
                           Contains("clean: Logits: 340 rows recomputed"));
}

TEST_CASE("analyze-patching ends with 2 for wrong usage and 0 for help", "[program]") {
  const TempDir folder;
  CHECK_THAT(run_shell(analyze_patching + " --help", folder.path()).out,
             Contains("Example:\n  analyze-patching"));
  for (const std::string arguments : {"", "run", "run --out o --unknown", "run --out o --threads 0",
                                      "run --out o --sign-flips 0", "run --out o --texts a,b"}) {
    CAPTURE(arguments);
    CHECK(run_shell(analyze_patching + " " + arguments, folder.path()).status == 2);
  }
}

TEST_CASE("analyze-patching ends with 1 and one line for bad input, and writes nothing",
          "[program]") {
  const TempDir folder;
  SyntheticPatching options;
  write_synthetic_patching(folder.path() / "part", options, {1});
  options.keeps_logits = true;
  options.change = [](const test::PatchKey& key, test::PatchRow& row) {
    if (key.layer == 1) row.kl += 1e-3;
  };
  write_synthetic_patching(folder.path() / "wrong", options);
  const auto fails = [&](const std::string& arguments) {
    const auto done = run_shell(
        analyze_patching + " " + arguments + " --out " + in(folder, "out") + " --no-figures",
        folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(test::lines(done.err) == 1);
    CHECK_THAT(done.err, Contains("analyze-patching: error: "));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  CHECK_THAT(fails(in(folder, "none")), Contains("none"));
  CHECK_THAT(fails(in(folder, "part")), Contains("--allow-partial"));
  CHECK_THAT(fails(in(folder, "wrong")), Contains("the logits give kl "));
}

}  // namespace phiscope::analyze::patching::program_test
