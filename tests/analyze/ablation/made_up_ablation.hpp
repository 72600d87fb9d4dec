// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"

#include <string>
#include <utility>
#include <vector>

namespace phiscope::test {

/// Numbers and estimates of which no two are equal, above a start.
class DistinctKl {
 public:
  explicit DistinctKl(double start) : last_(start) {}
  double next() { return last_ += 0.0078125; }
  Estimate estimate() {
    const double value = next();
    ++units_;
    return {.value = value,
            .low = value - 0.25,
            .high = value + 0.5,
            .units = units_,
            .draws = 1000 + units_,
            .undefined_draws = 2000 + units_,
            .method = "some method",
            .covers = "prompts"};
  }

 private:
  double last_;
  std::size_t units_ = 20;
};

inline analyze::ablation::RandomNull made_up_null(std::size_t order, DistinctKl& numbers) {
  return {.orders = 30 + order,
          .above = 20 + order,
          .below = 10 + order,
          .mean = numbers.next(),
          .sd = numbers.next(),
          .p_more = 1.0 / numbers.next(),
          .p_less = 1.0 / numbers.next(),
          .least_p = 1.0 / numbers.next(),
          .z = numbers.next()};
}

inline analyze::ablation::OrderResult made_up_order(std::size_t order, double heads,
                                                    DistinctKl& numbers) {
  analyze::ablation::OrderResult result;
  result.part = {.from = 0.0, .to = heads};
  for (int i = 0; i <= 4; ++i) {
    result.points.push_back({.removed = heads * i / 4, .kl = numbers.estimate()});
  }
  result.at_zero = numbers.next();
  result.at_all = numbers.next();
  result.auc = numbers.estimate();
  result.auc_ratio = numbers.estimate();
  result.null = made_up_null(order, numbers);
  result.orders_needed = static_cast<std::int64_t>(400 + order);
  result.above.compared = 50 + order;
  result.above.above = 40 + order;
  for (int i = 0; i < 2; ++i) {
    result.above.ranges.push_back({.from = 1.0 + 4 * i,
                                   .to = 3.0 + 6 * i,
                                   .points = static_cast<std::size_t>(2 + i),
                                   .excess = numbers.next()});
  }
  const auto share = [&](double removed) {
    analyze::ablation::Share each{.removed = removed};
    each.is_measured = static_cast<int>(removed) % 2 == 0;
    each.kl = numbers.next();
    each.random = numbers.next();
    return each;
  };
  for (int i = 1; i <= analyze::ablation::eighths; ++i) {
    result.eighths.push_back(share(heads * i / analyze::ablation::eighths));
  }
  for (int i = 0; i <= analyze::ablation::grid_steps; ++i) {
    result.grid.push_back(share(heads * i / analyze::ablation::grid_steps));
  }
  result.grid[7].random = Status::too_few_rows;  // no random order reaches it
  return result;
}

/// Results that no analysis gave, with a number of its own in every place: two rankings, a
/// baseline, two random orders and one within the layers of the first ranking, of 16 heads. @param
/// start  results with starts far apart share no number
inline analyze::ablation::Result made_up_ablation(const std::string& label, double start) {
  using analyze::ablation::Kind;
  analyze::ablation::Result result;
  result.label = label;
  result.data.name = label;
  result.data.path = "folder/" + label;
  result.data.heads = 16;
  result.data.removal = "zero";
  result.data.primary = "balance";
  result.data.has_prompts = true;
  result.data.prompts = 12;
  DistinctKl numbers(start);
  for (const auto& [name, kind] :
       {std::pair("balance", Kind::ranking), std::pair("norm", Kind::baseline),
        std::pair("tdmi", Kind::ranking), std::pair("random:0", Kind::random),
        std::pair("random:1", Kind::random), std::pair("in-layer", Kind::random_in_layer)}) {
    const std::size_t index = result.orders.size();
    analyze::ablation::Order order{.name = name, .kind = kind};
    order.planned = {0, 4, 8, 12, 16};
    order.curve.removed = {0, 4, 8, 12, 16};
    order.measured = 5;
    if (kind == Kind::random_in_layer) order.of = "balance";
    result.data.orders.push_back(order);
    result.orders.push_back(made_up_order(index, 16.0, numbers));
  }
  for (int i = 0; i <= 4; ++i) {
    result.band.push_back({.removed = 4.0 * i,
                           .orders = static_cast<std::size_t>(2 + i),
                           .mean = numbers.estimate(),
                           .sd = numbers.next(),
                           .low = numbers.next() - 0.4,
                           .high = numbers.next() + 0.4});
  }
  const std::vector<std::pair<std::size_t, std::optional<std::size_t>>> pairs = {
      {0, std::nullopt}, {0, 1}, {0, 2}, {2, 1}};
  for (const auto& [order, against] : pairs) {
    analyze::ablation::Comparison comparison{.order = order, .against = against};
    comparison.part = {.from = 0.0, .to = 16.0};
    comparison.difference = numbers.estimate();
    comparison.p_value = 1.0 / numbers.next();
    comparison.prompts_more = 5 + result.comparisons.size();
    comparison.least_p = 1.0 / numbers.next();
    comparison.pairs = 60 + result.comparisons.size();
    comparison.pairs_as_far = 50 + result.comparisons.size();
    comparison.among_pairs = {
        .p_value = 1.0 / numbers.next(), .least_p = 1.0 / numbers.next(), .draws = 0};
    comparison.rank_correlation = numbers.next();
    result.comparisons.push_back(comparison);
  }
  result.orders[0].in_layer = analyze::ablation::InLayer{.part = {.from = 4.0, .to = 12.0},
                                                         .auc_ratio = numbers.estimate(),
                                                         .null = made_up_null(40, numbers)};
  result.random_ratios = {numbers.next(), numbers.next()};
  result.random_above = {numbers.next(), numbers.next()};
  return result;
}

}  // namespace phiscope::test
