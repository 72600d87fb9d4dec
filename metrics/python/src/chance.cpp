// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/holm.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/mcnemar.hpp>
#include <phiscope/permutation_p.hpp>
#include <phiscope/permutation_test.hpp>
#include <phiscope/studentise_draws.hpp>
#include <phiscope/trend_permutation.hpp>

/// Could it be chance?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_results(nb::module_& m) {
  Result<PermutationP>(m, "PermutationP")
      .field("p_value", &PermutationP::p_value)
      .field("least_p", &PermutationP::least_p)
      .field("draws", &PermutationP::draws);
  Result<SignFlipTest>(m, "SignFlipTest")
      .field("mean", &SignFlipTest::mean)
      .field("p_value", &SignFlipTest::p_value)
      .field("least_p", &SignFlipTest::least_p)
      .field("exact", &SignFlipTest::exact);
  Result<SignFlipMaxTest>(m, "SignFlipMaxTest")
      .field("p_values", &SignFlipMaxTest::p_values)
      .field("least_p", &SignFlipMaxTest::least_p)
      .field("exact", &SignFlipMaxTest::exact);
  Result<TrendPermutation>(m, "TrendPermutation")
      .field("slope", &TrendPermutation::slope)
      .field("p_value", &TrendPermutation::p_value)
      .field("least_p", &TrendPermutation::least_p)
      .field("exact", &TrendPermutation::exact);
  Result<McNemarTest>(m, "McNemarTest")
      .field("p_value", &McNemarTest::p_value)
      .field("least_p", &McNemarTest::least_p)
      .field("discordant", &McNemarTest::discordant);
}

void bind_permutation(nb::module_& m) {
  define(
      m, "permutation_p",
      [](double observed, const Array& null, const std::string& side) {
        return permutation_p(observed, Doubles(null, "null").span,
                             choice<Side>("side", side,
                                          {{"greater", Side::greater},
                                           {"less", Side::less},
                                           {"two_sided", Side::two_sided}}));
      },
      "observed"_a, "null"_a, nb::kw_only(), "side"_a = "greater");
  define(m, "draws_needed", &draws_needed, "level"_a, "tests"_a = 1);
  define(
      m, "sign_flip_test",
      [](const Array& differences, std::size_t resamples, std::uint64_t seed) {
        const Doubles given(differences, "differences");
        const nb::gil_scoped_release unlocked;
        return sign_flip_test(given.span, {.resamples = resamples, .seed = seed});
      },
      "differences"_a, nb::kw_only(), "resamples"_a = SignFlipOptions{}.resamples,
      "seed"_a = SignFlipOptions{}.seed);
  define(
      m, "trend_permutation",
      [](const Array& values, const Array& levels, std::size_t resamples, std::uint64_t seed) {
        const Doubles y(values, "values");
        const Doubles x(levels, "levels");
        const nb::gil_scoped_release unlocked;
        return trend_permutation(y.span, x.span, {.resamples = resamples, .seed = seed});
      },
      "values"_a, "levels"_a, nb::kw_only(), "resamples"_a = TrendOptions{}.resamples,
      "seed"_a = TrendOptions{}.seed);
  define(m, "mcnemar", &mcnemar, "first_only"_a, "second_only"_a);
}

void bind_families(nb::module_& m) {
  define(
      m, "holm", [](const Array& p) { return numbers(holm(Doubles(p, "p_values").span)); },
      "p_values"_a);
  define(
      m, "max_statistic_p",
      [](const Array& observed, const Array& null) {
        return numbers(
            max_statistic_p(Doubles(observed, "observed").span, DoubleRows(null, "null").view));
      },
      "observed"_a, "null"_a);
  define(
      m, "sign_flip_max_test",
      [](const nb::object& differences, std::size_t resamples, std::uint64_t seed) {
        const auto given = rows_of_values(differences, "differences");
        const nb::gil_scoped_release unlocked;
        return sign_flip_max_test(given, {.resamples = resamples, .seed = seed});
      },
      "differences"_a, nb::kw_only(), "resamples"_a = SignFlipOptions{}.resamples,
      "seed"_a = SignFlipOptions{}.seed);
  define(
      m, "studentise_draws",
      [](const Array& observed, const Array& draws) {
        const Doubles one(observed, "observed");
        const DoubleRows many(draws, "draws");
        if (many.view.cols() != one.span.size()) {
          throw std::invalid_argument("draws: " + std::to_string(many.view.cols()) +
                                      " columns, expected one per test (" +
                                      std::to_string(one.span.size()) + ")");
        }
        std::vector<double> numbers_of_one(one.span.begin(), one.span.end());
        std::vector<double> all;
        all.reserve(many.view.rows() * many.view.cols());
        for (std::size_t i = 0; i < many.view.rows(); ++i) {
          const std::span<const double> row = many.view.row(i);
          all.insert(all.end(), row.begin(), row.end());
        }
        studentise_draws(numbers_of_one, all);
        return nb::make_tuple(numbers(std::move(numbers_of_one)),
                              matrix(std::move(all), many.view.rows(), many.view.cols()));
      },
      "observed"_a, "draws"_a);
}

}  // namespace

void bind_chance(nb::module_& m) {
  bind_results(m);
  bind_permutation(m);
  bind_families(m);
}

}  // namespace phiscope::python
