// SPDX-License-Identifier: MIT
#include "ablation/analysis/analysis.hpp"

#include "program/parallel.hpp"
#include "report/folder.hpp"

#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/permutation_test.hpp>
#include <phiscope/rank_correlation.hpp>
#include <phiscope/ratio_to_others.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace phiscope::analyze::ablation {
namespace {

BootstrapOptions resampling(const Options& options) {
  return {.resamples = options.resamples, .seed = options.seed, .covers = "prompts"};
}

/// The orders for which `holds` whose curves have the whole part of the axis.
template <class Holds>
std::vector<const Curve*> curves_over(const Ablation& ablation, Stretch part, Holds holds) {
  std::vector<const Curve*> curves;
  for (const Order& order : ablation.orders) {
    if (order.curve.removed.empty() || !holds(order)) continue;
    if (stretch_of(order.curve).contains(part)) curves.push_back(&order.curve);
  }
  return curves;
}

/// The random orders that have the part; all of them but `without`.
std::vector<const Curve*> random_curves(const Ablation& ablation, Stretch part,
                                        const Order* without = nullptr) {
  return curves_over(ablation, part, [without](const Order& order) {
    return order.kind == Kind::random && &order != without;
  });
}

/// Areas of curves over a part that all of them have, [curve][prompt].
std::vector<std::vector<double>> areas_of(const std::vector<const Curve*>& curves, Stretch part,
                                          std::int64_t heads) {
  std::vector<std::vector<double>> all;
  all.reserve(curves.size());
  for (const Curve* curve : curves) all.push_back(areas(*curve, part, heads));
  return all;
}

std::vector<double> means_of(const std::vector<std::vector<double>>& lists) {
  std::vector<double> means;
  means.reserve(lists.size());
  for (const auto& list : lists) means.push_back(mean_of(list));
  return means;
}

/// The ratio with its interval over orders and, where there are some, prompts.
Estimate ratio_of_areas(const std::vector<double>& own,
                        const std::vector<std::vector<double>>& others, const Ablation& ablation,
                        const Options& options) {
  BootstrapOptions how = resampling(options);
  how.covers = ablation.has_prompts ? "random orders and prompts" : "random orders";
  Estimate ratio = ratio_to_others(own, others, how);
  if (ablation.has_prompts && own.size() < least_units && ratio.value.ok()) {
    ratio.low = ratio.high = Status::few_units;  // one prompt is not a table without prompts
    ratio.method = {};
  }
  return ratio;
}

std::vector<double> row(const Curve& curve, std::size_t point) {
  const auto begin = curve.kl.begin() + static_cast<std::ptrdiff_t>(point * curve.prompts);
  return {begin, begin + static_cast<std::ptrdiff_t>(curve.prompts)};
}

/// The curve at equal parts of the heads, beginning with `first` parts.
std::vector<Share> shares(const Ablation& ablation, const Curve& curve,
                          const std::vector<const Curve*>& random, int first, int parts) {
  std::vector<Share> result;
  const Stretch part = stretch_of(curve);
  for (int i = first; i <= parts; ++i) {
    const double removed = static_cast<double>(ablation.heads) * i / parts;
    if (removed < part.from || removed > part.to) continue;
    Share share{.removed = removed};
    share.is_measured = std::binary_search(curve.removed.begin(), curve.removed.end(), removed);
    share.kl = mean_of(values_at(curve, removed));
    if (!random.empty()) share.random = mean_of(mean_values_at(random, removed));
    result.push_back(share);
  }
  return result;
}

void compare_areas(const Ablation& ablation, const Curve& curve,
                   const std::vector<const Curve*>& random, const Options& options,
                   OrderResult& result) {
  const std::vector<double> own = areas(curve, result.part, ablation.heads);
  result.auc = bootstrap_mean(own, resampling(options));
  const auto others = areas_of(random, result.part, ablation.heads);
  result.auc_ratio = ratio_of_areas(own, others, ablation, options);
  result.null = compare_with_random(result.auc.value.value(), means_of(others));
  if (result.null.z.ok()) result.orders_needed = random_orders_needed(result.null.z.value());
}

/// A ranking against the orders that follow its layers, where there are any.
std::optional<InLayer> compare_in_layers(const Ablation& ablation, const Order& order,
                                         const Options& options) {
  const auto follows = [&order](const Order& other) {
    return other.kind == Kind::random_in_layer && other.of == order.name;
  };
  if (order.kind != Kind::ranking || order.curve.removed.size() < 2 ||
      std::none_of(ablation.orders.begin(), ablation.orders.end(), follows)) {
    return std::nullopt;
  }
  InLayer result{.part = stretch_of(order.curve)};
  const auto others =
      areas_of(curves_over(ablation, result.part, follows), result.part, ablation.heads);
  const std::vector<double> own = areas(order.curve, result.part, ablation.heads);
  result.auc_ratio = ratio_of_areas(own, others, ablation, options);
  result.null = compare_with_random(mean_of(own), means_of(others));
  return result;
}

OrderResult analyze_order(const Ablation& ablation, const Order& order, const Options& options) {
  OrderResult result;
  const Curve& curve = order.curve;
  for (std::size_t i = 0; i < curve.removed.size(); ++i) {
    const Estimate kl = bootstrap_mean(row(curve, i), resampling(options));
    result.points.push_back({.removed = curve.removed[i], .kl = kl});
    if (curve.removed[i] == 0.0) result.at_zero = kl.value;
    if (curve.removed[i] == static_cast<double>(ablation.heads)) result.at_all = kl.value;
  }
  if (curve.removed.empty()) return result;
  result.part = stretch_of(curve);
  const auto random = random_curves(ablation, result.part, &order);
  result.eighths = shares(ablation, curve, random, 1, eighths);
  result.grid = shares(ablation, curve, random, 0, grid_steps);
  if (!random.empty()) {
    std::vector<double> kl;
    std::vector<double> means;
    for (const Point& point : result.points) {
      kl.push_back(point.kl.value.value());
      means.push_back(mean_of(mean_values_at(random, point.removed)));
    }
    result.above = points_above(curve.removed, kl, means);
  }
  if (curve.removed.size() > 1) compare_areas(ablation, curve, random, options, result);
  result.in_layer = compare_in_layers(ablation, order, options);
  return result;
}

BandPoint band_point(const Ablation& ablation, double removed, const Options& options) {
  const auto random = random_curves(ablation, {removed, removed});
  BandPoint result{.removed = removed, .orders = random.size()};
  std::vector<double> heights;
  heights.reserve(random.size());
  for (const Curve* curve : random) heights.push_back(mean_of(values_at(*curve, removed)));
  result.mean = bootstrap_mean(mean_values_at(random, removed), resampling(options));
  result.sd = standard_deviation(heights);
  result.low = *std::min_element(heights.begin(), heights.end());
  result.high = *std::max_element(heights.begin(), heights.end());
  return result;
}

/// Rank correlation of the places that the heads have in two orders.
Value agreement(const Order& a, const Order& b) {
  if (a.heads.empty() || b.heads.empty()) return Status::too_few_rows;
  const auto places = [](const Order& order) {
    std::vector<double> result(order.heads.size());
    for (std::size_t place = 0; place < result.size(); ++place) {
      result[static_cast<std::size_t>(order.heads[place])] = static_cast<double>(place);
    }
    return result;
  };
  return rank_correlation(places(a), places(b));
}

/// Fills in what prompts of both areas say. A table of means has no prompts to test with.
void compare_prompts(const std::vector<double>& own, const std::vector<double>& other,
                     bool has_prompts, const Options& options, Comparison& result) {
  std::vector<double> differences(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) differences[i] = own[i] - other[i];
  result.difference = bootstrap_mean(differences, resampling(options));
  if (!has_prompts) return;
  result.prompts_more = static_cast<std::size_t>(std::count_if(
      differences.begin(), differences.end(), [](double difference) { return difference > 0.0; }));
  const SignFlipTest test = sign_flip_test(differences, {.seed = options.seed});
  result.p_value = test.p_value;
  result.least_p = test.least_p;
}

/// How many other pairs differ in their areas at least as much as the two compared.
/// @param areas  of the two, then of the random orders
void compare_pairs(const std::vector<double>& areas, Comparison& result) {
  if (areas.size() < 3) return;
  std::vector<double> differences;
  for (std::size_t i = 2; i < areas.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) differences.push_back(std::abs(areas[i] - areas[j]));
  }
  const double difference = std::abs(areas[0] - areas[1]);
  result.pairs = differences.size();
  result.among_pairs = permutation_p(difference, differences);
  result.pairs_as_far = static_cast<std::size_t>(
      std::count_if(differences.begin(), differences.end(),
                    [difference](double other) { return other >= difference; }));
}

/// A comparison without numbers for every pair that is to be compared.
std::vector<Comparison> pairs_to_compare(const Ablation& ablation) {
  const auto is_random = [&](std::size_t i) { return is_drawn(ablation.orders[i].kind); };
  std::vector<Comparison> result;
  for (std::size_t i = 0; i < ablation.orders.size(); ++i) {
    if (is_random(i)) continue;
    result.push_back({.order = i, .against = std::nullopt});
    for (std::size_t j = i + 1; j < ablation.orders.size(); ++j) {
      if (is_random(j)) continue;
      const bool swap = ablation.orders[i].kind == Kind::baseline &&
                        ablation.orders[j].kind == Kind::ranking;  // the ranking comes first
      result.push_back({.order = swap ? j : i, .against = swap ? i : j});
    }
  }
  return result;
}

void compare(const Ablation& ablation, const Options& options, Comparison& result) {
  const Order& order = ablation.orders[result.order];
  if (order.curve.removed.empty()) return;
  result.part = stretch_of(order.curve);
  if (result.against) {
    const Order& other = ablation.orders[*result.against];
    result.rank_correlation = agreement(order, other);
    if (other.curve.removed.empty()) return;
    const Stretch there = stretch_of(other.curve);
    result.part = {std::max(result.part.from, there.from), std::min(result.part.to, there.to)};
    if (!(result.part.from < result.part.to)) return;
    std::vector<std::vector<double>> all = {areas(order.curve, result.part, ablation.heads),
                                            areas(other.curve, result.part, ablation.heads)};
    compare_prompts(all[0], all[1], ablation.has_prompts, options, result);
    const auto random = areas_of(random_curves(ablation, result.part), result.part, ablation.heads);
    all.insert(all.end(), random.begin(), random.end());
    compare_pairs(means_of(all), result);
    return;
  }
  const auto random = random_curves(ablation, result.part);
  if (random.empty() || !(result.part.from < result.part.to)) return;
  compare_prompts(areas(order.curve, result.part, ablation.heads),
                  mean_by_prompt(areas_of(random, result.part, ablation.heads)),
                  ablation.has_prompts, options, result);
}

void widen(std::optional<Stretch>& range, double value) {
  if (!range) range = Stretch{value, value};
  range->from = std::min(range->from, value);
  range->to = std::max(range->to, value);
}

/// What the random orders are like among themselves: how far chance alone goes.
void describe_random_orders(Result& result) {
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    const OrderResult& found = result.orders[i];
    if (result.data.orders[i].kind != Kind::random || !found.auc_ratio.value.ok()) continue;
    widen(result.random_ratios, found.auc_ratio.value.value());
    widen(result.random_above, static_cast<double>(found.above.above));
  }
}

}  // namespace

Result analyze(const Ablation& ablation, const Options& options) {
  Result result;
  result.data = ablation;
  result.label = ablation.name;
  result.orders.resize(ablation.orders.size());
  for_each_tile(ablation.orders.size(), options.threads, [&](std::size_t i) {
    result.orders[i] = analyze_order(ablation, ablation.orders[i], options);
  });
  describe_random_orders(result);
  std::set<double> counts;
  for (const Order& order : ablation.orders) {
    if (order.kind != Kind::random) continue;
    counts.insert(order.curve.removed.begin(), order.curve.removed.end());
  }
  const std::vector<double> grid(counts.begin(), counts.end());
  result.band.resize(grid.size());
  for_each_tile(grid.size(), options.threads,
                [&](std::size_t i) { result.band[i] = band_point(ablation, grid[i], options); });
  result.comparisons = pairs_to_compare(ablation);
  for_each_tile(result.comparisons.size(), options.threads,
                [&](std::size_t i) { compare(ablation, options, result.comparisons[i]); });
  return result;
}

std::vector<Result> analyze_paths(const std::vector<std::filesystem::path>& paths,
                                  const ReadOptions& read, const Options& options) {
  std::vector<Ablation> ablations;
  std::vector<std::string> names;
  for (const auto& path : paths) {
    ablations.push_back(read_ablation(path, read));
    names.push_back(ablations.back().name);
  }
  const std::vector<std::string> labels = report::unique_labels(names);
  std::vector<Result> results;
  for (std::size_t i = 0; i < ablations.size(); ++i) {
    results.push_back(analyze(ablations[i], options));
    results.back().label = labels[i];
  }
  return results;
}

}  // namespace phiscope::analyze::ablation
