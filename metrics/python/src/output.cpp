// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/answer_logit_difference.hpp>
#include <phiscope/auc.hpp>
#include <phiscope/kl_divergence.hpp>
#include <phiscope/log_sum_exp.hpp>
#include <phiscope/logit_attribution.hpp>

/// How did an intervention change the output?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_results(nb::module_& m) {
  Result<LogitDivergence>(m, "LogitDivergence")
      .field("kl", &LogitDivergence::kl)
      .field("reverse_kl", &LogitDivergence::reverse_kl)
      .field("l2", &LogitDivergence::l2)
      .field("rms", &LogitDivergence::rms)
      .field("prediction_changed", &LogitDivergence::prediction_changed);
  Result<AnswerLogitDifference>(m, "AnswerLogitDifference")
      .field("clean_score", &AnswerLogitDifference::clean_score)
      .field("corrupted_score", &AnswerLogitDifference::corrupted_score)
      .field("difference", &AnswerLogitDifference::difference);
  Result<LogitAttribution>(m, "LogitAttribution")
      .field("contributions", &LogitAttribution::contributions)
      .field("bias", &LogitAttribution::bias)
      .field("total", &LogitAttribution::total);
}

void bind_logits(nb::module_& m) {
  define(
      m, "kl_divergence",
      [](const Array& p, const Array& q) {
        return with_two_series(p, "p", q, "q", [](auto a, auto b) { return kl_divergence(a, b); });
      },
      "p"_a, "q"_a);
  define(
      m, "log_sum_exp",
      [](const Array& x) { return with_series(x, "x", [](auto s) { return log_sum_exp(s); }); },
      "x"_a);
  define(
      m, "mean_token_logit",
      [](const Array& logits, const Array& tokens) {
        const Integers64 ids(tokens, "tokens");
        return with_series(logits, "logits", [&](auto l) { return mean_token_logit(l, ids.span); });
      },
      "logits"_a, "tokens"_a);
  define(
      m, "answer_logit_difference",
      [](const Array& logits, const Array& clean, const Array& corrupted) {
        const Integers64 right(clean, "clean");
        const Integers64 wrong(corrupted, "corrupted");
        return with_series(logits, "logits", [&](auto l) {
          return answer_logit_difference(l, right.span, wrong.span);
        });
      },
      "logits"_a, "clean"_a, "corrupted"_a);
}

void bind_attribution(nb::module_& m) {
  const FinalNorm defaults;
  define(
      m, "logit_attribution",
      [](const Array& residuals, const Array& direction, const Array& weight,
         const std::optional<Array>& bias, const std::string& norm, double epsilon,
         const std::string& how) {
        const Doubles along(direction, "direction");
        const Doubles scale(weight, "weight");
        std::optional<Doubles> shift;
        if (bias) shift.emplace(*bias, "bias");
        const FinalNorm final_norm{
            .kind = choice<FinalNorm::Kind>(
                "norm", norm, {{"rms", FinalNorm::Kind::rms}, {"layer", FinalNorm::Kind::layer}}),
            .weight = scale.span,
            .bias = shift ? shift->span : std::span<const double>{},
            .epsilon = epsilon};
        const auto kind = choice<AttributionNorm>("how", how,
                                                  {{"frozen", AttributionNorm::frozen},
                                                   {"raw", AttributionNorm::raw},
                                                   {"published", AttributionNorm::published}});
        return with_rows(residuals, "residuals", [&](auto r) {
          return logit_attribution(r, along.span, final_norm, kind);
        });
      },
      "residuals"_a, "direction"_a, "weight"_a, "bias"_a = nb::none(), nb::kw_only(),
      "norm"_a = "rms", "epsilon"_a = defaults.epsilon, "how"_a = "frozen");
}

}  // namespace

void bind_output(nb::module_& m) {
  bind_results(m);
  bind_logits(m);
  bind_attribution(m);
  define(
      m, "auc",
      [](const Array& x, const Array& y) {
        return auc(Doubles(x, "x").span, Doubles(y, "y").span);
      },
      "x"_a, "y"_a);
  define(
      m, "interpolate",
      [](const Array& x, const Array& y, const Array& grid) {
        return Values{
            interpolate(Doubles(x, "x").span, Doubles(y, "y").span, Doubles(grid, "grid").span)};
      },
      "x"_a, "y"_a, "grid"_a);
}

}  // namespace phiscope::python
