// SPDX-License-Identifier: MIT
#include "phiid/analysis/surrogates.hpp"

#include "analyze/phiid/phiid_run.hpp"
#include "catch.hpp"
#include "phiid/analysis/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

using namespace phiscope::analyze::phiid;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::deviate;
using phiscope::test::independent_series;

namespace {

Input input_of(std::vector<std::vector<double>> prompts, std::size_t heads) {
  Input input;
  input.layers = {0};
  input.heads_per_layer = heads;
  for (auto& values : prompts) {
    Prompt prompt;
    prompt.steps = values.size() / heads;
    prompt.values = std::move(values);
    input.prompts.push_back(std::move(prompt));
  }
  return input;
}

/// Four prompts around `level`: head 0 repeats what head 1 was, and head 1 what head 0 was; the
/// others are alone.
Input driven_input(std::uint64_t seed, std::size_t heads, double level) {
  std::mt19937_64 engine(seed);
  std::vector<std::vector<double>> prompts(4);
  for (auto& values : prompts) {
    double x = 0.0;
    double y = 0.0;
    for (std::size_t t = 0; t < 100; ++t) {
      const double next = 0.7 * y + 0.5 * deviate(engine);
      y = 0.7 * x + 0.5 * deviate(engine);
      x = next;
      values.push_back(level + x);
      values.push_back(level + y);
      for (std::size_t h = 2; h < heads; ++h) values.push_back(level + deviate(engine));
    }
  }
  return input_of(std::move(prompts), heads);
}

Options with_surrogates(SurrogateKind kind, std::size_t count) {
  Options options;
  options.surrogates = count;
  options.surrogate_kind = kind;
  options.resamples = 0;
  return options;
}

}  // namespace

TEST_CASE("unrelated series exceed their surrogates as often as chance",
          "[surrogates][simulation]") {
  const auto kind = GENERATE(SurrogateKind::circular, SurrogateKind::phase);
  std::array<std::size_t, 3> below{};
  std::size_t tested = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    std::vector<std::vector<double>> prompts;
    for (std::uint64_t p = 0; p < 3; ++p) {
      prompts.push_back(independent_series(1000 * seed + p, 100, 20, 0.6));
    }
    const RunResult run = analyze(input_of(std::move(prompts), 20), with_surrogates(kind, 39));
    for (std::size_t k = 0; k < 3; ++k) below[k] += run.surrogates.tests[k].below_5_percent;
    tested += run.surrogates.tests[0].tested;
  }
  REQUIRE(tested == 240);
  // 12 expected; heads of one run share their pairs, so more than the binomial 3.4 is granted.
  for (const std::size_t found : below) {
    CHECK(found >= 2);
    CHECK(found <= 26);
  }
}

TEST_CASE("heads that drive each other exceed their surrogates", "[surrogates]") {
  const std::size_t heads = 8;
  const auto kind = GENERATE(SurrogateKind::circular, SurrogateKind::phase);
  const RunResult run = analyze(driven_input(3, heads, 10.0), with_surrogates(kind, 99));
  const auto& synergy = run.surrogates.tests[0].heads;
  CHECK(synergy[0].p == Value(0.01));
  CHECK(synergy[1].p == Value(0.01));
  CHECK(synergy[0].z.value() > 4.0);
  for (std::size_t h = 2; h < heads; ++h) CHECK(synergy[h].z.value() < 4.0);
}

TEST_CASE("the largest statistic corrects all heads with few surrogates", "[surrogates]") {
  // 19 surrogates: the least p is 0.05 for one head and for all together; Holm's is 20 times that.
  const std::size_t heads = 20;
  const RunResult run =
      analyze(driven_input(5, heads, 0.0), with_surrogates(SurrogateKind::circular, 19));
  const HeadTests& tests = run.surrogates.tests[0];
  CHECK(tests.family_p[0] == Value(0.05));
  CHECK(tests.any_p == Value(0.05));
  CHECK(tests.family >= 2);
  CHECK(tests.family < 10);
  CHECK(tests.holm == 0);
  for (std::size_t h = 0; h < heads; ++h) {
    CHECK(tests.family_p[h].value() >= tests.heads[h].p.value() - 1e-12);
  }
}

TEST_CASE("among unrelated series some head exceeds its surrogates in 5 % of runs",
          "[surrogates][simulation]") {
  const auto kind = GENERATE(SurrogateKind::prompts, SurrogateKind::circular);
  std::size_t some = 0;
  std::size_t correlated = 0;
  constexpr std::size_t runs = 100;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    std::vector<std::vector<double>> prompts;
    for (std::uint64_t p = 0; p < 5; ++p) {
      prompts.push_back(independent_series(5000 + 1000 * seed + p, 60, 10, 0.5));
    }
    const RunResult run = analyze(input_of(std::move(prompts), 10), with_surrogates(kind, 39));
    some += run.surrogates.tests[0].any_p.value() <= 0.05 ? 1 : 0;
    correlated += run.surrogates.correlation.test.p_value.value_or(1.0) <= 0.05 ? 1 : 0;
  }
  // 5 expected, standard error 2.2.
  CHECK(some <= 12);
  CHECK(correlated <= 12);
}

TEST_CASE("slow and drifting series pass for related ones by shifts, not by other prompts",
          "[surrogates][simulation]") {
  const auto kind = GENERATE(SurrogateKind::prompts, SurrogateKind::circular);
  std::size_t redundant = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<std::vector<double>> prompts;
    for (std::uint64_t p = 0; p < 6; ++p) {
      auto& values = prompts.emplace_back(independent_series(1000 * seed + p, 50, 10, 0.9));
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] += 0.1 * static_cast<double>(i / 10);
      }
    }
    Options options = with_surrogates(kind, 19);
    options.seed = seed;
    const RunResult run = analyze(input_of(std::move(prompts), 10), options);
    redundant += run.surrogates.tests[1].any_p.value() <= 0.05 ? 1 : 0;
  }
  // 5 of 100 expected of a valid test; these seeds give 13, a longer simulation 59 of 1000. Shifts
  // are far above.
  if (kind == SurrogateKind::prompts) CHECK(redundant <= 15);
  if (kind == SurrogateKind::circular) CHECK(redundant >= 50);
}

TEST_CASE("heads exchange whole series among prompts of similar length", "[surrogates]") {
  using Groups = std::vector<std::vector<std::size_t>>;
  CHECK(length_groups(std::vector<std::size_t>(7, 40)) == Groups{{0, 1, 2, 3, 4, 5, 6}});
  CHECK(length_groups(std::vector<std::size_t>{90, 40, 41, 42, 43, 44, 91, 92, 93, 94, 95}) ==
        Groups{{1, 2, 3, 4, 5}, {0, 6, 7, 8, 9, 10}});
  CHECK(length_groups(std::vector<std::size_t>{90, 40, 41, 42, 43, 44, 91}).size() == 1);
  const auto cut = cropped({std::vector<double>(80), std::vector<double>(84)}, 2);
  CHECK(cut[1].size() == 80);
  std::vector<std::vector<double>> prompts;
  for (std::uint64_t p = 0; p < 6; ++p) prompts.push_back(independent_series(p, 40, 3));
  const Options options = with_surrogates(SurrogateKind::prompts, 1);
  const Series series = prepare(input_of(prompts, 3), options);
  const auto drawn = surrogate_series(series, 0, options);
  CHECK(drawn != surrogate_series(series, 1, options));
  CHECK(drawn == surrogate_series(series, 0, options));
  std::vector<std::vector<std::size_t>> sources(3);
  for (std::size_t h = 0; h < 3; ++h) {
    for (std::size_t p = 0; p < 6; ++p) {
      std::size_t from = 0;
      while (from < 6 && series.values[from][h] != drawn[p][h]) ++from;
      REQUIRE(from < 6);
      for (std::size_t i = h; i < 120; i += 3) CHECK(drawn[p][i] == series.values[from][i]);
      sources[h].push_back(from);
    }
  }
  CHECK((sources[0] != sources[1] || sources[1] != sources[2]));  // not all heads by one order
  for (auto& own : sources) {
    std::sort(own.begin(), own.end());
    CHECK(own == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});  // each series once
  }
}

TEST_CASE("few prompts cannot be exchanged, and that is the reason given", "[surrogates]") {
  std::vector<std::vector<double>> prompts;
  for (std::uint64_t p = 0; p < 4; ++p) prompts.push_back(independent_series(p, 40, 3));
  const RunResult run =
      analyze(input_of(std::move(prompts), 3), with_surrogates(SurrogateKind::prompts, 19));
  CHECK(run.surrogates.tests[0].any_p == Value(Status::few_units));
  CHECK(run.surrogates.tests[2].heads[1].p == Value(Status::few_units));
  CHECK(run.surrogates.correlation.test.p_value == Value(Status::few_units));
}

TEST_CASE("a closed circle goes on with its first steps", "[surrogates]") {
  const auto closed = closed_circle({{1, 2, 3, 4, 5, 6}, {}}, 2, 2);
  CHECK(closed[0] == std::vector<double>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4});
  CHECK(closed[1].empty());
  CHECK(closed_circle({{1, 2}}, 2, 3)[0] == std::vector<double>{1, 2, 1, 2});
}

TEST_CASE("surrogates keep each series and are drawn anew for each", "[surrogates]") {
  const Input input = input_of({independent_series(1, 40, 3), independent_series(2, 40, 3)}, 3);
  Options options = with_surrogates(SurrogateKind::circular, 1);
  const Series series = prepare(input, options);
  const auto first = surrogate_series(series, 0, options);
  CHECK(first != surrogate_series(series, 1, options));
  CHECK(first == surrogate_series(series, 0, options));
  options.seed = 1;
  CHECK(first != surrogate_series(series, 0, options));
  std::vector<std::size_t> shifts;
  for (std::size_t p = 0; p < 2; ++p) {
    for (std::size_t h = 0; h < 3; ++h) {
      std::size_t shift = 0;
      const auto at = [&](const std::vector<double>& values, std::size_t t) {
        return values[t % 40 * 3 + h];
      };
      while (shift < 40 && at(series.values[p], shift) != at(first[p], 0)) ++shift;
      REQUIRE(shift < 40);
      CHECK(shift > 0);
      for (std::size_t t = 0; t < 40; ++t) {
        CHECK(at(first[p], t) == at(series.values[p], t + shift));
      }
      shifts.push_back(shift);
    }
  }
  std::sort(shifts.begin(), shifts.end());
  CHECK(std::unique(shifts.begin(), shifts.end()) - shifts.begin() >= 4);  // not all by one shift
}

TEST_CASE("series that are not finite stay as they are and have no p", "[surrogates]") {
  std::vector<double> values = independent_series(1, 40, 3);
  values[3 * 7 + 1] = std::nan("");
  const auto kind = GENERATE(SurrogateKind::circular, SurrogateKind::phase);
  const RunResult run = analyze(input_of({values}, 3), with_surrogates(kind, 19));
  const HeadTests& tests = run.surrogates.tests[0];
  CHECK(tests.tested == 2);
  CHECK(tests.heads[1].p == Value(Status::no_pairs));
  CHECK(tests.heads[0].p.ok());
}
