// SPDX-License-Identifier: MIT
// Twelve made-up heads through the program, against tables that NumPy made.
#include "analyze/csv_records.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

using phiscope::test::csv_file;
using phiscope::test::program;
using phiscope::test::Record;
using phiscope::test::run_shell;
using phiscope::test::TempDir;

namespace {

const std::filesystem::path golden = phiscope::test::golden() / "phiid";

/// Runs the program on the golden series; @return  the directory of its results
std::filesystem::path analyze(const TempDir& folder, const std::string& options) {
  const auto out = folder.path() / "out";
  const auto done =
      run_shell(program("analyze-phiid") + " --series '" + (golden / "heads.npy").string() +
                    "' --layers 4 --no-figures --out '" + out.string() + "' " + options,
                folder.path());
  if (done.status != 0) throw std::runtime_error(done.err);
  return out;
}

void check_equal(const std::string& found, const std::string& expected, double tolerance) {
  CHECK(found.empty() == expected.empty());
  if (found.empty() || expected.empty()) return;
  CHECK(std::stod(found) == Approx(std::stod(expected)).epsilon(0.0).margin(tolerance));
}

/// Every column of `expected` is in `found`, to 1e-9: the file holds single precision, the
/// logarithms are those of another library.
void check_table(const std::vector<Record>& found, const std::vector<Record>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [name, value] : expected[i]) {
      CAPTURE(i, name, value);
      REQUIRE(found[i].contains(name));
      check_equal(found[i].at(name), value, 1e-9);
    }
  }
}

}  // namespace

TEST_CASE("rankings of the golden series are those of the NumPy script", "[golden]") {
  const TempDir folder;
  const auto out = analyze(folder, "--bootstrap 0");
  const auto found = csv_file(out / "rankings.csv");
  check_table(found, csv_file(golden / "expected_rankings.csv"));
  CHECK(found[5].at("status") == "no_pairs");
  CHECK(found[5].at("balance_score").empty());
  CHECK(found[7].at("status") == "ok");
}

TEST_CASE("one series of all prompts: without borders, and with them", "[golden]") {
  const TempDir folder;
  check_table(csv_file(analyze(folder, "--mode concat") / "rankings.csv"),
              csv_file(golden / "expected_rankings_concat.csv"));
  check_table(csv_file(analyze(folder, "--mode concat --keep-borders") / "rankings.csv"),
              csv_file(golden / "expected_rankings_borders.csv"));
}

TEST_CASE("profiles of the golden series are those of the NumPy script", "[golden]") {
  const TempDir folder;
  const auto found = csv_file(analyze(folder, "--bootstrap 0") / "profile.csv");
  const auto expected = csv_file(golden / "expected_profile.csv");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    for (const char* name : {"measure", "part", "name"}) {
      CHECK(found[i].at(name) == expected[i].at(name));
    }
    check_equal(found[i].at("value"), expected[i].at("value"), 1e-8);
    CHECK(found[i].at("ci_low").empty());
    CHECK_FALSE(found[i].at("ci_status") == "ok");
  }
}

TEST_CASE("correlations of the golden series are those of the NumPy script", "[golden]") {
  const TempDir folder;
  const auto found = csv_file(analyze(folder, "--bootstrap 0") / "correlations.csv");
  const auto expected = csv_file(golden / "expected_correlations.csv");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    for (const char* name : {"over", "first", "second", "given", "n"}) {
      CHECK(found[i].at(name) == expected[i].at(name));
    }
    check_equal(found[i].at("spearman"), expected[i].at("spearman"), 1e-9);
    check_equal(found[i].at("pearson"), expected[i].at("pearson"), 1e-9);
  }
}

TEST_CASE("the networks of the golden series are those of the NumPy script", "[golden]") {
  const TempDir folder;
  const auto found = csv_file(analyze(folder, "--bootstrap 0") / "graph.csv");
  const auto expected = csv_file(golden / "expected_graph.csv");
  REQUIRE(found.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(found[i].at("edges") == expected[i].at("edges"));
    for (const auto& [name, value] : expected[i]) {
      if (name != "edges") check_equal(found[i].at(name), value, 1e-9);
    }
    CHECK(std::stod(found[i].at("modularity")) >= std::stod(found[i].at("layer_modularity")));
  }
}

TEST_CASE("broken heads of the golden series are named, none is 0", "[golden]") {
  const TempDir folder;
  const auto out = analyze(folder, "--bootstrap 20");
  const auto broken = csv_file(out / "undefined_series.csv");
  REQUIRE(broken.size() == 6);
  for (const Record& one : broken) {
    const bool dead = one.at("head_idx") == "5";
    const bool constant = one.at("head_idx") == "2" && one.at("prompt") == "1";
    const bool nonfinite = one.at("head_idx") == "7" && one.at("prompt") == "2";
    CHECK((dead || constant || nonfinite));
    CHECK(one.at("status") == (nonfinite ? "nonfinite" : "constant_series"));
  }
  const auto diagnostics =
      nlohmann::json::parse(phiscope::test::read_text(out / "diagnostics.json"));
  CHECK(diagnostics["series"]["dead_heads"] == nlohmann::json({5}));
  CHECK(diagnostics["series"]["unranked_heads"] == nlohmann::json({5}));
  CHECK(diagnostics["series"]["constant_series"] == 5);
  CHECK(diagnostics["series"]["nonfinite_series"] == 1);
  const auto& counts = diagnostics["pairs"]["decompositions"];
  // 11 pairs of the dead head in 4 prompts, 10 more of head 2 and of head 7 in one prompt each.
  CHECK(counts["constant_series"] == 54);
  CHECK(counts["nonfinite"] == 10);
  CHECK(counts["ok"] == 4 * 66 - 64);
  CHECK(diagnostics["pairs"]["ok_in_some_prompt"] == 55);
  CHECK(diagnostics["pairs"]["ok_in_all_prompts"] == 36);
  const std::string summary = phiscope::test::read_text(out / "summary.txt");
  CHECK_THAT(summary, Contains("1 dead head, 0 at every step (layer.head): 1.2."));
  CHECK_THAT(summary, Contains("64 of 264 (pair, prompt) decompositions are undefined"));
  CHECK_THAT(summary, Contains("No intervals: 4 prompts, at least 5 are needed."));
}

TEST_CASE("intervals of the golden series have a width, in both modes", "[golden]") {
  const TempDir folder;
  const std::string mode = GENERATE(std::string("per-prompt"), std::string("concat"));
  const auto out = analyze(folder, "--bootstrap 60 --mode " + mode);
  // Resamples leave the scores themselves alone.
  check_table(csv_file(out / "rankings.csv"),
              csv_file(golden / (mode == "concat" ? "expected_rankings_concat.csv"
                                                  : "expected_rankings.csv")));
  const auto wide = [](const Record& row, const std::string& low, const std::string& high) {
    if (row.at(low).empty()) return 0;
    CHECK(std::stod(row.at(low)) <= std::stod(row.at(high)));
    return std::stod(row.at(low)) < std::stod(row.at(high)) ? 1 : 0;
  };
  int intervals = 0;
  for (const Record& row : csv_file(out / "profile.csv"))
    intervals += wide(row, "ci_low", "ci_high");
  CHECK(intervals == 0);  // fewer than five prompts
  intervals = 0;
  for (const Record& row : csv_file(out / "rankings.csv")) {
    intervals += wide(row, "balance_score_low", "balance_score_high");
  }
  CHECK(intervals == 0);
  const Record first = csv_file(out / "correlations.csv").front();
  CHECK(wide(first, "spearman_low", "spearman_high") == 0);
}
