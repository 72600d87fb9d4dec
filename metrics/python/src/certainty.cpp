// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/bootstrap.hpp>
#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/bootstrap_ratio.hpp>
#include <phiscope/describe.hpp>
#include <phiscope/estimate.hpp>
#include <phiscope/ordinal_ranks.hpp>
#include <phiscope/partial_rank_correlation.hpp>
#include <phiscope/pearson.hpp>
#include <phiscope/rank_correlation.hpp>
#include <phiscope/ratio_to_others.hpp>
#include <phiscope/summary.hpp>
#include <phiscope/wilson_interval.hpp>

/// How certain is that?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

constexpr BootstrapOptions defaults;

BootstrapOptions options_of(std::size_t resamples, double confidence, std::uint64_t seed,
                            const std::string& covers) {
  return {
      .resamples = resamples, .confidence = confidence, .seed = seed, .covers = lasting(covers)};
}

void bind_estimate(nb::module_& m) {
  Result<Estimate>(m, "Estimate")
      .field("value", &Estimate::value)
      .field("low", &Estimate::low)
      .field("high", &Estimate::high)
      .field("units", &Estimate::units)
      .field("draws", &Estimate::draws)
      .field("undefined_draws", &Estimate::undefined_draws)
      .field("method", &Estimate::method)
      .field("covers", &Estimate::covers)
      .field("confidence", &Estimate::confidence)
      .method("__float__", [](const Estimate& e) { return e.value.value(); })
      .read(
          "interval", [](const Estimate& e) { return nb::make_tuple(e.low, e.high); },
          "(low, high), each a Value.");
  define(
      m, "percentile_estimate",
      [](const Value& value, const nb::object& draws, std::size_t units, double confidence,
         const std::string& covers) {
        return percentile_estimate(value, values(draws, "draws"), units,
                                   options_of(1, confidence, 0, covers));
      },
      "value"_a, "draws"_a, "units"_a, nb::kw_only(), "confidence"_a = defaults.confidence,
      "covers"_a = "");
  define(
      m, "bca_estimate",
      [](const Value& value, const nb::object& draws, const nb::object& jackknife,
         std::size_t units, double confidence, const std::string& covers) {
        return bca_estimate(value, values(draws, "draws"), values(jackknife, "jackknife"), units,
                            options_of(1, confidence, 0, covers));
      },
      "value"_a, "draws"_a, "jackknife"_a, "units"_a, nb::kw_only(),
      "confidence"_a = defaults.confidence, "covers"_a = "");
  define(
      m, "wilson_interval",
      [](std::size_t successes, std::size_t units, double confidence, const std::string& covers) {
        return wilson_interval(successes, units,
                               {.confidence = confidence, .covers = lasting(covers)});
      },
      "successes"_a, "units"_a, nb::kw_only(), "confidence"_a = WilsonOptions{}.confidence,
      "covers"_a = "");
}

/// The statistic as Python has it: of an array of indices, giving a Value or a number.
Estimate bootstrap_of(std::size_t units, const nb::callable& statistic,
                      const std::optional<Value>& value, const BootstrapOptions& options) {
  const auto of = [&statistic](std::span<const std::size_t> drawn) {
    const nb::object result =
        statistic(integers(std::vector<std::int64_t>(drawn.begin(), drawn.end())));
    Value number = 0.0;
    if (nb::try_cast(result, number)) return number;
    throw std::invalid_argument("bootstrap: the statistic gave " +
                                nb::cast<std::string>(nb::repr(result)) +
                                ", expected a number or a Value");
  };
  return value ? bootstrap(*value, units, of, options) : bootstrap(units, of, options);
}

void bind_bootstrap(nb::module_& m) {
  define(
      m, "bootstrap",
      [](std::size_t units, const nb::callable& statistic, const std::optional<Value>& value,
         std::size_t resamples, double confidence, std::uint64_t seed, const std::string& covers) {
        return bootstrap_of(units, statistic, value,
                            options_of(resamples, confidence, seed, covers));
      },
      "units"_a, "statistic"_a, nb::kw_only(), "value"_a = nb::none(),
      "resamples"_a = defaults.resamples, "confidence"_a = defaults.confidence,
      "seed"_a = defaults.seed, "covers"_a = "");
  m.def(
      "bootstrap_mean",
      [](const Array& given, const std::optional<Array>& units, std::size_t resamples,
         double confidence, std::uint64_t seed, const std::string& covers) {
        const Doubles numbers(given, "numbers");
        const BootstrapOptions options = options_of(resamples, confidence, seed, covers);
        if (!units) return bootstrap_mean(numbers.span, options);
        return bootstrap_mean(numbers.span, Integers64(*units, "units").span, options);
      },
      "numbers"_a, "units"_a = nb::none(), nb::kw_only(), "resamples"_a = defaults.resamples,
      "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, "covers"_a = "",
      lasting(std::string(doc("bootstrap_mean")) + "\n\nWith units:\n\n" + doc("bootstrap_mean#2"))
          .data());
  define(
      m, "bootstrap_ratio",
      [](const Array& numerators, const Array& denominators, std::size_t resamples,
         double confidence, std::uint64_t seed, const std::string& covers) {
        return bootstrap_ratio(Doubles(numerators, "numerators").span,
                               Doubles(denominators, "denominators").span,
                               options_of(resamples, confidence, seed, covers));
      },
      "numerators"_a, "denominators"_a, nb::kw_only(), "resamples"_a = defaults.resamples,
      "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, "covers"_a = "");
  define(
      m, "ratio_to_others",
      [](const Array& one, const Array& others, std::size_t resamples, double confidence,
         std::uint64_t seed, const std::string& covers) {
        return ratio_to_others(Doubles(one, "one").span, rows_of_doubles(others, "others"),
                               options_of(resamples, confidence, seed, covers));
      },
      "one"_a, "others"_a, nb::kw_only(), "resamples"_a = defaults.resamples,
      "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, "covers"_a = "");
}

void bind_summary(nb::module_& m) {
  Result<Description>(m, "Description")
      .field("count", &Description::count)
      .field("mean", &Description::mean)
      .field("standard_deviation", &Description::standard_deviation)
      .field("median", &Description::median);
  define(
      m, "describe", [](const Array& x) { return describe(Doubles(x, "numbers").span); },
      "numbers"_a);
  define(
      m, "median", [](const Array& x) { return median(Doubles(x, "numbers").span); }, "numbers"_a);
  define(
      m, "standard_deviation",
      [](const Array& x) { return standard_deviation(Doubles(x, "numbers").span); }, "numbers"_a);
  define(
      m, "quantile",
      [](const Array& sorted, double p) { return quantile(Doubles(sorted, "sorted").span, p); },
      "sorted"_a, "p"_a);
  define(
      m, "average_ranks",
      [](const Array& x) { return numbers(average_ranks(Doubles(x, "numbers").span)); },
      "numbers"_a);
}

void bind_correlation(nb::module_& m) {
  define(
      m, "pearson",
      [](const Array& x, const Array& y) {
        return pearson(Doubles(x, "x").span, Doubles(y, "y").span);
      },
      "x"_a, "y"_a);
  define(
      m, "rank_correlation",
      [](const Array& x, const Array& y) {
        return rank_correlation(Doubles(x, "x").span, Doubles(y, "y").span);
      },
      "x"_a, "y"_a);
  define(
      m, "partial_rank_correlation",
      [](const Array& x, const Array& y, const Array& covariates) {
        return partial_rank_correlation(Doubles(x, "x").span, Doubles(y, "y").span,
                                        rows_of_doubles(covariates, "covariates"));
      },
      "x"_a, "y"_a, "covariates"_a);
  define(
      m, "partial_correlation",
      [](const Array& x, const Array& y, const Array& covariates) {
        return partial_correlation(Doubles(x, "x").span, Doubles(y, "y").span,
                                   rows_of_doubles(covariates, "covariates"));
      },
      "x"_a, "y"_a, "covariates"_a);
}

}  // namespace

void bind_certainty(nb::module_& m) {
  bind_estimate(m);
  bind_bootstrap(m);
  bind_summary(m);
  bind_correlation(m);
}

}  // namespace phiscope::python
