// SPDX-License-Identifier: MIT
#include "ablation/curve.hpp"

#include <phiscope/auc.hpp>
#include <phiscope/bootstrap.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace phiscope::analyze::ablation {
namespace {

/// KL of one prompt along the curve, [point].
std::vector<double> prompt_curve(const Curve& curve, std::size_t prompt) {
  std::vector<double> values(curve.removed.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = curve.kl[i * curve.prompts + prompt];
  return values;
}

Value quotient(double numerator, double denominator) {
  if (denominator == 0.0) return Status::constant;
  return numerator / denominator;
}

}  // namespace

Stretch stretch_of(const Curve& curve) {
  return {curve.removed.front(), curve.removed.back()};
}

std::vector<double> values_at(const Curve& curve, double removed) {
  const auto above = std::lower_bound(curve.removed.begin(), curve.removed.end(), removed);
  if (above == curve.removed.end() || !(curve.removed.front() <= removed)) {
    throw std::invalid_argument("values_at: the curve does not reach " + std::to_string(removed) +
                                " heads removed");
  }
  const auto right = static_cast<std::size_t>(above - curve.removed.begin());
  const std::span<const double> kl(curve.kl);
  const auto row = kl.subspan(right * curve.prompts, curve.prompts);
  if (*above == removed) return {row.begin(), row.end()};
  const auto before = kl.subspan((right - 1) * curve.prompts, curve.prompts);
  const std::vector<double> ends = {curve.removed[right - 1], *above};
  const std::vector<double> place = {removed};
  std::vector<double> values;
  for (std::size_t prompt = 0; prompt < curve.prompts; ++prompt) {
    const std::vector<double> heights = {before[prompt], row[prompt]};
    values.push_back(interpolate(ends, heights, place).front().value());
  }
  return values;
}

std::vector<double> areas(const Curve& curve, Stretch part, std::int64_t heads) {
  if (!(part.from < part.to)) throw std::invalid_argument("areas: an empty part of the axis");
  Curve inner{.removed = {part.from}, .kl = values_at(curve, part.from), .prompts = curve.prompts};
  const auto append = [&](double removed, std::vector<double> values) {
    inner.removed.push_back(removed);
    inner.kl.insert(inner.kl.end(), values.begin(), values.end());
  };
  for (const double removed : curve.removed) {
    if (part.from < removed && removed < part.to) append(removed, values_at(curve, removed));
  }
  append(part.to, values_at(curve, part.to));
  for (double& removed : inner.removed) removed /= static_cast<double>(heads);
  std::vector<double> result;
  result.reserve(curve.prompts);
  for (std::size_t prompt = 0; prompt < curve.prompts; ++prompt) {
    result.push_back(auc(inner.removed, prompt_curve(inner, prompt)).value());
  }
  return result;
}

std::vector<double> mean_by_prompt(const std::vector<std::vector<double>>& lists) {
  std::vector<double> means(lists.front().size());
  for (std::size_t prompt = 0; prompt < means.size(); ++prompt) {
    std::vector<double> values;
    values.reserve(lists.size());
    for (const auto& list : lists) values.push_back(list[prompt]);
    means[prompt] = mean_of(values);
  }
  return means;
}

std::vector<double> mean_values_at(std::span<const Curve* const> curves, double removed) {
  std::vector<std::vector<double>> lists;
  lists.reserve(curves.size());
  for (const Curve* curve : curves) lists.push_back(values_at(*curve, removed));
  return mean_by_prompt(lists);
}

Estimate mean_estimate(std::span<const double> by_prompt, const BootstrapOptions& options) {
  std::vector<std::int64_t> units(by_prompt.size());
  std::iota(units.begin(), units.end(), std::int64_t{0});
  const BootstrapMean mean = bootstrap_mean(by_prompt, units, options);
  return static_cast<const Estimate&>(mean);  // every event is a unit: nothing else is to tell
}

Estimate ratio_estimate(std::span<const double> numerator, std::span<const double> denominator,
                        const BootstrapOptions& options) {
  if (numerator.size() != denominator.size()) {
    throw std::invalid_argument("ratio_estimate: " + std::to_string(numerator.size()) + " and " +
                                std::to_string(denominator.size()) +
                                " prompts, expected equal counts");
  }
  const auto ratio = [&](std::span<const std::size_t> drawn) {
    double above = 0.0;
    double below = 0.0;
    for (const std::size_t prompt : drawn) {
      above += numerator[prompt];
      below += denominator[prompt];
    }
    return quotient(above, below);
  };
  const std::size_t prompts = numerator.size();
  if (prompts == 0) return {};
  return bootstrap(quotient(mean_of(numerator), mean_of(denominator)), prompts, ratio, options);
}

}  // namespace phiscope::analyze::ablation
