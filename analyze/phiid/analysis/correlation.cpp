// SPDX-License-Identifier: MIT
#include "phiid/analysis/correlation.hpp"

#include <phiscope/partial_rank_correlation.hpp>
#include <phiscope/pearson.hpp>
#include <phiscope/rank_correlation.hpp>

#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

struct Points {
  std::vector<double> x, y;
};

/// Those places where both are ok.
Points both_ok(const std::vector<Value>& x, const std::vector<Value>& y) {
  Points result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!x[i].ok() || !y[i].ok()) continue;
    result.x.push_back(x[i].value());
    result.y.push_back(y[i].value());
  }
  return result;
}

Correlation correlation(std::string over, std::string first, std::string second,
                        const Points& numbers) {
  return {.over = std::move(over),
          .first = std::move(first),
          .second = std::move(second),
          .n = numbers.x.size(),
          .spearman = {.value = rank_correlation(numbers.x, numbers.y)},
          .pearson = {.value = pearson(numbers.x, numbers.y)}};
}

/// A number of every pair, and its ranks: they are sorted once for all correlations.
struct Column {
  std::vector<double> numbers, ranks;
};

Correlation correlation(std::string first, std::string second, const Column& x, const Column& y) {
  return {.over = "pair",
          .first = std::move(first),
          .second = std::move(second),
          .n = x.numbers.size(),
          .spearman = {.value = pearson(x.ranks, y.ranks)},
          .pearson = {.value = pearson(x.numbers, y.numbers)}};
}

/// Correlations over the pairs that are ok and whose heads both have an autocorrelation.
void add_pairs(const Series& series, const Matrices& matrices, std::vector<Correlation>& result) {
  Column sts, rtr, own;
  for (std::size_t i = 0; i < matrices.heads; ++i) {
    for (std::size_t j = i + 1; j < matrices.heads; ++j) {
      const Value& a = series.autocorrelation[i];
      const Value& b = series.autocorrelation[j];
      const double number = matrices.sts[i * matrices.heads + j];
      if (std::isnan(number) || !a.ok() || !b.ok()) continue;
      sts.numbers.push_back(number);
      rtr.numbers.push_back(matrices.rtr[i * matrices.heads + j]);
      own.numbers.push_back((a.value() + b.value()) / 2.0);
    }
  }
  for (Column* column : {&sts, &rtr, &own}) column->ranks = average_ranks(column->numbers);
  result.push_back(correlation("sts", "rtr", sts, rtr));
  result.push_back(correlation("sts", "autocorrelation", sts, own));
  result.push_back(correlation("rtr", "autocorrelation", rtr, own));
}

}  // namespace

Value partial_over_heads(const std::vector<Value>& synergy, const std::vector<Value>& redundancy,
                         const std::vector<Value>& autocorrelation,
                         const std::vector<Value>& level) {
  std::vector<double> x, y;
  std::vector<std::vector<double>> given(2);
  for (std::size_t head = 0; head < synergy.size(); ++head) {
    if (!synergy[head].ok() || !redundancy[head].ok() || !autocorrelation[head].ok() ||
        !level[head].ok()) {
      continue;
    }
    x.push_back(synergy[head].value());
    y.push_back(redundancy[head].value());
    given[0].push_back(autocorrelation[head].value());
    given[1].push_back(level[head].value());
  }
  return partial_rank_correlation(x, y, given);
}

std::vector<Correlation> correlations(const Series& series, const Matrices& matrices,
                                      const HeadScores& scores,
                                      const std::vector<HeadScores>& resampled,
                                      std::size_t prompts) {
  std::vector<Correlation> result;
  const auto over_heads = [&](const char* first, const std::vector<Value>& x, const char* second,
                              const std::vector<Value>& y) {
    result.push_back(correlation("head", first, second, both_ok(x, y)));
  };
  over_heads("avg_synergy", scores.synergy, "avg_redundancy", scores.redundancy);
  std::vector<Value> spearman, linear;
  for (const HeadScores& resample : resampled) {
    const Points numbers = both_ok(resample.synergy, resample.redundancy);
    spearman.push_back(rank_correlation(numbers.x, numbers.y));
    linear.push_back(pearson(numbers.x, numbers.y));
  }
  result.front().spearman = over_prompts(result.front().spearman.value, spearman, prompts);
  result.front().pearson = over_prompts(result.front().pearson.value, linear, prompts);
  Correlation partial = result.front();
  partial.given = "autocorrelation and head_norm";
  partial.spearman = {.value = partial_over_heads(scores.synergy, scores.redundancy,
                                                  series.autocorrelation, series.level)};
  partial.pearson = {.value = Status::too_few_rows};
  result.push_back(std::move(partial));
  for (const auto& [name, other] : {std::pair("autocorrelation", &series.autocorrelation),
                                    std::pair("head_norm", &series.level)}) {
    over_heads("avg_synergy", scores.synergy, name, *other);
    over_heads("avg_redundancy", scores.redundancy, name, *other);
    over_heads("syn_balance", scores.balance, name, *other);
  }
  add_pairs(series, matrices, result);
  return result;
}

}  // namespace phiscope::analyze::phiid
