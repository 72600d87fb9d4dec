// SPDX-License-Identifier: MIT
#include "phiid_correlation.hpp"

#include <phiscope/pearson.hpp>
#include <phiscope/rank_correlation.hpp>

#include <cmath>

namespace phiscope::heads {
namespace {

struct Numbers {
  std::vector<double> x, y;
};

/// Those places where both are ok.
Numbers both_ok(const std::vector<Value>& x, const std::vector<Value>& y) {
  Numbers result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!x[i].ok() || !y[i].ok()) continue;
    result.x.push_back(x[i].value());
    result.y.push_back(y[i].value());
  }
  return result;
}

Correlation correlation(std::string over, std::string first, std::string second,
                        const Numbers& numbers) {
  return {.over = std::move(over),
          .first = std::move(first),
          .second = std::move(second),
          .n = numbers.x.size(),
          .spearman = {.value = rank_correlation(numbers.x, numbers.y)},
          .pearson = {.value = pearson(numbers.x, numbers.y)}};
}

/// The pairs that are ok: sts, rtr and, where both heads have one, the mean autocorrelation.
struct PairColumns {
  std::vector<Value> sts, rtr, autocorrelation;
};

PairColumns pair_columns(const Series& series, const Matrices& matrices) {
  PairColumns result;
  for (std::size_t i = 0; i < matrices.heads; ++i) {
    for (std::size_t j = i + 1; j < matrices.heads; ++j) {
      const double sts = matrices.sts[i * matrices.heads + j];
      if (std::isnan(sts)) continue;
      result.sts.emplace_back(sts);
      result.rtr.emplace_back(matrices.rtr[i * matrices.heads + j]);
      const Value& a = series.autocorrelation[i];
      const Value& b = series.autocorrelation[j];
      const Status reason = first_reason(a.status(), b.status());
      result.autocorrelation.push_back(reason == Status::ok ? Value((a.value() + b.value()) / 2.0)
                                                            : Value(reason));
    }
  }
  return result;
}

}  // namespace

std::vector<Correlation> correlations(const Series& series, const Matrices& matrices,
                                      const HeadScores& scores,
                                      const std::vector<HeadScores>& resampled) {
  std::vector<Correlation> result;
  const auto over_heads = [&](const char* first, const std::vector<Value>& x, const char* second,
                              const std::vector<Value>& y) {
    result.push_back(correlation("head", first, second, both_ok(x, y)));
  };
  over_heads("avg_synergy", scores.synergy, "avg_redundancy", scores.redundancy);
  std::vector<Value> spearman, linear;
  for (const HeadScores& resample : resampled) {
    const Numbers numbers = both_ok(resample.synergy, resample.redundancy);
    spearman.push_back(rank_correlation(numbers.x, numbers.y));
    linear.push_back(pearson(numbers.x, numbers.y));
  }
  result.front().spearman = with_interval(result.front().spearman.value, spearman);
  result.front().pearson = with_interval(result.front().pearson.value, linear);
  for (const auto& [name, other] : {std::pair("autocorrelation", &series.autocorrelation),
                                    std::pair("head_norm", &series.level)}) {
    over_heads("avg_synergy", scores.synergy, name, *other);
    over_heads("avg_redundancy", scores.redundancy, name, *other);
    over_heads("syn_balance", scores.balance, name, *other);
  }
  const PairColumns pairs = pair_columns(series, matrices);
  const auto over_pairs = [&](const char* first, const std::vector<Value>& x, const char* second,
                              const std::vector<Value>& y) {
    result.push_back(correlation("pair", first, second, both_ok(x, y)));
  };
  over_pairs("sts", pairs.sts, "rtr", pairs.rtr);
  over_pairs("sts", pairs.sts, "autocorrelation", pairs.autocorrelation);
  over_pairs("rtr", pairs.rtr, "autocorrelation", pairs.autocorrelation);
  return result;
}

}  // namespace phiscope::heads
