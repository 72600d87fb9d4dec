// SPDX-License-Identifier: MIT
#include "analyze/loo/synthetic_run.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using phiscope::test::program;
using phiscope::test::run_shell;
using phiscope::test::TempDir;
using phiscope::test::write_synthetic_run;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("one page has the reports of all runs, and says which is missing", "[program]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "runs/one", {.lengths = {6}});
  const auto in = [&folder](const std::string& name) {
    return "'" + (folder.path() / name).string() + "'";
  };
  const std::string analyze_all = program("analyze-all");
  const auto done = run_shell(
      analyze_all + " " + in("runs") + " --out " + in("out") + " --no-figures --threads 1",
      folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK(nlohmann::json::parse(done.out)["page"] == (folder.path() / "out/index.html").string());
  CHECK(std::filesystem::exists(folder.path() / "out/loo/report.html"));
  const std::string page = text_of(folder.path() / "out/index.html");
  CHECK_THAT(page, Contains("<a href=\"loo/report.html\">") && Contains("class=\"verdict "));

  std::filesystem::remove_all(folder.path() / "runs/one/word_rep");
  const auto broken = run_shell(
      analyze_all + " " + in("runs") + " --out " + in("broken") + " --no-figures --threads 1",
      folder.path());
  CHECK(broken.status == 1);
  CHECK(broken.out.empty());
  CHECK_THAT(broken.err, Contains("analyze-loo: error: ") &&
                             Contains("analyze-all: error: analyze-loo failed"));
  CHECK_THAT(text_of(folder.path() / "broken/index.html"),
             Contains("No report: analyze-loo ended with status 1"));
  CHECK(run_shell(analyze_all + " " + in("nothing") + " --out " + in("o"), folder.path()).status ==
        1);
  CHECK(run_shell(analyze_all + " --out " + in("o"), folder.path()).status == 2);
}

TEST_CASE("the programs of the experiments get the options of all", "[program]") {
  const TempDir folder;
  const auto run = folder.path() / "run";
  write_synthetic_run(run, {.lengths = {6}});
  // Programs are looked for beside the one that runs: here is one that tells what it was given.
  std::filesystem::create_directory(folder.path() / "bin");
  std::filesystem::copy_file(phiscope::test::program_dir() + "/analyze-all",
                             folder.path() / "bin/analyze-all");
  const auto told = folder.path() / "told";
  phiscope::test::write_text(
      folder.path() / "bin/analyze-loo",
      "#!/bin/sh\nprintf '%s\\n' \"$@\" >'" + told.string() +
          "'\necho '{\"files\": [], \"key_figure\": \"\", \"claims\": [], \"findings\": [], "
          "\"warnings\": []}'\n");
  std::filesystem::permissions(folder.path() / "bin/analyze-loo",
                               std::filesystem::perms::owner_all);
  const auto given = [&](const std::string& options) {
    std::filesystem::remove(told);
    const auto done =
        run_shell("'" + (folder.path() / "bin/analyze-all").string() + "' '" + run.string() +
                      "' --out '" + (folder.path() / "out").string() + "' " + options,
                  folder.path());
    CAPTURE(options, done.err);
    CHECK(done.status == 0);
    return text_of(told);
  };
  const std::string first =
      run.string() + "\n--out\n" + (folder.path() / "out/loo").string() + "\n--threads\n3\n";
  CHECK(given("--threads 3") == first);
  CHECK(given("--threads 3 --png") == first + "--png\n");
  CHECK(given("--threads 3 --no-figures") == first + "--no-figures\n");
  CHECK(given("--threads 3 --allow-partial") == first + "--allow-partial\n");
  CHECK(given("--threads 3 --no-verify") == first + "--no-verify\n");
}
