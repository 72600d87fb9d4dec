// SPDX-License-Identifier: MIT
#include "patching/analysis/analysis.hpp"

#include "analyze/patching/synthetic_patching.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <limits>

namespace phiscope::analyze::patching::analysis_test {

using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;
using test::TempDir;

namespace {

const Options quick = {.resamples = 50, .sign_flips = 200, .seed = 1, .threads = 2};

Result analyzed(const SyntheticPatching& options, const Options& how = quick) {
  const TempDir folder;
  write_synthetic_patching(folder.path() / "run", options);
  return analyze_runs({folder.path() / "run"}, {}, how).front();
}

/// answer_diff of a run of the model from the formula: mean log-probability of the clean answer's
/// tokens less that of the corrupted answer's.
double answer_diff(const SyntheticPatching& options, PatchKey key) {
  double clean = 0.0;
  double corrupted = 0.0;
  int clean_tokens = 0;
  int corrupted_tokens = 0;
  for (std::size_t readout = 0; readout < options.readouts.size(); ++readout) {
    key.readout = static_cast<std::int64_t>(readout);
    if (!options.has_row(key)) continue;
    const double score = options.reduced(key).token_log_probability;
    if (options.readouts[readout].starts_with("clean:")) {
      clean += score;
      ++clean_tokens;
    }
    if (options.readouts[readout].starts_with("corrupted:")) {
      corrupted += score;
      ++corrupted_tokens;
    }
  }
  return clean / clean_tokens - corrupted / corrupted_tokens;
}

double recovery_at(const SyntheticPatching& options, PatchKey key) {
  const double patched = answer_diff(options, key);
  key.layer = -1;
  const double unpatched = answer_diff(options, key);
  key.layer = -2;
  return (patched - unpatched) / (answer_diff(options, key) - unpatched);
}

double mean(const std::vector<double>& numbers) {
  double sum = 0.0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

/// Half of the t interval of six numbers.
double half_width(const std::vector<double>& numbers) {
  double squares = 0.0;
  for (const double number : numbers) squares += std::pow(number - mean(numbers), 2);
  return 2.570581835636314 * std::sqrt(squares / 5.0 / 6.0);
}

/// All sign patterns of the pairs: how often |sum| is at least as large as observed.
struct Patterns {
  double alone = 0.0;
  double together = 0.0;
};
Patterns patterns_of(const std::vector<std::vector<double>>& sites, std::size_t which) {
  const std::size_t pairs = sites[which].size();
  const auto statistic = [&](std::size_t site, std::uint64_t bits) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      sum += (bits >> pair & 1U) != 0 ? -sites[site][pair] : sites[site][pair];
      squares += sites[site][pair] * sites[site][pair];
    }
    return std::abs(sum) / std::sqrt(squares);
  };
  const double observed = statistic(which, 0) - 1e-12;
  const std::uint64_t all = std::uint64_t{1} << pairs;
  Patterns found;
  for (std::uint64_t bits = 0; bits < all; ++bits) {
    double largest = 0.0;
    for (std::size_t site = 0; site < sites.size(); ++site) {
      largest = std::max(largest, statistic(site, bits));
    }
    found.alone += statistic(which, bits) >= observed ? 1.0 / static_cast<double>(all) : 0.0;
    found.together += largest >= observed ? 1.0 / static_cast<double>(all) : 0.0;
  }
  return found;
}

}  // namespace

TEST_CASE("means over pairs and their intervals are those of the formula", "[analysis]") {
  const SyntheticPatching options;
  const Result result = analyzed(options);
  REQUIRE(result.data.sites.size() == 8);
  for (std::size_t site = 0; site < 8; ++site) {
    const Site& at = result.data.sites[site];
    std::vector<double> recoveries;
    std::vector<double> kl;
    for (std::int64_t pair = 0; pair < 6; ++pair) {
      PatchKey key = {.pair = pair,
                      .set = static_cast<std::int64_t>(at.set),
                      .layer = at.layer,
                      .step = at.step};
      recoveries.push_back(recovery_at(options, key));
      double sum = 0.0;
      int count = 0;
      for (const std::int64_t readout : {0, 2, 3, 5}) {
        key.readout = readout;
        if (!options.has_row(key)) continue;
        sum += options.reduced(key).reverse_kl;
        ++count;
      }
      kl.push_back(sum / count);
    }
    for (const auto& [measure, numbers] :
         {std::pair(Measure::recovery, recoveries), std::pair(Measure::kl_divergence, kl)}) {
      const phiscope::Estimate& found = result.cell(0, site, measure).mean;
      CHECK(found.value.value() == Approx(mean(numbers)).epsilon(1e-12));
      CHECK(found.low.value() == Approx(mean(numbers) - half_width(numbers)).epsilon(1e-9));
      CHECK(found.high.value() == Approx(mean(numbers) + half_width(numbers)).epsilon(1e-9));
      CHECK(found.units == 6);
      CHECK(found.covers == "pairs");
      CHECK(result.cell(0, site, measure).count == 6);
      CHECK(result.cell(0, site, measure).undefined.empty());
    }
  }
}

TEST_CASE("tests flip the signs of whole pairs, corrected over the sites of a set", "[analysis]") {
  SyntheticPatching options;
  options.effect = [](const PatchKey& key) {  // of either sign, so that p is not the least
    return 0.3 *
               std::sin(2.1 * static_cast<double>(key.pair) + 1.7 * static_cast<double>(key.layer) +
                        0.9 * static_cast<double>(key.step)) +
           0.1;
  };
  const Result result = analyzed(options);
  for (const std::size_t set : {0U, 1U}) {
    const std::vector<std::size_t> sites = sites_of(result.data, 0, set);
    REQUIRE(sites.size() == (set == 0 ? 6 : 2));
    std::vector<std::vector<double>> numbers;
    for (const std::size_t site : sites) {
      const Site& at = result.data.sites[site];
      numbers.emplace_back();
      for (std::int64_t pair = 0; pair < 6; ++pair) {
        numbers.back().push_back(recovery_at(options, {.pair = pair,
                                                       .set = static_cast<std::int64_t>(set),
                                                       .layer = at.layer,
                                                       .step = at.step}));
      }
    }
    std::vector<double> alone;
    for (std::size_t i = 0; i < sites.size(); ++i) alone.push_back(patterns_of(numbers, i).alone);
    for (std::size_t i = 0; i < sites.size(); ++i) {
      const SiteTest& test = result.test(0, sites[i], 0);
      CHECK(test.p.value() == Approx(alone[i]));
      CHECK(test.p_max.value() == Approx(patterns_of(numbers, i).together));
      CHECK(test.least_p == Approx(2.0 / 64.0));
      // Holm by definition: the largest of (tests not smaller) x p among the smaller p.
      double holm = 0.0;
      for (std::size_t j = 0; j < sites.size(); ++j) {
        if (alone[j] > alone[i]) continue;
        int rest = 0;
        for (const double other : alone) rest += other >= alone[j] ? 1 : 0;
        holm = std::max(holm, std::min(1.0, rest * alone[j]));
      }
      CHECK(test.p_holm.value() == Approx(holm));
    }
  }
}

TEST_CASE("pairs are grouped by the reasoning steps of the clean question", "[analysis]") {
  SyntheticPatching options;
  options.pairs[4].steps.reset();
  const Result result = analyzed(options);
  REQUIRE(result.groups.size() == 4);
  CHECK(result.groups[0].name == "all");
  CHECK(result.groups[1].name == "2");
  CHECK(result.groups[1].pairs == std::vector<std::size_t>{0, 1, 5});
  CHECK(result.groups[2].name == "3");
  CHECK(result.groups[2].pairs == std::vector<std::size_t>{2, 3});
  CHECK(result.groups[3].name == "unknown");
  CHECK(result.groups[3].pairs == std::vector<std::size_t>{4});
  std::vector<double> numbers;
  for (const std::int64_t pair : {0, 1, 5}) {
    numbers.push_back(recovery_at(options, {.pair = pair, .layer = 1, .step = 2}));
  }
  const Cell& cell = result.cell(1, 5, Measure::recovery);
  CHECK(cell.mean.value.value() == Approx(mean(numbers)));
  CHECK(cell.mean.low.status() == Status::few_units);
  CHECK(result.test(1, 5, 0).least_p == Approx(2.0 / 8.0));

  for (auto& pair : options.pairs) pair.steps.reset();
  CHECK(analyzed(options).groups.size() == 1);
}

TEST_CASE("undefined numbers are counted by reason and left out of means", "[analysis]") {
  SyntheticPatching options;
  options.change = [](const PatchKey& key, PatchRow& row) {
    if (key.pair == 1 && key.layer == 1) {
      row.reverse_kl = std::numeric_limits<double>::quiet_NaN();
    }
  };
  const Result result = analyzed(options);
  const Cell& cell = result.cell(0, 3, Measure::kl_divergence);
  CHECK(cell.count == 6);
  CHECK(cell.mean.units == 5);
  CHECK(cell.undefined == std::map<Status, std::size_t>{{Status::nonfinite, 1}});
  CHECK(result.cell(0, 0, Measure::kl_divergence).undefined.empty());
}

TEST_CASE("equal questions: no gap to recover, KL 0 and nothing tested", "[analysis]") {
  SyntheticPatching options;
  options.gap = 0.0;
  const Result result = analyzed(options);
  for (std::size_t site = 0; site < 8; ++site) {
    const Cell& recovery = result.cell(0, site, Measure::recovery);
    CHECK(recovery.mean.value.status() == Status::no_gap);
    CHECK(recovery.undefined == std::map<Status, std::size_t>{{Status::no_gap, 6}});
    CHECK(result.cell(0, site, Measure::kl_divergence).mean.value == Value(0.0));
    CHECK(result.cell(0, site, Measure::answer_diff_change).mean.value == Value(0.0));
    CHECK_FALSE(result.test(0, site, 0).p_max.ok());
    CHECK(result.test(0, site, 1).p_max == Value(1.0));
  }
}

TEST_CASE("pairs without any difference do not make a design larger", "[analysis]") {
  const Value none = Status::no_gap;
  const auto tests = test_sites({{1.0, none}, {none, none}, {2.0, 1.0}, {1.5, none}}, quick);
  CHECK(tests[0].least_p == Approx(2.0 / 8.0));
  CHECK(tests[0].p.value() == Approx(2.0 / 8.0));
  CHECK(tests[1].p.value() == Approx(1.0));  // one pair: both signs are as far
  CHECK(test_sites({{none}}, quick)[0].p.status() == Status::too_few_rows);
  CHECK(test_sites({}, quick).empty());
}

TEST_CASE("a layer's mean is over its steps, pair by pair", "[analysis]") {
  const SyntheticPatching options;
  const Result result = analyzed(options);
  REQUIRE(result.layers.size() == 4);
  const LayerMean& layer = result.layers[1];
  CHECK(layer.set == 0);
  CHECK(layer.layer == 1);
  std::vector<double> numbers;
  for (std::int64_t pair = 0; pair < 6; ++pair) {
    double sum = 0.0;
    for (std::int64_t step = 0; step < 3; ++step) {
      sum += recovery_at(options, {.pair = pair, .layer = 1, .step = step});
    }
    numbers.push_back(sum / 3.0);
  }
  const auto& found = layer.cells[static_cast<std::size_t>(Measure::recovery)].mean;
  CHECK(found.value.value() == Approx(mean(numbers)));
  CHECK(found.high.value() == Approx(mean(numbers) + half_width(numbers)));
  CHECK(result.layers[2].set == 1);
  CHECK(result.layers[2].layer == 0);
}

TEST_CASE("threads change nothing, labels are unique, and a run without a pair is refused",
          "[analysis]") {
  Options one = quick;
  one.threads = 1;
  const Result a = analyzed({}, quick);
  const Result b = analyzed({}, one);
  for (std::size_t i = 0; i < a.cells.size(); ++i) {
    for (std::size_t m = 0; m < measure_count; ++m) {
      CHECK(a.cells[i][m].mean.low == b.cells[i][m].mean.low);
    }
  }
  const TempDir folder;
  phiscope::test::write_synthetic_patching(folder.path() / "run", {});
  const auto twice = analyze_runs({folder.path() / "run", folder.path() / "run"}, {}, quick);
  CHECK(twice[0].label == "run");
  CHECK(twice[1].label == "run_2");
  SyntheticPatching empty;
  empty.pairs.clear();
  write_synthetic_patching(folder.path() / "empty", empty);
  CHECK_THROWS_WITH(analyze_runs({folder.path() / "empty"}, {}, quick),
                    Contains("no pair is complete: found 0 planned and 3 dropped"));
}

}  // namespace phiscope::analyze::patching::analysis_test
