// SPDX-License-Identifier: MIT
#include "phiid/analysis/scores.hpp"

#include <phiscope/pair_balance.hpp>
#include <phiscope/rank_difference.hpp>

#include <limits>
#include <map>

namespace phiscope::analyze::phiid {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Scaled difference of the ranks of two numbers per head.
std::vector<Value> rank_score(const std::vector<Value>& synergy,
                              const std::vector<Value>& redundancy) {
  const auto high = ordinal_ranks(std::span<const Value>(synergy));
  const auto low = ordinal_ranks(std::span<const Value>(redundancy));
  std::vector<Value> difference;
  difference.reserve(synergy.size());
  for (std::size_t head = 0; head < synergy.size(); ++head) {
    difference.push_back(
        synergy[head].ok() ? Value(static_cast<double>(high[head]) - static_cast<double>(low[head]))
                           : synergy[head]);
  }
  return min_max(difference);
}

}  // namespace

Matrices empty_matrices(std::size_t heads, bool with_atoms) {
  Matrices result;
  result.heads = heads;
  result.sts.assign(heads * heads, none);
  result.rtr.assign(heads * heads, none);
  result.tdmi.assign(heads * heads, none);
  if (with_atoms) result.atoms.assign(phiid_atom_count * pair_count(heads), none);
  return result;
}

void place(const PieceNumbers& numbers, Matrices& matrices) {
  const std::size_t all = pair_count(matrices.heads);
  for (std::size_t p = 0; p < numbers.pairs(); ++p) {
    if (numbers.n_ok[p] == 0) continue;
    const std::size_t i = numbers.heads[numbers.first[p]];
    const std::size_t j = numbers.heads[numbers.second[p]];
    for (const auto& [from, to] :
         {std::pair(&numbers.sts, &matrices.sts), std::pair(&numbers.rtr, &matrices.rtr),
          std::pair(&numbers.tdmi, &matrices.tdmi)}) {
      (*to)[i * matrices.heads + j] = (*to)[j * matrices.heads + i] = (*from)[p];
    }
    if (matrices.atoms.empty()) continue;
    const std::size_t pair = pair_index(i, j, matrices.heads);
    for (std::size_t k = 0; k < phiid_atom_count; ++k) {
      matrices.atoms[k * all + pair] = numbers.atoms[k * numbers.pairs() + p];
    }
  }
}

void count(const PieceNumbers& numbers, std::size_t recordings, Matrices& matrices) {
  matrices.counts += numbers.counts;
  matrices.pairs += numbers.pairs();
  for (const std::uint32_t n : numbers.n_ok) {
    matrices.pairs_ok += n > 0 ? 1 : 0;
    matrices.pairs_ok_in_all += n == recordings ? 1 : 0;
  }
}

HeadScores head_scores(const Matrices& matrices) {
  HeadScores result;
  const auto sts = matrices.view(matrices.sts);
  const auto rtr = matrices.view(matrices.rtr);
  {
    PairBalance balance = pair_balance(sts, rtr);
    result.balance = std::move(balance.balance);
    result.score[0] = std::move(balance.score);
  }
  RankDifference difference = rank_difference(sts, rtr);
  result.synergy = std::move(difference.synergy);
  result.redundancy = std::move(difference.redundancy);
  result.synergy_rank = std::move(difference.synergy_rank);
  result.redundancy_rank = std::move(difference.redundancy_rank);
  result.n_pairs = std::move(difference.n_pairs);
  result.score[1] = std::move(difference.score);
  const auto tdmi = matrices.view(matrices.tdmi);
  const std::vector<double> sts_share = per_tdmi(sts, tdmi);
  const std::vector<double> rtr_share = per_tdmi(rtr, tdmi);
  result.score[2] =
      std::move(rank_difference(matrices.view(sts_share), matrices.view(rtr_share)).score);
  return result;
}

HeadScores head_scores(const HeadTotals& totals, std::size_t resample) {
  HeadScores result;
  result.synergy = totals.means(resample, sum_sts, count_pairs);
  result.redundancy = totals.means(resample, sum_rtr, count_pairs);
  result.balance = totals.means(resample, sum_balance, count_balance);
  result.synergy_rank = ordinal_ranks(std::span<const Value>(result.synergy));
  result.redundancy_rank = ordinal_ranks(std::span<const Value>(result.redundancy));
  for (const double n : totals.of(resample, count_pairs)) {
    result.n_pairs.push_back(static_cast<std::size_t>(n));
  }
  result.score[0] = min_max(result.balance);
  result.score[1] = rank_score(result.synergy, result.redundancy);
  result.score[2] = rank_score(totals.means(resample, sum_sts_tdmi, count_tdmi),
                               totals.means(resample, sum_rtr_tdmi, count_tdmi));
  return result;
}

std::size_t tied_heads(const std::vector<Value>& scores) {
  std::map<double, std::size_t> heads_with;
  for (const Value& score : scores) {
    if (score.ok()) ++heads_with[score.value()];
  }
  std::size_t tied = 0;
  for (const auto& [score, heads] : heads_with) tied += heads > 1 ? heads : 0;
  return tied;
}

}  // namespace phiscope::analyze::phiid
