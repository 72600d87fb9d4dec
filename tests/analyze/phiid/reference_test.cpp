// SPDX-License-Identifier: MIT
// The reference pairs and rankings, and the published tables, through the program.
#include "reference.hpp"

#include "analyze/csv_records.hpp"
#include "catch.hpp"
#include "phiid/analysis/diagnostics.hpp"
#include "shard/npy/npy.hpp"
#include "shard/npy/writer.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <phiscope/pearson.hpp>
#include <phiscope/rank_correlation.hpp>

#include <cmath>

using nlohmann::json;
using phiscope::phiid_atom_names;
using phiscope::Value;
using phiscope::shard::NpyFile;
using phiscope::test::csv_file;
using phiscope::test::program;
using phiscope::test::run_shell;
using phiscope::test::TempDir;

namespace {

std::filesystem::path analyze(const TempDir& folder, const std::filesystem::path& series,
                              const std::string& options) {
  const auto out = folder.path() / "out";
  const auto done =
      run_shell(program("analyze-phiid") + " --series '" + series.string() +
                    "' --no-figures --bootstrap 0 --out '" + out.string() + "' " + options,
                folder.path());
  if (done.status != 0) throw std::runtime_error(done.err);
  return out;
}

/// Two files [time] as one [time, 2].
void join_pair(const std::filesystem::path& stem, const std::filesystem::path& to) {
  const auto x = NpyFile(stem.string() + "_src.npy").read<double>();
  const auto y = NpyFile(stem.string() + "_trg.npy").read<double>();
  std::vector<double> both;
  for (std::size_t t = 0; t < x.size(); ++t) both.insert(both.end(), {x[t], y[t]});
  phiscope::shard::write_npy<double>(to, both, {x.size(), 2});
}

/// What the manifest allows for a case that is not fragile.
double tolerance(const std::string& name, const std::string& redundancy) {
  if (name.starts_with("near_duplicate")) return 1e-6;
  if (name == "scaled_shifted") return 1e-7;
  return redundancy == "CCS" ? 1e-9 : 1e-10;
}

void check_case(const json& one, const TempDir& folder, const std::filesystem::path& root) {
  const auto name = one.at("name").get<std::string>();
  const auto series = folder.path() / "pair.npy";
  join_pair(root / name, series);
  for (const std::string kind : {"gaussian", "discrete"}) {
    for (const std::string redundancy : {"MMI", "CCS"}) {
      const auto key = kind + "_" + redundancy + "_tau1";
      const json& wanted = one.at("results").at(key);
      const auto out = analyze(
          folder, series,
          "--all-atoms --kind " + kind + " --redundancy " + (redundancy == "MMI" ? "mmi" : "ccs"));
      const auto atoms = NpyFile(out / "atoms.npy").read<double>();
      REQUIRE(atoms.size() == 16);
      CAPTURE(name, key);
      if (wanted.at("status") != "ok") {
        // What the original refuses is undefined here, or ok by a rule of our own.
        if (kind == "gaussian" && name != "outlier_underflow") CHECK(std::isnan(atoms[0]));
        continue;
      }
      if (wanted.value("fragile", false)) continue;  // the sign of a rounding decides
      for (std::size_t k = 0; k < 16; ++k) {
        const auto expected = wanted.at("atoms").at(std::string(phiid_atom_names[k]));
        CHECK(atoms[k] ==
              Approx(expected.get<double>()).epsilon(0.0).margin(tolerance(name, redundancy)));
      }
    }
  }
}

}  // namespace

TEST_CASE("pairs of the reference have their atoms in atoms.npy", "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const TempDir folder;
  const json manifest = phiscope::shard::read_json(*reference / "phiid" / "manifest.json");
  REQUIRE(manifest.at("cases").size() == 18);
  for (const json& one : manifest.at("cases")) check_case(one, folder, *reference / "phiid");
}

TEST_CASE("rankings of the reference come out of its activations", "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const TempDir folder;
  const NpyFile file(*reference / "headrank" / "activations.npy");  // [prompt, head, time]
  const auto values = file.read<double>();
  const std::size_t prompts = file.shape()[0], heads = file.shape()[1], steps = file.shape()[2];
  std::vector<double> turned(values.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::size_t p = k / (heads * steps), h = k / steps % heads, t = k % steps;
    turned[(p * steps + t) * heads + h] = values[k];
  }
  const auto series = folder.path() / "series.npy";
  phiscope::shard::write_npy<double>(series, turned, {prompts, steps, heads});
  const json results =
      phiscope::shard::read_json(*reference / "headrank" / "expected.json").at("results");
  const auto compare = [&](const std::filesystem::path& out, const json& expected,
                           const std::vector<std::pair<std::string, std::string>>& columns) {
    const auto rows = csv_file(out / "rankings.csv");
    REQUIRE(rows.size() == heads);
    for (const auto& [column, key] : columns) {
      for (std::size_t h = 0; h < heads; ++h) {
        CAPTURE(column, h);
        const json& wanted = expected.at(key).at(h);
        const std::string& found = rows[h].at(column);
        REQUIRE(found.empty() == wanted.is_null());
        if (!found.empty()) {
          CHECK(std::stod(found) == Approx(wanted.get<double>()).epsilon(0.0).margin(1e-9));
        }
      }
    }
  };
  SECTION("our policy: only pairs that are ok") {
    const auto out = analyze(folder, series, "--layers 3");
    compare(out, results.at("valid_only_recommended"),
            {{"avg_synergy", "avg_synergy"},
             {"avg_redundancy", "avg_redundancy"},
             {"syn_rank", "syn_rank"},
             {"red_rank", "red_rank"},
             {"syn_balance", "balance"},
             {"balance_score", "balance_score"},
             {"rank_difference_score", "rank_difference_score"}});
    const auto sts = NpyFile(out / "sts.npy").read<double>();
    const json& wanted = results.at("valid_only_recommended").at("sts");
    for (std::size_t k = 0; k < heads * heads; ++k) {
      const json& one = wanted.at(k / heads).at(k % heads);
      REQUIRE(std::isnan(sts[k]) == one.is_null());
      if (!one.is_null()) CHECK(sts[k] == Approx(one.get<double>()).margin(1e-9));
    }
  }
  SECTION("one series with borders: the original's pairs, less those that failed") {
    const auto out = analyze(folder, series, "--mode concat --keep-borders");
    for (const std::string name : {"sts", "rtr"}) {
      const auto found = NpyFile(out / (name + ".npy")).read<double>();
      const auto wanted =
          NpyFile(*reference / "headrank" / ("concat_" + name + "_matrix.npy")).read<double>();
      for (std::size_t k = 0; k < found.size(); ++k) {
        const bool excluded = k % heads == k / heads || k % heads == 8 || k / heads == 8;
        REQUIRE(std::isnan(found[k]) == excluded);  // head 8 is all zero
        if (!excluded) CHECK(found[k] == Approx(wanted[k]).epsilon(0.0).margin(1e-9));
        if (excluded) CHECK(wanted[k] == 0.0);  // the original reads a failure as fully redundant
      }
    }
  }
}

TEST_CASE("published means give the published ranks and scores", "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "phiid" / "rankings";
  const auto of = [&](const std::string& file, double spearman, double pearson_value) {
    CAPTURE(file);
    const auto rows = csv_file(folder / file);
    phiscope::analyze::phiid::HeadTotals totals(1, rows.size());
    std::vector<double> synergy, redundancy;
    for (std::size_t h = 0; h < rows.size(); ++h) {
      synergy.push_back(std::stod(rows[h].at("avg_synergy")));
      redundancy.push_back(std::stod(rows[h].at("avg_redundancy")));
      totals.of(0, phiscope::analyze::phiid::sum_sts)[h] = synergy.back();
      totals.of(0, phiscope::analyze::phiid::sum_rtr)[h] = redundancy.back();
      totals.of(0, phiscope::analyze::phiid::count_pairs)[h] = 1.0;
    }
    const auto scores = phiscope::analyze::phiid::head_scores(totals, 0);
    const auto& score = scores.of(phiscope::analyze::phiid::Ranking::rank_difference);
    std::size_t wrong = 0;
    for (std::size_t h = 0; h < rows.size(); ++h) {
      wrong += scores.synergy_rank[h] != std::stoul(rows[h].at("syn_rank")) ? 1 : 0;
      wrong += scores.redundancy_rank[h] != std::stoul(rows[h].at("red_rank")) ? 1 : 0;
      CHECK(score[h].value() ==
            Approx(std::stod(rows[h].at("syn_red_score"))).epsilon(0.0).margin(1e-12));
    }
    CHECK(wrong == 0);
    if (spearman == 0.0) return;
    CHECK(phiscope::rank_correlation(synergy, redundancy).value() == Approx(spearman).margin(5e-5));
    if (pearson_value == 0.0) return;
    CHECK(phiscope::pearson(synergy, redundancy).value() == Approx(pearson_value).margin(5e-5));
  };
  of("pythia1b_head_rankings.csv", 0.8992, 0.8189);
  of("qwen3_8b_head_rankings.csv", 0.8668, 0.0);
  of("gemma3_4b_head_rankings.csv", 0.0, 0.0);
  of("pythia1b_concat_head_rankings.csv", 0.0, 0.0);
}

TEST_CASE("published texts: 39 of Pythia's and 2 of Qwen's prompts loop",
          "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto loops = [&](const std::string& file) {
    phiscope::analyze::phiid::Input input;
    input.end_tokens = {0};
    const json texts =
        phiscope::shard::read_json(*reference / "published" / "phiid" / "tokens" / file);
    for (const json& tokens : texts) {
      phiscope::analyze::phiid::Prompt prompt;
      prompt.tokens = tokens.get<std::vector<std::int64_t>>();
      input.prompts.push_back(std::move(prompt));
    }
    const auto found = phiscope::analyze::phiid::diagnose_prompts(input, {});
    REQUIRE(found.size() == 60);
    return std::count_if(found.begin(), found.end(),
                         [](const auto& prompt) { return prompt.loop_period.has_value(); });
  };
  CHECK(loops("pythia1b_tokens.json") == 39);
  CHECK(loops("qwen3_8b_tokens.json") == 2);
}
