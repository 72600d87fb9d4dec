// SPDX-License-Identifier: MIT
#include "loo/analysis/label_test.hpp"

#include <phiscope/permutation_p.hpp>
#include <phiscope/phi_ratio.hpp>
#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace phiscope::analyze::loo {
namespace {

/// Places of the cross and within pairs in WordDistances::pairs.
struct PairPlaces {
  std::vector<std::size_t> cross;
  std::vector<std::size_t> within;
  friend bool operator==(const PairPlaces&, const PairPlaces&) = default;
};

PairPlaces places(std::span<const std::int64_t> words, const Partition& partition, Cross cross) {
  const PairSet pairs = pair_set(words, partition, cross);
  const auto place = [n = words.size()](const Pair& pair) {
    return pair.first * (2 * n - pair.first - 1) / 2 + pair.second - pair.first - 1;
  };
  PairPlaces result;
  for (const Pair& pair : pairs.cross) result.cross.push_back(place(pair));
  for (const Pair& pair : pairs.within) result.within.push_back(place(pair));
  return result;
}

Value mean_at(const std::vector<double>& distances, const std::vector<std::size_t>& at,
              Status when_empty) {
  if (at.empty()) return when_empty;
  CompensatedSum sum;
  for (const std::size_t place : at) sum += distances[place];
  return sum.value() / static_cast<double>(at.size());
}

/// Mean ratio over the contexts, [layer].
std::vector<Value> mean_ratios(const Partition& partition,
                               std::span<const WordDistances* const> contexts, std::size_t layers,
                               Cross cross) {
  std::vector<std::vector<double>> ratios(layers);
  for (const WordDistances* context : contexts) {
    const PairPlaces at = places(context->words, partition, cross);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const std::vector<double>& distances = context->pairs[layer];
      const Value ratio = phi_ratio(mean_at(distances, at.cross, Status::no_cross_pairs),
                                    mean_at(distances, at.within, Status::no_within_pairs));
      if (ratio.ok()) ratios[layer].push_back(ratio.value());
    }
  }
  std::vector<Value> means;
  means.reserve(layers);
  for (const auto& of_layer : ratios) {
    means.push_back(of_layer.empty() ? Value(Status::too_few_rows) : mean_of(of_layer));
  }
  return means;
}

/// The label of each word as a number, equal for words of one cluster (and group where that
/// counts); `labels` has what the numbers mean.
std::vector<std::size_t> codes(const Partition& partition, Cross cross, Partition& labels) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  all.reserve(partition.cluster.size());
  for (std::size_t word = 0; word < partition.cluster.size(); ++word) {
    all.emplace_back(partition.cluster[word],
                     cross == Cross::groups ? partition.group[word] : std::int64_t{0});
  }
  auto distinct = all;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (const auto& [cluster, group] : distinct) {
    labels.cluster.push_back(cluster);
    labels.group.push_back(group);
  }
  std::vector<std::size_t> result;
  result.reserve(all.size());
  for (const auto& label : all) {
    result.push_back(static_cast<std::size_t>(
        std::lower_bound(distinct.begin(), distinct.end(), label) - distinct.begin()));
  }
  return result;
}

Partition partition_of(const std::vector<std::size_t>& codes, const Partition& labels) {
  Partition result;
  for (const std::size_t code : codes) {
    result.cluster.push_back(labels.cluster[code]);
    result.group.push_back(labels.group[code]);
  }
  return result;
}

/// All arrangements of the codes but the given one, or none if they are more than `most`.
std::vector<std::vector<std::size_t>> all_arrangements(const std::vector<std::size_t>& own,
                                                       std::size_t most) {
  std::vector<std::vector<std::size_t>> result;
  std::vector<std::size_t> next = own;
  std::sort(next.begin(), next.end());
  do {
    if (next != own) result.push_back(next);
    if (result.size() > most) return {};
  } while (std::next_permutation(next.begin(), next.end()));
  return result;
}

std::vector<std::vector<std::size_t>> drawn_arrangements(const std::vector<std::size_t>& own,
                                                         std::size_t count, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> result;
  std::mt19937_64 engine(seed);
  for (std::size_t draw = 0; draw < count; ++draw) {
    std::vector<std::size_t> drawn = own;
    for (std::size_t left = drawn.size(); left > 1; --left) {
      std::swap(drawn[left - 1], drawn[uniform_below(engine, left)]);
    }
    result.push_back(std::move(drawn));
  }
  return result;
}

LabelTest judge_layer(const Value& observed, const std::vector<double>& null, std::size_t all,
                      std::size_t same, bool exact) {
  LabelTest test{.ratio = observed};
  test.draws = null.size();
  test.undefined_draws = all - null.size();
  test.exact = exact;
  if (!observed.ok() || null.empty()) return test;
  const PermutationP found = permutation_p(observed.value(), null);
  test.p = found.p_value;
  // Clusters that only swap their names are the same clusters: they reach any ratio.
  test.least_p =
      exact ? static_cast<double>(same + 1) / static_cast<double>(null.size() + 1) : found.least_p;
  test.null_mean = mean_of(null);
  std::vector<double> sorted = null;
  std::sort(sorted.begin(), sorted.end());
  test.null_high = quantile(sorted, 0.95);
  return test;
}

}  // namespace

Value distance_ratio(const WordDistances& context, std::size_t layer, const Partition& partition,
                     Cross cross) {
  const PairPlaces at = places(context.words, partition, cross);
  return phi_ratio(mean_at(context.pairs[layer], at.cross, Status::no_cross_pairs),
                   mean_at(context.pairs[layer], at.within, Status::no_within_pairs));
}

std::vector<LabelTest> test_labels(const Partition& partition,
                                   std::span<const WordDistances* const> contexts,
                                   std::size_t layers, Cross cross, std::uint64_t seed) {
  Partition labels;
  const std::vector<std::size_t> own = codes(partition, cross, labels);
  auto arrangements = all_arrangements(own, label_draws);
  const bool exact = !arrangements.empty() || own.size() < 2;
  if (!exact) arrangements = drawn_arrangements(own, label_draws, seed);
  std::vector<std::int64_t> words(own.size());
  std::iota(words.begin(), words.end(), std::int64_t{0});
  const PairPlaces own_pairs = places(words, partition, cross);
  const std::vector<Value> observed = mean_ratios(partition, contexts, layers, cross);
  std::vector<std::vector<double>> null(layers);
  std::size_t same = 0;
  for (const auto& arrangement : arrangements) {
    const Partition permuted = partition_of(arrangement, labels);
    if (exact && places(words, permuted, cross) == own_pairs) ++same;
    const std::vector<Value> ratios = mean_ratios(permuted, contexts, layers, cross);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      if (ratios[layer].ok()) null[layer].push_back(ratios[layer].value());
    }
  }
  std::vector<LabelTest> tests;
  tests.reserve(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    tests.push_back(judge_layer(observed[layer], null[layer], arrangements.size(), same, exact));
  }
  return tests;
}

}  // namespace phiscope::analyze::loo
