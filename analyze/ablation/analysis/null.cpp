// SPDX-License-Identifier: MIT
#include "ablation/analysis/null.hpp"

#include <phiscope/permutation_p.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace phiscope::analyze::ablation {

RandomNull compare_with_random(double area, std::span<const double> random) {
  RandomNull result;
  result.orders = random.size();
  if (random.empty()) return result;
  const auto count = [&](auto holds) {
    return static_cast<std::size_t>(std::count_if(random.begin(), random.end(), holds));
  };
  result.above = count([area](double other) { return other > area; });
  result.below = count([area](double other) { return other < area; });
  const PermutationP more = permutation_p(area, random, Side::greater);
  result.p_more = more.p_value;
  result.p_less = permutation_p(area, random, Side::less).p_value;
  result.least_p = more.least_p;
  const double mean = mean_of(random);
  result.mean = mean;
  result.sd = standard_deviation(random);
  if (!result.sd.ok()) return result;
  const double sd = result.sd.value();
  result.z = sd > 0.0 ? Value((area - mean) / sd) : Value(Status::constant);
  return result;
}

std::optional<std::int64_t> random_orders_needed(double z, double level) {
  const double tail = 0.5 * std::erfc(std::abs(z) / std::sqrt(2.0));
  if (!(tail < level)) return std::nullopt;
  // (1 + n q) / (1 + n) < level means n > (1 - level) / (level - q); rounding is settled by trying.
  double n = std::max(0.0, std::floor((1.0 - level) / (level - tail)) - 1.0);
  while ((1.0 + n * tail) / (1.0 + n) >= level) ++n;
  if (n > 1e15) return std::nullopt;
  return static_cast<std::int64_t>(n);
}

AbovePoints points_above(std::span<const double> removed, std::span<const double> kl,
                         std::span<const double> random) {
  if (removed.size() != kl.size() || removed.size() != random.size()) {
    throw std::invalid_argument("points_above: lengths " + std::to_string(removed.size()) + ", " +
                                std::to_string(kl.size()) + " and " +
                                std::to_string(random.size()) + ", expected equal ones");
  }
  constexpr double rounding = 1e-9;
  AbovePoints result;
  bool follows = false;  // the point before is above
  for (std::size_t i = 0; i < removed.size(); ++i) {
    if (removed[i] == 0.0) continue;
    ++result.compared;
    const double excess = kl[i] - random[i];
    if (!(excess > rounding * std::max(std::abs(kl[i]), std::abs(random[i])))) {
      follows = false;
      continue;
    }
    ++result.above;
    if (!follows) result.ranges.push_back({.from = removed[i]});
    follows = true;
    AboveRange& range = result.ranges.back();
    range.to = removed[i];
    ++range.points;
    range.excess += (excess - range.excess) / static_cast<double>(range.points);  // running mean
  }
  return result;
}

}  // namespace phiscope::analyze::ablation
