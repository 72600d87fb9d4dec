// SPDX-License-Identifier: MIT
#include "ablation/analysis/curve.hpp"

#include <phiscope/auc.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
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

}  // namespace phiscope::analyze::ablation
