// SPDX-License-Identifier: MIT
#include "sampling/analysis/variance.hpp"

#include "analyze/sampling/synthetic_samples.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

#include <map>

namespace phiscope::analyze::sampling::variance_test {

using test::SyntheticSamples;

namespace {

Variance analyzed(const SyntheticSamples& options, const Options& how = {}) {
  const test::TempDir folder;
  test::write_samples(folder.path() / "run", options);
  return analyze_variance(read_samples(folder.path() / "run"), how);
}

using Rows = std::vector<std::vector<double>>;

/// The latents that count, the slow way, and the answers of their texts.
struct Slow {
  Rows rows = {};
  std::vector<std::string> answers = {};
};

Slow slow_rows(const SyntheticSamples& options, std::int64_t p, std::int64_t t, std::int64_t layer,
               std::int64_t c, bool full_only) {
  Slow slow;
  for (std::int64_t s = 0; s < options.count(t); ++s) {
    const bool full = options.tokens(p, t, s) >= options.checkpoints[static_cast<std::size_t>(c)];
    if (!options.has_latent(p, t, s, c) || (full_only && !full)) continue;
    slow.rows.emplace_back();
    for (std::int64_t unit = 0; unit < options.units; ++unit) {
      slow.rows.back().push_back(options.latent(p, t, s, c, layer, unit));
    }
    slow.answers.push_back(options.text(p, t, s).substr(4));
  }
  return slow;
}

double slow_trace(const Rows& rows) {
  double trace = 0.0;
  for (std::size_t u = 0; u < rows[0].size(); ++u) {
    double mean = 0.0;
    for (const auto& row : rows) mean += row[u] / static_cast<double>(rows.size());
    for (const auto& row : rows) trace += std::pow(row[u] - mean, 2);
  }
  return trace / static_cast<double>(rows.size() - 1);
}

double slow_cosine(const Rows& rows) {
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t u = 0; u < a.size(); ++u) sum += a[u] * b[u];
    return sum;
  };
  double sum = 0.0;
  double pairs = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      sum += product(rows[i], rows[j]) /
             std::sqrt(product(rows[i], rows[i]) * product(rows[j], rows[j]));
      pairs += 1.0;
    }
  }
  return sum / pairs;
}

/// Variance within answers, 1 / n.
double slow_within(const Slow& slow) {
  std::map<std::string, Rows> groups;
  for (std::size_t i = 0; i < slow.rows.size(); ++i) {
    groups[slow.answers[i]].push_back(slow.rows[i]);
  }
  double within = 0.0;
  for (const auto& [answer, rows] : groups) {
    if (rows.size() > 1) within += slow_trace(rows) * static_cast<double>(rows.size() - 1);
  }
  return within / static_cast<double>(slow.rows.size());
}

void check_cell(const Variance& result, const SyntheticSamples& options, std::size_t p,
                std::size_t t, std::size_t layer, std::size_t c, bool full_only) {
  const Slow slow = slow_rows(options, static_cast<std::int64_t>(p), static_cast<std::int64_t>(t),
                              options.layers[layer], static_cast<std::int64_t>(c), full_only);
  const SpreadCell& cell = result.cell(p, t, layer, c);
  REQUIRE(cell.n == slow.rows.size());
  if (cell.n < 2) {
    CHECK(cell[Spread::trace_covariance] == Value(Status::too_few_rows));
    CHECK(cell[Spread::cosine] == Value(Status::too_few_rows));
    CHECK(cell[Spread::within] == Value(Status::too_few_rows));
    return;
  }
  CHECK(cell[Spread::trace_covariance].value() == Approx(slow_trace(slow.rows)).epsilon(1e-10));
  CHECK(cell[Spread::cosine].value() == Approx(slow_cosine(slow.rows)).epsilon(1e-10));
  const double within = slow_within(slow);
  const double whole =
      slow_trace(slow.rows) * static_cast<double>(cell.n - 1) / static_cast<double>(cell.n);
  CHECK(cell[Spread::within].value() == Approx(within).margin(1e-12));
  CHECK(cell[Spread::between].value() == Approx(whole - within).margin(1e-12));
  CHECK(cell[Spread::between_share].value() == Approx((whole - within) / whole).margin(1e-12));
  CHECK(cell[Spread::participation_ratio].value() >= 1.0 - 1e-12);
  CHECK(cell[Spread::effective_rank].value() >= cell[Spread::participation_ratio].value() - 1e-9);
}

}  // namespace

TEST_CASE("every cell of a run is what the slow way gives", "[variance]") {
  const SyntheticSamples options;
  for (const bool full_only : {false, true}) {
    const Variance result = analyzed(options, {.full_length_only = full_only, .threads = 2});
    CHECK(result.axes.means() == 3 * 3 * 3);
    for (std::size_t p = 0; p < 6; ++p) {
      for (std::size_t t = 0; t < 3; ++t) {
        for (std::size_t layer = 0; layer < 3; ++layer) {
          for (std::size_t c = 0; c < 3; ++c) {
            check_cell(result, options, p, t, layer, c, full_only);
          }
        }
      }
    }
  }
}

TEST_CASE("samples that ended, or are too short, are counted", "[variance]") {
  const Variance result = analyzed({});
  // Sample 3 has 5 tokens, sample 2 of problem 1 has one; every second token is pooled.
  const SpreadCell& one = result.cell(1, 1, 0, 2);  // checkpoint 8
  CHECK(one.n == 3);
  CHECK(one.ended == 2);
  CHECK(one.too_short == 1);
  CHECK(one.missing == 0);
  const SpreadCell& four = result.cell(0, 1, 0, 1);  // checkpoint 4
  CHECK(four.n == 4);
  CHECK(four.ended == 0);
  const SpreadCell& first = result.cell(0, 1, 0, 0);  // checkpoint 1: nothing is pooled
  CHECK(first.n == 0);
  CHECK(first.too_short == 4);
  CHECK(analyzed({}, {.full_length_only = true}).cell(1, 1, 0, 2).n == 2);
}

TEST_CASE("identical samples have variance 0 and cosine 1", "[variance]") {
  SyntheticSamples options;
  options.place = [](std::int64_t p, std::int64_t, std::int64_t, std::int64_t layer,
                     std::int64_t unit) {
    return 1e3 * test::noise({p, layer, unit});
  };
  const Variance result = analyzed(options);
  const SpreadCell& cell = result.cell(0, 2, 1, 2);
  CHECK(cell[Spread::trace_covariance] == Value(0.0));
  CHECK(std::abs(cell[Spread::cosine].value() - 1.0) < 1e-12);
  CHECK(cell[Spread::participation_ratio] == Value(Status::constant));
  CHECK(cell[Spread::between_share] == Value(Status::constant));
}

TEST_CASE("a greedy sample has no variance and no cosine", "[variance]") {
  const Variance result = analyzed({});
  CHECK(result.cell(0, 0, 1, 2).n == 1);
  CHECK(result.mean(0, 1, 2, Spread::trace_covariance).mean.value == Value(Status::too_few_rows));
  CHECK(result.mean(0, 1, 2, Spread::cosine).undefined.at(Status::too_few_rows) == 6);
}

TEST_CASE("means are over problems, with the interval of as many", "[variance]") {
  const Variance result = analyzed({});
  for (const Spread spread : {Spread::trace_covariance, Spread::between_share}) {
    double sum = 0.0;
    for (std::size_t p = 0; p < 6; ++p) sum += result.cell(p, 2, 1, 2)[spread].value();
    const Cell& mean = result.mean(2, 1, 2, spread);
    CHECK(mean.mean.value.value() == Approx(sum / 6.0));
    CHECK(mean.mean.units == 6);
    CHECK(mean.mean.low.value() < sum / 6.0);
  }
}

TEST_CASE("the temperatures' test compares the highest with the lowest above 0", "[variance]") {
  const Variance result = analyzed({});
  // Noise grows with the temperature in all six problems, so every sign is the same.
  REQUIRE(result.warmer.size() == 3);
  CHECK(result.warmer[1].p == Value(2.0 / 64));
  CHECK(lowest_drawn({0.0, 0.5, 1.0}) == 1);
  CHECK(lowest_drawn({0.5, 1.0}) == 0);
  CHECK(lowest_drawn({0.0}) == 0);
  SyntheticSamples one;
  one.temperatures = {0.0, 1.0};
  CHECK_FALSE(analyzed(one).warmer[1].p.ok());
}

TEST_CASE("latents that know the answer tell it, permuted answers are chance", "[variance]") {
  SyntheticSamples options;
  options.samples = 8;
  options.checkpoints = {8};
  options.length = [](std::int64_t, std::int64_t, std::int64_t) { return std::int64_t{16}; };
  options.said = [](std::int64_t, std::int64_t, std::int64_t s) { return std::to_string(s % 2); };
  options.place = [](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                     std::int64_t unit) {
    return (s % 2 == 0 ? 5.0 : -5.0) + test::noise({p, t, s, layer, unit});
  };
  const Variance told = analyzed(options);
  CHECK(told.cell(0, 2, 1, 0)[Spread::commitment] == Value(1.0));
  CHECK(told.cell(0, 2, 1, 0)[Spread::between_share].value() > 0.9);
  CHECK(told.cell(0, 2, 1, 0)[Spread::commitment_permuted].value() < 0.6);
  CHECK(told.cell(0, 2, 1, 0)[Spread::commitment_excess].value() > 0.4);
  CHECK(told.commitment[0].p == Value(2.0 / 64));
  options.said = [](std::int64_t p, std::int64_t, std::int64_t s) {
    return s == 0 ? std::string("none") : std::to_string(p);
  };
  const Variance same = analyzed(options);
  CHECK(same.cell(3, 2, 1, 0).answered == 7);
  CHECK(same.cell(3, 2, 1, 0)[Spread::commitment] == Value(Status::no_cross_pairs));
}

TEST_CASE("names of measures are those of the tables", "[variance]") {
  CHECK(spread_name(Spread::trace_covariance) == "trace_covariance");
  CHECK(spread_name(Spread::commitment_excess) == "commitment_excess");
}

}  // namespace phiscope::analyze::sampling::variance_test
