// SPDX-License-Identifier: MIT
#include "phiid/analysis/sensitivity.hpp"

#include "phiid/analysis/series.hpp"

#include <phiscope/rank_correlation.hpp>

#include <array>

namespace phiscope::analyze::phiid {
namespace {

std::vector<Value> balance_scores(const Input& input, const Options& options) {
  const Series series = prepare(input, options);
  const PhiidPairsOptions pairs{
      .phiid = options.phiid, .join = options.join(), .output = PhiidOutput::sts_rtr_tdmi};
  const std::vector<Pair> chosen = chosen_pairs(series.heads, options);
  return head_scores(all_totals(series.views(), pairs, chosen, options.threads), 0)
      .of(Ranking::balance);
}

SensitivityRow compared(const std::vector<Value>& one, const std::vector<Value>& other,
                        const Options& options) {
  std::vector<double> x, y;
  for (std::size_t head = 0; head < one.size(); ++head) {
    if (!one[head].ok() || !other[head].ok()) continue;
    x.push_back(one[head].value());
    y.push_back(other[head].value());
  }
  return {.lag = options.phiid.lag,
          .detrend = options.detrend,
          .redundancy = options.phiid.redundancy,
          .kind = options.phiid.kind,
          .heads = x.size(),
          .rank_correlation = rank_correlation(x, y)};
}

}  // namespace

std::vector<SensitivityRow> sensitivity(const Input& input, const HeadScores& scores,
                                        const Options& options) {
  std::vector<SensitivityRow> rows;
  Options other = options;
  for (const std::size_t lag : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    other.phiid.lag = lag;
    for (const Detrend detrend : {Detrend::none, Detrend::linear, Detrend::difference}) {
      other.detrend = detrend;
      for (const Redundancy redundancy : {Redundancy::mmi, Redundancy::ccs}) {
        other.phiid.redundancy = redundancy;
        for (const PhiidKind kind : {PhiidKind::gaussian, PhiidKind::discrete}) {
          other.phiid.kind = kind;
          rows.push_back(
              compared(balance_scores(input, other), scores.of(Ranking::balance), other));
        }
      }
    }
  }
  return rows;
}

std::vector<Pair> chosen_pairs(std::size_t heads, const Options& options) {
  if (options.max_pairs == 0 || options.max_pairs >= pair_count(heads)) return {};
  return sampled_pairs(heads, options.max_pairs, options.seed);
}

std::string detrend_name(Detrend detrend) {
  constexpr std::array<const char*, 5> names = {"none", "linear", "difference", "poly2", "log"};
  return names[static_cast<std::size_t>(detrend)];
}

}  // namespace phiscope::analyze::phiid
