// SPDX-License-Identifier: MIT
// The sweeps of the tiny reference models through the program, against a float64 oracle.
#include "patching_run.hpp"
#include "sweep_oracle.hpp"

#include <phiscope/kl_divergence.hpp>

#include <cmath>
#include <numeric>

using namespace phiscope::test;

namespace {

PatchingRun reference_sweep(const std::filesystem::path& folder, const TempDir& dir,
                            const std::string& more) {
  const Finished done = extract(
      patching_call(folder, folder / "pairs.json", dir.path() / "run",
                    "--dtype float64 --dump-logits --batch-size 80 --max-new-tokens 10 " + more),
      dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return PatchingRun(dir.path() / "run");
}

constexpr std::size_t vocabulary = SweepOracle::vocabulary;
const std::vector<std::string> quoted_readouts{"eot", "greedy:0", "greedy:1", "greedy:2",
                                               "greedy:3"};

/// Largest difference between a run's row and row `row` of an oracle's array.
double apart(const std::vector<double>& found, const std::vector<double>& oracle, std::size_t row) {
  REQUIRE(found.size() == vocabulary);
  double worst = 0.0;
  for (std::size_t i = 0; i < vocabulary; ++i) {
    worst = std::max(worst, std::abs(found[i] - oracle.at(row * vocabulary + i)));
  }
  return worst;
}

/// Every row of [layer, step, read-out] of one pair and mode. @return  rows compared
std::size_t compare_sweep(const PatchingRun& run, const StoredRows& logits, std::size_t pair,
                          std::int64_t mode, const std::vector<double>& oracle, std::int64_t layers,
                          std::int64_t steps, const std::vector<std::string>& readouts) {
  REQUIRE(oracle.size() == static_cast<std::size_t>(layers * steps) * readouts.size() * vocabulary);
  std::size_t row = 0;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    for (std::int64_t step = 0; step < steps; ++step) {
      for (const std::string& readout : readouts) {
        const RowKey key{
            static_cast<std::int64_t>(pair), mode, 0, layer, step, run.readout(readout)};
        CAPTURE(key, readout);
        CHECK(apart(logits.at(key), oracle, row++) < 1e-8);
      }
    }
  }
  return row;
}

/// Mean score and mean log-probability of the bytes of an answer.
std::pair<double, double> scored(const std::vector<double>& logits, const std::string& answer) {
  const double most = *std::ranges::max_element(logits);
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - most);
  double score = 0.0;
  for (const char byte : answer) score += logits.at(static_cast<unsigned char>(byte));
  score /= static_cast<double>(answer.size());
  return {score, score - most - std::log(sum)};
}

/// The arrays reduced by the program, from the logits that it dumped.
void check_reduced(const PatchingRun& run, const SweepOracle& oracle, const StoredRows& logits) {
  using Catch::Matchers::WithinAbs;
  std::map<std::string, StoredRows> arrays;
  for (const char* name :
       {"kl", "reverse_kl", "l2", "prediction_changed", "token_score", "token_log_probability"}) {
    arrays[name] = run.rows(name);
    CHECK(arrays[name].size() == logits.size());
  }
  for (const auto& [key, row] : logits) {
    RowKey intact = key;
    std::fill(intact.begin() + 1, intact.end() - 1, 0);
    intact[3] = -1;
    const auto wanted = phiscope::kl_divergence(logits.at(intact), row);
    const auto close = [&, &key = key](const char* name, double value) {
      CAPTURE(name, key);
      CHECK_THAT(arrays[name].at(key).at(0), WithinAbs(value, 1e-9));
    };
    close("kl", wanted.kl.value());
    close("reverse_kl", wanted.reverse_kl.value());
    close("l2", wanted.l2.value());
    close("prediction_changed", wanted.prediction_changed ? 1.0 : 0.0);
    const bool other = key.back() == run.readout("eot:corrupted");
    const auto [score, log_probability] =
        scored(row, oracle.answer(static_cast<std::size_t>(key[0]), other ? "corrupted" : "clean"));
    close("token_score", score);
    close("token_log_probability", log_probability);
  }
}

/// The published metrics of every site, from the arrays that the program reduced.
void check_published(const PatchingRun& run, const nlohmann::json& sites, std::int64_t mode,
                     const std::vector<std::string>& readouts) {
  const StoredRows reverse = run.rows("reverse_kl");
  const StoredRows l2 = run.rows("l2");
  const StoredRows changed = run.rows("prediction_changed");
  const StoredRows score = run.rows("token_score");
  for (const auto& site : sites) {
    const auto pair = site.at("pair").get<std::int64_t>();
    RowKey key{pair,
               mode,
               0,
               site.at("layer").get<std::int64_t>(),
               site.at("position").get<std::int64_t>(),
               0};
    const auto at = [&](const StoredRows& rows, const std::string& readout) {
      key.back() = run.readout(readout);
      return rows.at(key).at(0);
    };
    double kl = 0.0;
    double squares = 0.0;
    double flips = 0.0;
    for (const std::string& readout : readouts) {
      kl += at(reverse, readout);
      squares += std::pow(at(l2, readout), 2);
      flips += at(changed, readout);
    }
    const auto n = static_cast<double>(readouts.size());
    const double clean = at(score, "eot");
    const double corrupted = at(score, "eot:corrupted");
    const auto close = [&](const char* name, double found) {
      CAPTURE(site.dump(), name);
      CHECK(std::abs(found - site.at(name).get<double>()) < 1e-8);
    };
    close("kl_divergence", kl / n);
    close("l2_difference", std::sqrt(squares / (n * vocabulary)));
    close("prediction_change_rate", flips / n);
    close("clean_answer_score", clean);
    close("corrupted_answer_score", corrupted);
    close("answer_logit_diff", clean - corrupted);
    const double base = score.at({pair, 0, 0, -1, 0, run.readout("eot")}).at(0) -
                        score.at({pair, 0, 0, -1, 0, run.readout("eot:corrupted")}).at(0);
    close("baseline_answer_logit_diff", base);
  }
}

/// Rows of the last layer whose position nothing reads later, at every read-out.
std::size_t check_last_layer(const PatchingRun& run, std::int64_t last, std::int64_t mode,
                             std::int64_t from_step) {
  std::size_t rows = 0;
  for (const char* array : {"kl", "reverse_kl", "l2", "prediction_changed"}) {
    for (const auto& [key, value] : run.rows(array)) {
      if (key[1] != mode || key[3] != last || key[4] < from_step) continue;
      CAPTURE(array, key);
      CHECK(value.at(0) == 0.0);
      ++rows;
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("the sweep over thoughts gives the oracle's logits and metrics",
          "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::string name = GENERATE(as<std::string>{}, "llama", "gpt2");
  const std::filesystem::path folder = *reference / "codi_tiny" / name;
  const std::int64_t layers = name == "llama" ? 4 : 3;
  const SweepOracle oracle(folder);
  const TempDir dir;
  const PatchingRun run = reference_sweep(folder, dir, "--mode rerun,frozen --readouts greedy:4");
  const StoredRows logits = run.rows("logits");
  // Six read-outs of 2 modes x 6 steps in each layer, and of the corrupted and the clean run.
  CHECK(logits.size() == oracle.pairs() * static_cast<std::size_t>(2 * layers * 6 + 2) * 6);
  std::size_t compared = 0;
  for (std::size_t pair = 0; pair < oracle.pairs(); ++pair) {
    for (const std::int64_t mode : {0, 1}) {
      const std::string array = mode == 0 ? "patch_rerun_logits" : "patch_frozen_logits";
      compared += compare_sweep(run, logits, pair, mode, oracle.array(pair, array), layers, 6,
                                quoted_readouts);
    }
    const std::vector<double> baseline = oracle.array(pair, "patch_baseline_logits");
    for (std::size_t r = 0; r < quoted_readouts.size(); ++r) {
      const RowKey key{static_cast<std::int64_t>(pair), 0, 0, -1, 0,
                       run.readout(quoted_readouts[r])};
      CHECK(apart(logits.at(key), baseline, r) < 1e-8);
    }
  }
  CHECK(compared == static_cast<std::size_t>(6 * 2 * layers * 6 * 5));
  check_reduced(run, oracle, logits);
  check_published(run, oracle.values().at("patch_official_rerun"), 0, quoted_readouts);
  check_published(run, oracle.values().at("patch_official_frozen"), 1, quoted_readouts);
  // Nothing reads the last layer at a thought but the next thought, which is frozen or not there.
  CHECK(check_last_layer(run, layers - 1, 0, 5) == 6 * 6 * 4);
  CHECK(check_last_layer(run, layers - 1, 1, 0) == 6 * 6 * 6 * 4);
}

TEST_CASE("the published single pass gives the oracle's logits and metrics",
          "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::string name = GENERATE(as<std::string>{}, "llama", "gpt2");
  const std::filesystem::path folder = *reference / "codi_tiny" / name;
  const std::int64_t layers = name == "llama" ? 4 : 3;
  const SweepOracle oracle(folder);
  const TempDir dir;
  const PatchingRun run = reference_sweep(folder, dir, "--published --no-greedy");
  const StoredRows logits = run.rows("logits");
  CHECK(logits.size() == oracle.pairs() * static_cast<std::size_t>(layers * 5 + 2) * 2);
  for (std::size_t pair = 0; pair < oracle.pairs(); ++pair) {
    compare_sweep(run, logits, pair, 0, oracle.array(pair, "singlepass_patched_logits"), layers, 5,
                  {"eot"});
    const RowKey baseline{static_cast<std::int64_t>(pair), 0, 0, -1, 0, run.readout("eot")};
    CHECK(apart(logits.at(baseline), oracle.array(pair, "singlepass_baseline_logits"), 0) < 1e-8);
  }
  check_reduced(run, oracle, logits);
  check_published(run, oracle.values().at("patch_legacy_single_pass"), 0, {"eot"});
  CHECK(check_last_layer(run, layers - 1, 0, 0) == 6 * 5 * 2 * 4);
}
