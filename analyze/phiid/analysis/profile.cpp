// SPDX-License-Identifier: MIT
#include "phiid/analysis/profile.hpp"

#include <phiscope/quadratic_fit.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <array>

namespace phiscope::analyze::phiid {
namespace {

/// What follows the means of the layers in a list of the numbers of a profile.
enum Summary : std::size_t {
  first_third,
  middle_third,
  last_third,
  contrast,
  curvature,
  first_slope,
  last_slope,
  vertex,
  explained,
  summaries
};

/// Mean of the numbers that are ok.
class Mean {
 public:
  void add(const Value& value) {
    reason_ = first_reason(reason_, value.status());
    if (!value.ok()) return;
    sum_ += value.value();
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] Value value() const {
    if (count_ > 0) return sum_.value() / static_cast<double>(count_);
    return reason_ == Status::ok ? Value(Status::too_few_rows) : Value(reason_);
  }

 private:
  CompensatedSum sum_;
  std::size_t count_ = 0;
  Status reason_ = Status::ok;
};

/// @param thirds  first, middle, last
Value middle_above_outer(std::span<const Value> thirds) {
  const Status defined =
      first_reason(first_reason(thirds[0].status(), thirds[1].status()), thirds[2].status());
  if (defined != Status::ok) return defined;
  return thirds[1].value() - (thirds[0].value() + thirds[2].value()) / 2.0;
}

/// Means of the layers and what is made of them: [layer] and [Summary].
std::vector<Value> numbers_of(std::span<const Value> values, std::span<const double> depth) {
  const std::size_t layers = depth.size();
  const std::size_t heads = values.size() / layers;
  std::array<Mean, 3> thirds;
  std::vector<Value> numbers;
  std::vector<double> x, y;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    Mean mean;
    for (const Value& value : values.subspan(layer * heads, heads)) {
      mean.add(value);
      thirds[third_of(layer, layers)].add(value);
    }
    numbers.push_back(mean.value());
    if (!numbers.back().ok()) continue;
    x.push_back(depth[layer]);
    y.push_back(numbers.back().value());
  }
  for (const Mean& third : thirds) numbers.push_back(third.value());
  numbers.push_back(middle_above_outer(std::span(numbers).last(3)));
  const QuadraticFit fit = quadratic_fit(x, y);
  if (fit.status != Status::ok) {
    numbers.resize(layers + summaries, Value(fit.status));
    return numbers;
  }
  numbers.insert(numbers.end(), {fit.curvature, fit.slope_at(0.0), fit.slope_at(1.0), fit.vertex(),
                                 fit.explained});
  return numbers;
}

}  // namespace

std::vector<double> depths(std::span<const std::int64_t> layers) {
  std::vector<double> result;
  const auto range = static_cast<double>(layers.back() - layers.front());
  for (const std::int64_t layer : layers) {
    result.push_back(range > 0.0 ? static_cast<double>(layer - layers.front()) / range : 0.0);
  }
  return result;
}

Profile profile(std::string measure, std::span<const Value> values,
                const std::vector<std::vector<Value>>& resampled, std::size_t prompts,
                std::span<const std::int64_t> layers) {
  Profile result;
  result.measure = std::move(measure);
  result.depth = depths(layers);
  const std::vector<Value> numbers = numbers_of(values, result.depth);
  std::vector<std::vector<Value>> drawn(numbers.size());  // [number][resample]
  for (const std::vector<Value>& resample : resampled) {
    const std::vector<Value> own = numbers_of(resample, result.depth);
    for (std::size_t k = 0; k < own.size(); ++k) drawn[k].push_back(own[k]);
  }
  const auto estimate = [&](std::size_t k) { return over_prompts(numbers[k], drawn[k], prompts); };
  const std::size_t heads = values.size() / layers.size();
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    result.layers.push_back(estimate(layer));
    const auto own = values.subspan(layer * heads, heads);
    result.n_ok.push_back(static_cast<std::size_t>(
        std::count_if(own.begin(), own.end(), [](const Value& value) { return value.ok(); })));
  }
  const auto summary = [&](Summary k) { return estimate(layers.size() + k); };
  result.first = summary(first_third);
  result.middle = summary(middle_third);
  result.last = summary(last_third);
  result.contrast = summary(contrast);
  result.curvature = summary(curvature);
  result.first_slope = summary(first_slope);
  result.last_slope = summary(last_slope);
  result.vertex = summary(vertex);
  result.explained = summary(explained);
  return result;
}

}  // namespace phiscope::analyze::phiid
