// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_run.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

using phiscope::test::program;
using phiscope::test::run_shell;
using phiscope::test::TempDir;
using phiscope::test::write_synthetic_run;

namespace {

const std::string analyze_loo = program("analyze-loo");

std::string in(const TempDir& folder, const std::string& name) {
  return "'" + (folder.path() / name).string() + "'";
}

}  // namespace

TEST_CASE("analyze-loo says in one line of JSON what it wrote", "[program]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {.lengths = {6}});
  const auto done = run_shell(analyze_loo + " " + in(folder, "run") + " --out " +
                                  in(folder, "out") + " --no-figures --bootstrap 20 --threads 2",
                              folder.path());
  CHECK(done.status == 0);
  CHECK(phiscope::test::lines(done.out) == 1);
  const auto line = nlohmann::json::parse(done.out);
  CHECK(line["findings"].size() == 5);
  for (const std::string file : line["files"]) {
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
  }
  CHECK(std::filesystem::exists(line["report"].get<std::string>()));
}

TEST_CASE("analyze-loo ends with 2 for wrong usage and 0 for help", "[program]") {
  const TempDir folder;
  CHECK(run_shell(analyze_loo + " --help", folder.path()).status == 0);
  CHECK_THAT(run_shell(analyze_loo + " --help", folder.path()).out,
             Contains("Example:\n  analyze-loo"));
  for (const std::string arguments : {"", "run", "run --out o --unknown", "run --out o --cross x",
                                      "run --out o --bootstrap 0", "run --out o --threads 0"}) {
    CAPTURE(arguments);
    CHECK(run_shell(analyze_loo + " " + arguments, folder.path()).status == 2);
  }
}

TEST_CASE("analyze-loo ends with 1 and one line for bad input, and writes nothing", "[program]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {.lengths = {6}});
  const auto fails = [&](const std::string& run) {
    const auto done = run_shell(
        analyze_loo + " " + run + " --out " + in(folder, "out") + " --no-figures", folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK_THAT(done.err, Contains("analyze-loo: error: "));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  CHECK_THAT(fails(in(folder, "none")), Contains("none"));
  const auto shard = folder.path() / "run" / "word_rep" / "shard-00000.npy";
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 4);
  CHECK_THAT(fails(in(folder, "run")), Contains("word_rep/shard-00000.npy"));
}

TEST_CASE("analyze-loo names the directory that it cannot make", "[program]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {.lengths = {6}});
  phiscope::test::write_text(folder.path() / "file", "");
  const auto done = run_shell(
      analyze_loo + " " + in(folder, "run") + " --out " + in(folder, "file/out") + " --no-figures",
      folder.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("file/out"));
}
