// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_ablation.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

using phiscope::test::program;
using phiscope::test::run_shell;
using phiscope::test::TempDir;
using phiscope::test::write_synthetic_ablation;

namespace {

const std::string analyze_ablation = program("analyze-ablation");

std::string in(const TempDir& folder, const std::string& name) {
  return "'" + (folder.path() / name).string() + "'";
}

}  // namespace

TEST_CASE("analyze-ablation says in one line of JSON what it wrote", "[program]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {});
  const auto done =
      run_shell(analyze_ablation + " " + in(folder, "run") + " --out " + in(folder, "out") +
                    " --no-figures --bootstrap 20 --threads 2 --orders "
                    "balance,random:0,random:2",
                folder.path());
  CHECK(done.status == 0);
  CHECK(phiscope::test::lines(done.out) == 1);
  const auto line = nlohmann::json::parse(done.out);
  CHECK(line["findings"].size() == 7);
  CHECK_THAT(line["findings"][0].get<std::string>(),
             Contains("balance does more damage than random orders: cannot be shown with 2 random "
                      "orders (no p below 0.33)"));
  for (const std::string file : line["files"]) {
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
  }
  CHECK(std::filesystem::exists(line["report"].get<std::string>()));
}

TEST_CASE("analyze-ablation ends with 2 for wrong usage and 0 for help", "[program]") {
  const TempDir folder;
  CHECK_THAT(run_shell(analyze_ablation + " --help", folder.path()).out,
             Contains("Example:\n  analyze-ablation"));
  for (const std::string arguments : {"", "run", "run --out o --unknown", "run --out o --heads 0",
                                      "run --out o --bootstrap 0", "run --out o --threads 0"}) {
    CAPTURE(arguments);
    CHECK(run_shell(analyze_ablation + " " + arguments, folder.path()).status == 2);
  }
}

TEST_CASE("analyze-ablation ends with 1 and one line for bad input, and writes nothing",
          "[program]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {}, {24});
  phiscope::test::write_text(folder.path() / "t.csv", "removed,kl,order\n1,x,a\n");
  const auto fails = [&](const std::string& arguments) {
    const auto done = run_shell(
        analyze_ablation + " " + arguments + " --out " + in(folder, "out") + " --no-figures",
        folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(phiscope::test::lines(done.err) == 1);
    CHECK_THAT(done.err, Contains("analyze-ablation: error: "));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  CHECK_THAT(fails(in(folder, "none")), Contains("none"));
  CHECK_THAT(fails(in(folder, "run")), Contains("--allow-partial"));
  CHECK_THAT(fails(in(folder, "t.csv")), Contains("t.csv: line 2, column 'kl': found 'x'"));
  CHECK_THAT(fails(in(folder, "run") + " --allow-partial --orders more"),
             Contains("expected 'more' among them"));
}
