// SPDX-License-Identifier: MIT
#include "analyze/csv_records.hpp"
#include "catch.hpp"
#include "phiid_run.hpp"
#include "process.hpp"
#include "shard/npy/npy.hpp"
#include "temp_dir.hpp"

#include <phiscope/discrete_phiid.hpp>
#include <phiscope/gaussian_phiid.hpp>

#include <nlohmann/json.hpp>

using nlohmann::json;
using phiscope::test::csv_file;
using phiscope::test::deviate;
using phiscope::test::independent_run;
using phiscope::test::PhiidRun;
using phiscope::test::program;
using phiscope::test::read_text;
using phiscope::test::run_shell;
using phiscope::test::TempDir;
using phiscope::test::write_phiid_run;

namespace {

const std::string analyze_phiid = program("analyze-phiid");

std::string in(const TempDir& folder, const std::string& name) {
  return "'" + (folder.path() / name).string() + "'";
}

/// Runs the program on `input`; @return  its line of JSON
json answer(const TempDir& folder, const std::string& input, const std::string& options,
            const std::string& out = "out") {
  const auto done = run_shell(
      analyze_phiid + " " + input + " --out " + in(folder, out) + " --no-figures " + options,
      folder.path());
  if (done.status != 0 || phiscope::test::lines(done.out) != 1) {
    throw std::runtime_error(done.out + done.err);
  }
  return json::parse(done.out);
}

/// Twelve heads: 0 to 3 remember much, each its own past, so that only a pair's whole past tells a
/// pair's whole future (synergy); 4 to 7 repeat one driver (redundancy); 8 to 11 hardly remember.
std::vector<float> planted_series(std::uint64_t seed, std::size_t steps) {
  std::mt19937_64 engine(seed);
  std::vector<double> x(12, 0.0);
  std::vector<float> values;
  double driver = 0.0;
  for (std::size_t t = 0; t < steps + 30; ++t) {
    driver = 0.9 * driver + deviate(engine);
    for (std::size_t h = 0; h < 12; ++h) {
      const double memory = h < 4 ? 0.9 : 0.2;
      x[h] = h < 4 || h >= 8 ? memory * x[h] + deviate(engine) : driver + 0.3 * deviate(engine);
      if (t >= 30) values.push_back(static_cast<float>(50.0 + x[h]));
    }
  }
  return values;
}

void write_planted(const TempDir& folder) {
  std::vector<float> values;
  for (std::uint64_t p = 0; p < 6; ++p) {
    const auto own = planted_series(p, 120);
    values.insert(values.end(), own.begin(), own.end());
  }
  phiscope::shard::write_npy<float>(folder.path() / "planted.npy", values, {6, 120, 12});
}

}  // namespace

TEST_CASE("analyze-phiid says in one line of JSON what it wrote", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(3, 60));
  const json line = answer(folder, in(folder, "run"),
                           "--bootstrap 20 --surrogates 5 --surrogate-kind circular --all-atoms");
  CHECK(line["warnings"].size() >= 2);
  for (const std::string file : {"rankings.csv", "profile.csv", "correlations.csv", "graph.csv",
                                 "diagnostics.csv", "undefined_series.csv", "diagnostics.json",
                                 "summary.txt", "report.html", "sts.npy", "rtr.npy", "atoms.npy"}) {
    CAPTURE(file);
    CHECK(std::find(line["files"].begin(), line["files"].end(), file) != line["files"].end());
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
  }
  for (const auto& row : csv_file(folder.path() / "out" / "rankings.csv")) {
    CHECK_FALSE(row.at("synergy_p").empty());
    CHECK(row.at("balance_score_low").empty());  // three prompts have no interval
  }
  const std::string report = read_text(folder.path() / "out" / "report.html");
  CHECK_THAT(report, Contains("<ul class=\"alerts\" aria-label=\"Warnings\">"));
  CHECK_THAT(report, Contains("No intervals: 3 prompts, at least 5 are needed."));
  const phiscope::shard::NpyFile atoms(folder.path() / "out" / "atoms.npy");
  CHECK(atoms.shape() == std::vector<std::uint64_t>{16, 15});
}

TEST_CASE("planted synergy leads the rankings, planted redundancy closes them", "[program]") {
  const TempDir folder;
  write_planted(folder);
  const std::string mode = GENERATE(std::string("per-prompt"), std::string("concat"));
  CAPTURE(mode);
  answer(folder, "--series " + in(folder, "planted.npy"), "--bootstrap 0 --mode " + mode);
  const auto rows = csv_file(folder.path() / "out" / "rankings.csv");
  const auto number = [&](std::size_t h, const char* column) {
    return std::stod(rows[h].at(column));
  };
  for (std::size_t one = 0; one < 4; ++one) {
    CHECK(number(one, "syn_rank") >= 9);
    CHECK(number(one + 4, "red_rank") >= 9);
    for (std::size_t other = 4; other < 8; ++other) {
      for (const char* score : {"balance_score", "rank_difference_score", "tdmi_score"}) {
        CHECK(number(one, score) > number(other, score) + 0.2);
      }
    }
    for (std::size_t other = 8; other < 12; ++other) {
      CHECK(number(other, "balance_score") > number(one + 4, "balance_score") + 0.2);
    }
  }
}

TEST_CASE("--lag is the distance of past and future in every prompt", "[program]") {
  const TempDir folder;
  write_planted(folder);
  const std::string kind = GENERATE(std::string("gaussian"), std::string("discrete"));
  const std::size_t lag = GENERATE(as<std::size_t>{}, 2, 7);
  CAPTURE(kind, lag);
  answer(folder, "--series " + in(folder, "planted.npy"),
         "--bootstrap 0 --kind " + kind + " --lag " + std::to_string(lag));
  const auto found = phiscope::shard::NpyFile(folder.path() / "out" / "sts.npy").read<double>();
  REQUIRE(found.size() == 12 * 12);
  const auto values = phiscope::shard::NpyFile(folder.path() / "planted.npy").read<double>();
  const auto series = [&](std::size_t prompt, std::size_t head) {
    std::vector<double> one;
    for (std::size_t t = 0; t < 120; ++t) one.push_back(values[(prompt * 120 + t) * 12 + head]);
    return one;
  };
  const phiscope::PhiidOptions options{.lag = lag};
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t j = i + 1; j < 12; ++j) {
      double sum = 0.0;
      for (std::size_t p = 0; p < 6; ++p) {
        const std::vector<double> x = series(p, i);
        const std::vector<double> y = series(p, j);
        const auto pair = kind == "gaussian" ? phiscope::gaussian_phiid<double>(x, y, options)
                                             : phiscope::discrete_phiid<double>(x, y, options);
        sum += pair.atoms[phiscope::phiid_sts];
      }
      CHECK(found[i * 12 + j] == Approx(sum / 6).epsilon(1e-9).margin(1e-12));
    }
  }
}

TEST_CASE("analyze-phiid ends with 2 for wrong usage and 0 for help", "[program]") {
  const TempDir folder;
  CHECK(run_shell(analyze_phiid + " --help", folder.path()).status == 0);
  for (const std::string arguments :
       {"", "run", "--out o", "run --series x.npy --out o", "run --out o --unknown",
        "run --out o --mode best", "run --out o --mode 1", "run --out o --keep-borders",
        "run --out o --layers 3", "run --out o --lag 0", "run --out o --threads 0",
        "run other --out o --null-weights null", "--series x.npy --out o --null-weights null",
        "run --out o --max-pairs 0", "run --out o --surrogates 0", "run --out o --bootstrap -1",
        "run --out o --kind other"}) {
    CAPTURE(arguments);
    CHECK(run_shell(analyze_phiid + " " + arguments, folder.path()).status == 2);
  }
  const auto refused = run_shell(analyze_phiid + " run --out o --mode best", folder.path());
  CHECK_THAT(refused.err, Contains("--mode: found 'best', expected per-prompt, concat"));
}

TEST_CASE("analyze-phiid ends with 1 and one line for bad input, and writes nothing", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(3, 20));
  const auto fails = [&](const std::string& input) {
    const auto done =
        run_shell(analyze_phiid + " " + input + " --out " + in(folder, "out"), folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(phiscope::test::lines(done.err) == 1);
    CHECK_THAT(done.err, Contains("analyze-phiid: error: "));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  CHECK_THAT(fails(in(folder, "none")), Contains("none"));
  CHECK_THAT(fails("--series " + in(folder, "none.npy")), Contains("none.npy"));
  CHECK_THAT(fails("--layers 4 --series " + in(folder, "run/head_norm/shard-00000.npy")),
             Contains("expected a multiple of 4 layers"));
  const auto shard = folder.path() / "run" / "head_norm" / "shard-00000.npy";
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 4);
  CHECK_THAT(fails(in(folder, "run")), Contains("head_norm/shard-00000.npy"));
}

TEST_CASE("no thread changes a byte", "[program]") {
  const TempDir folder;
  PhiidRun run = independent_run(3, 40, 5, 24);  // 120 heads: three pieces
  for (std::size_t t = 0; t < 40; ++t) run.values[1][t * 120 + 7] = 1.0F;
  write_phiid_run(folder.path() / "run", run);
  const std::string options =
      GENERATE(std::string("--surrogates 3 --surrogate-kind circular --bootstrap 10"),
               std::string("--mode concat --bootstrap 3"),
               std::string("--max-pairs 300 --redundancy ccs --bootstrap 10"));
  for (const std::string threads : {"1", "2", "3"}) {
    answer(folder, in(folder, "run"), options + " --threads " + threads, "out" + threads);
  }
  const auto one = phiscope::test::tree(folder.path() / "out1");
  CHECK(one.size() > 8);
  CHECK(one == phiscope::test::tree(folder.path() / "out2"));
  CHECK(one == phiscope::test::tree(folder.path() / "out3"));
}

TEST_CASE("figures do not depend on threads either", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(3, 40, 3, 4));
  for (const std::string threads : {"1", "2"}) {
    const auto done = run_shell(analyze_phiid + " " + in(folder, "run") + " --out " +
                                    in(folder, "out" + threads) + " --threads " + threads,
                                folder.path());
    REQUIRE(done.status == 0);
  }
  const auto one = phiscope::test::tree(folder.path() / "out1");
  CHECK(one == phiscope::test::tree(folder.path() / "out2"));
  const auto done = run_shell("command -v gnuplot", folder.path());
  CHECK(one.contains("scatter.svg") == (done.status == 0));
}

TEST_CASE("loops and steps after the end of a text are counted and named", "[program]") {
  const TempDir folder;
  PhiidRun run = independent_run(4, 60);
  run.end_tokens = {999};
  for (std::size_t t = 0; t < 60; ++t) run.tokens[1][t] = static_cast<std::int32_t>(t % 7);
  run.tokens[2][50] = 999;
  run.tokens[2][55] = 999;
  run.tokens[3].resize(30);  // too short to loop
  run.values[3].resize(30 * run.width());
  write_phiid_run(folder.path() / "run", run);
  answer(folder, in(folder, "run"), "--bootstrap 0");
  const auto rows = csv_file(folder.path() / "out" / "diagnostics.csv");
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].at("loops") == "0");
  CHECK(rows[0].at("loop_period").empty());
  CHECK(rows[0].at("tokens_after_end") == "0");
  CHECK(rows[1].at("loops") == "1");
  CHECK(rows[1].at("loop_period") == "7");
  CHECK(rows[2].at("tokens_after_end") == "9");
  CHECK(rows[3].at("loops").empty());
  CHECK(rows[3].at("steps") == "30");
  CHECK(rows[3].at("category") == "odd");
  const std::string summary = read_text(folder.path() / "out" / "summary.txt");
  CHECK_THAT(summary,
             Contains("1 of 3 prompts with at least 50 generated tokens end in an exact loop"));
  CHECK_THAT(summary, Contains("Prompts: prompt1."));
  CHECK_THAT(summary, Contains("9 steps in 1 prompt come after the end-of-text token"));
}

TEST_CASE("short series are told to be biased, unless that is taken out", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(12, 20));
  answer(folder, in(folder, "run"), "--bootstrap 0");
  const json plain = json::parse(read_text(folder.path() / "out" / "diagnostics.json"));
  CHECK(plain["bias"]["transitions"] == 19);
  CHECK(plain["bias"]["tdmi_bias"].get<double>() == Approx(4.0 / 38.0));
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"), Contains("Short series"));
  answer(folder, in(folder, "run"), "--bootstrap 0 --bias-correction");
  const json corrected = json::parse(read_text(folder.path() / "out" / "diagnostics.json"));
  CHECK(corrected["bias"]["mean_tdmi"].get<double>() ==
        Approx(plain["bias"]["mean_tdmi"].get<double>() - 4.0 / 38.0));
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"), !Contains("Short series"));
}

TEST_CASE("heads that a ranking cannot score are counted", "[program]") {
  const TempDir folder;
  write_planted(folder);
  // With common change in surprisal sts is mostly below 0, and so is sts + rtr.
  answer(folder, "--series " + in(folder, "planted.npy"), "--redundancy ccs --bootstrap 0");
  std::size_t unscored = 0;
  for (const auto& row : csv_file(folder.path() / "out" / "rankings.csv")) {
    CHECK(row.at("status") == "ok");
    CHECK(row.at("syn_balance").empty() == row.at("balance_score").empty());
    unscored += row.at("balance_score").empty() ? 1 : 0;
  }
  REQUIRE(unscored > 0);
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"),
             Contains(std::to_string(unscored) + (unscored == 1 ? " head has" : " heads have") +
                      " no balance_score"));
}

TEST_CASE("several runs get a folder each and one page", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "a" / "run", independent_run(3, 40));
  write_phiid_run(folder.path() / "b" / "run", independent_run(3, 40, 4, 2));
  answer(folder, in(folder, "a/run") + " " + in(folder, "b/run"), "--bootstrap 10");
  const auto out = folder.path() / "out";
  CHECK(csv_file(out / "run" / "rankings.csv").size() == 6);
  CHECK(csv_file(out / "run_2" / "rankings.csv").size() == 8);
  CHECK(std::filesystem::exists(out / "run" / "report.html"));
  const auto profiles = csv_file(out / "profiles.csv");
  CHECK(profiles.front().at("run") == "run");
  CHECK(profiles.back().at("run") == "run_2");
  CHECK_THAT(read_text(out / "report.html"), Contains("run_2/report.html"));
}

TEST_CASE("a run with random weights is drawn and told beside the run", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "a" / "run", independent_run(6, 60, 3, 3));
  PhiidRun other = independent_run(6, 60, 3, 3);
  for (auto& values : other.values) std::reverse(values.begin(), values.end());
  write_phiid_run(folder.path() / "b" / "run", other);
  answer(folder, in(folder, "b/run"), "--bootstrap 10", "alone");
  const json line = answer(folder, in(folder, "a/run"),
                           "--bootstrap 10 --sensitivity --null-weights " + in(folder, "b/run"));
  const auto rows = csv_file(folder.path() / "out" / "null_weights.csv");
  const auto row = [&](const std::string& name) {
    return *std::find_if(rows.begin(), rows.end(),
                         [&](const auto& one) { return one.at("number") == name; });
  };
  const auto mean = [&](const std::string& out) {
    return json::parse(read_text(folder.path() / out / "diagnostics.json"))["bias"]["mean_sts"]
        .get<double>();
  };
  CHECK(std::stod(row("mean sts").at("run")) == Approx(mean("out")));
  CHECK(std::stod(row("mean sts").at("random_weights")) == Approx(mean("alone")));
  CHECK(csv_file(folder.path() / "out" / "sensitivity.csv").size() == 36);
  CHECK_THAT(line["findings"].dump(), Contains("With random weights (null_weights.csv)"));
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"), Contains("run_null"));
  write_phiid_run(folder.path() / "wide", independent_run(6, 60, 3, 2));
  const auto refused =
      run_shell(analyze_phiid + " " + in(folder, "a/run") + " --out " + in(folder, "refused") +
                    " --null-weights " + in(folder, "wide"),
                folder.path());
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("3 layers of 2 heads, expected the 3 of 3 of run"));
}

TEST_CASE("series without a single pair that is ok give no ranking and say so", "[program]") {
  const TempDir folder;
  PhiidRun run = independent_run(2, 4);
  run.values[1].resize(run.width());
  run.tokens[1].resize(1);
  write_phiid_run(folder.path() / "run", run);
  for (const std::string options : {"", "--mode concat", "--detrend difference", "--detrend poly2",
                                    "--surrogates 2", "--max-pairs 3", "--lag 7"}) {
    CAPTURE(options);
    const json line = answer(folder, in(folder, "run"), "--bootstrap 5 " + options);
    CHECK_THAT(line["warnings"][0].get<std::string>(), Contains("there is no ranking"));
    for (const auto& row : csv_file(folder.path() / "out" / "rankings.csv")) {
      CHECK(row.at("balance_score").empty());
      CHECK(row.at("status") == "no_pairs");
      CHECK(row.at("n_pairs_ok") == "0");
    }
  }
}

TEST_CASE("sampled pairs are that many, and the rest is excluded", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(3, 40, 2, 20));
  answer(folder, in(folder, "run"), "--max-pairs 100 --bootstrap 5 --seed 4");
  std::size_t pairs = 0;
  for (const auto& row : csv_file(folder.path() / "out" / "rankings.csv")) {
    pairs += std::stoul(row.at("n_pairs_ok"));
  }
  CHECK(pairs == 200);
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"),
             Contains("Only 100 of 780 pairs were sampled"));
  const std::string first = read_text(folder.path() / "out" / "rankings.csv");
  answer(folder, in(folder, "run"), "--max-pairs 100 --bootstrap 5 --seed 5");
  CHECK(first != read_text(folder.path() / "out" / "rankings.csv"));
}

TEST_CASE("an unfinished run is analysed on demand", "[program]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(5, 40), 2);
  CHECK_THROWS(answer(folder, in(folder, "run"), ""));
  answer(folder, in(folder, "run"), "--allow-partial --bootstrap 5");
  const json found = json::parse(read_text(folder.path() / "out" / "diagnostics.json"));
  CHECK(found["prompts"]["n"] == 4);
  CHECK(found["prompts"]["planned"] == 5);
  CHECK_THAT(read_text(folder.path() / "out" / "summary.txt"),
             Contains("Partial run: 4 of 5 prompts."));
}
