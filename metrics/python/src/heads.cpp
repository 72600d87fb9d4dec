// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/autocorrelation.hpp>
#include <phiscope/detrend.hpp>
#include <phiscope/head_scores.hpp>
#include <phiscope/ordinal_ranks.hpp>
#include <phiscope/pair_balance.hpp>
#include <phiscope/rank_difference.hpp>
#include <phiscope/surrogates.hpp>
#include <phiscope/trend_share.hpp>

#include <cmath>

/// Which heads are synergistic?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_ranking(nb::module_& m) {
  Result<PairBalance>(m, "PairBalance")
      .property(
          "pairs",
          [](const PairBalance& b) { return matrix(b.pairs, b.balance.size(), b.balance.size()); })
      .field("balance", &PairBalance::balance)
      .field("score", &PairBalance::score)
      .field("n_pairs", &PairBalance::n_pairs)
      .field("unranked", &PairBalance::unranked);
  define(
      m, "pair_balance",
      [](const Array& sts, const Array& rtr) {
        return pair_balance(DoubleRows(sts, "sts").view, DoubleRows(rtr, "rtr").view);
      },
      "sts"_a, "rtr"_a);
  Result<RankDifference>(m, "RankDifference")
      .field("synergy", &RankDifference::synergy)
      .field("redundancy", &RankDifference::redundancy)
      .field("synergy_rank", &RankDifference::synergy_rank)
      .field("redundancy_rank", &RankDifference::redundancy_rank)
      .field("score", &RankDifference::score)
      .field("n_pairs", &RankDifference::n_pairs)
      .field("unranked", &RankDifference::unranked);
  define(
      m, "rank_difference",
      [](const Array& sts, const Array& rtr) {
        return rank_difference(DoubleRows(sts, "sts").view, DoubleRows(rtr, "rtr").view);
      },
      "sts"_a, "rtr"_a);
  define(
      m, "per_tdmi",
      [](const Array& atoms, const Array& tdmi) {
        const DoubleRows a(atoms, "atoms");
        return matrix(per_tdmi(a.view, DoubleRows(tdmi, "tdmi").view), a.view.rows(),
                      a.view.cols());
      },
      "atoms"_a, "tdmi"_a);
}

void bind_scores(nb::module_& m) {
  Result<HeadMeans>(m, "HeadMeans")
      .field("mean", &HeadMeans::mean)
      .field("n_pairs", &HeadMeans::n_pairs);
  m.def(
      "head_means",
      [](const Array& pairs, const std::optional<Array>& counts) {
        const DoubleRows numbers_of_pairs(pairs, "pairs");
        const MatrixView<double>& view = numbers_of_pairs.view;
        if (!counts) {
          return head_means(view, [&view](std::size_t i, std::size_t j) {
            return std::isfinite(view.row(i)[j]);
          });
        }
        const DoubleRows which(*counts, "counts");
        if (which.view.rows() != view.rows() || which.view.cols() != view.cols()) {
          throw std::invalid_argument("counts: another shape than pairs");
        }
        return head_means(
            view, [&which](std::size_t i, std::size_t j) { return which.view.row(i)[j] != 0.0; });
      },
      "pairs"_a, "counts"_a = nb::none(),
      lasting(
          std::string(doc("head_means")) +
          "\n\ncounts is an array [head, head] of bool here; without it the finite pairs count.")
          .data());
  define(
      m, "min_max", [](const nb::object& x) { return Values{min_max(values(x, "numbers"))}; },
      "numbers"_a);
  define(
      m, "descending_order",
      [](const nb::object& x) { return integers(descending_order(values(x, "scores"))); },
      "scores"_a);
  m.def(
      "ordinal_ranks",
      [](const nb::object& x) { return integers(ordinal_ranks(values(x, "numbers"))); },
      "numbers"_a, doc("ordinal_ranks"));
}

void bind_series(nb::module_& m) {
  define(
      m, "autocorrelation",
      [](const Array& series, std::size_t lag) {
        return with_series(series, "series", [lag](auto s) { return autocorrelation(s, lag); });
      },
      "series"_a, "lag"_a = 1);
  define(
      m, "autocorrelations",
      [](const Array& series, std::size_t lag) {
        return Values{
            with_rows(series, "series", [lag](auto s) { return autocorrelations(s, lag); })};
      },
      "series"_a, "lag"_a = 1);
  Result<Detrended>(m, "Detrended")
      .field("values", &Detrended::values)
      .field("status", &Detrended::status);
  define(
      m, "detrended",
      [](const Array& series, const std::string& mode) {
        const auto how = choice<Detrend>("mode", mode,
                                         {{"none", Detrend::none},
                                          {"linear", Detrend::linear},
                                          {"difference", Detrend::difference},
                                          {"poly2", Detrend::poly2},
                                          {"log", Detrend::log}});
        return with_series(series, "series", [how](auto s) { return detrended(s, how); });
      },
      "series"_a, "mode"_a);
  define(
      m, "trend_share",
      [](const Array& series) { return trend_share(Doubles(series, "series").span); }, "series"_a);
}

void bind_surrogates(nb::module_& m) {
  define(
      m, "circular_shift",
      [](const Array& series, std::uint64_t seed) {
        return numbers(
            with_series(series, "series", [seed](auto s) { return circular_shift(s, seed); }));
      },
      "series"_a, "seed"_a);
  define(
      m, "phase_randomised",
      [](const Array& series, std::uint64_t seed) {
        return numbers(
            with_series(series, "series", [seed](auto s) { return phase_randomised(s, seed); }));
      },
      "series"_a, "seed"_a);
  Result<SurrogateTest>(m, "SurrogateTest")
      .field("z", &SurrogateTest::z)
      .field("p", &SurrogateTest::p)
      .field("n", &SurrogateTest::n);
  define(
      m, "surrogate_test",
      [](double observed, const Array& surrogates) {
        return surrogate_test(observed, Doubles(surrogates, "surrogates").span);
      },
      "observed"_a, "surrogates"_a);
}

}  // namespace

void bind_heads(nb::module_& m) {
  bind_ranking(m);
  bind_scores(m);
  bind_series(m);
  bind_surrogates(m);
}

}  // namespace phiscope::python
