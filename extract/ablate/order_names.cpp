// SPDX-License-Identifier: MIT
#include "ablate/order_names.hpp"

#include "files/ranking_csv.hpp"
#include "shard/text/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// "balance" as a column's name: balance_score where a file has that, else as it is.
std::vector<std::string> column_names(std::string name) {
  std::ranges::replace(name, '-', '_');
  return {name + "_score", name};
}

constexpr std::string_view random_prefix = "random:";
constexpr std::string_view in_layer_prefix = "random-in-layer:";

bool is_drawn(const AblationOrder& order) {
  return order.kind == "random" || order.kind == "random-in-layer";
}

/// FIRST and LAST of "random:FIRST-LAST" or "random:N".
std::pair<int, int> random_range(const std::string& text, std::string_view prefix) {
  const std::string numbers = text.substr(prefix.size());
  const std::size_t dash = numbers.find('-');
  const auto number = [&](const std::string& part) {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 0 || value > 9999) {
      throw std::runtime_error("--orders: found '" + text + "', expected " + std::string(prefix) +
                               "FIRST-LAST with numbers up to 9999");
    }
    return value;
  };
  const int first = number(numbers.substr(0, dash));
  const int last = dash == std::string::npos ? first : number(numbers.substr(dash + 1));
  if (last < first) {
    throw std::runtime_error("--orders: found '" + text + "', expected FIRST up to LAST");
  }
  return {first, last};
}

/// For every ranking the orders of "random-in-layer:FIRST-LAST". With several rankings their names
/// end with that of the ranking.
std::vector<AblationOrder> layer_matched(const std::string& text,
                                         const std::vector<AblationOrder>& orders,
                                         int heads_per_layer, std::uint64_t seed) {
  const auto [first, last] = random_range(text, in_layer_prefix);
  std::vector<const AblationOrder*> rankings;
  for (const AblationOrder& order : orders) {
    if (order.kind == "ranking") rankings.push_back(&order);
  }
  if (rankings.empty()) {
    throw std::runtime_error("--orders: found '" + text +
                             "' without a ranking, expected one whose layers it can follow");
  }
  std::vector<AblationOrder> made;
  for (std::size_t which = 0; which < rankings.size(); ++which) {
    for (int number = first; number <= last; ++number) {
      made.push_back({.name = "random-in-layer-" + std::to_string(number) +
                              (rankings.size() > 1 ? ":" + rankings[which]->name : ""),
                      .kind = "random-in-layer",
                      .heads = random_order_in_layers(rankings[which]->heads, heads_per_layer, seed,
                                                      static_cast<std::uint32_t>(number),
                                                      static_cast<std::uint32_t>(which)),
                      .of = rankings[which]->name});
    }
  }
  return made;
}

/// The order that a column of one of the files gives.
AblationOrder ranked_order(const AblateOptions& options, const std::string& name,
                           const std::vector<std::string>& columns, const ModelConfig& config) {
  const HeadGrid grid{.layers = config.layers, .heads = config.heads};
  for (const std::string& column : columns) {
    for (const std::filesystem::path& file : options.rankings) {
      if (!shard::Csv::read(file).has(column)) continue;
      const Ranking ranking = read_ranking(file, column, grid);
      const std::vector<std::int64_t> heads = ranking.descending();
      constexpr std::array<std::string_view, 3> decompositions{
          "balance_score", "rank_difference_score", "tdmi_score"};
      const bool ranks = std::ranges::count(decompositions, column) > 0;
      return {.name = name,
              .kind = ranks ? "ranking" : "baseline",
              .heads = {heads.begin(), heads.end()}};
    }
  }
  std::string files;
  for (const std::filesystem::path& file : options.rankings) files += " " + file.string();
  throw std::runtime_error(
      "--orders: found '" + name +
      "', expected random:FIRST-LAST, random-in-layer:FIRST-LAST or a column '" + columns.front() +
      "' or '" + columns.back() + "' of --ranking" + (files.empty() ? " (none given)" : files));
}

}  // namespace

std::vector<AblationOrder> read_orders(const AblateOptions& options, const ModelConfig& config) {
  const int heads = static_cast<int>(config.layers * config.heads);
  std::vector<AblationOrder> orders;
  for (const std::string& name : options.orders) {
    if (name.starts_with(in_layer_prefix)) continue;
    if (!name.starts_with(random_prefix)) {
      orders.push_back(ranked_order(options, name, column_names(name), config));
      continue;
    }
    const auto [first, last] = random_range(name, random_prefix);
    for (int number = first; number <= last; ++number) {
      orders.push_back(
          {.name = "random-" + std::to_string(number),
           .kind = "random",
           .heads = random_order(heads, options.run.seed, static_cast<std::uint32_t>(number))});
    }
  }
  for (const std::string& column : options.score_columns) {
    orders.push_back(ranked_order(options, column, {column}, config));
    orders.back().kind = "ranking";
  }
  std::vector<AblationOrder> matched;
  for (const std::string& name : options.orders) {
    if (!name.starts_with(in_layer_prefix)) continue;
    const auto more = layer_matched(name, orders, static_cast<int>(config.heads), options.run.seed);
    matched.insert(matched.end(), more.begin(), more.end());
  }
  orders.insert(orders.end(), matched.begin(), matched.end());
  for (std::size_t o = 0; o < orders.size(); ++o) {
    const bool twice = std::ranges::any_of(
        orders.begin(), orders.begin() + static_cast<std::ptrdiff_t>(o),
        [&](const AblationOrder& other) { return other.name == orders[o].name; });
    if (twice) throw std::runtime_error("--orders: '" + orders[o].name + "' is listed twice");
  }
  if (orders.empty()) throw std::runtime_error("--orders: found nothing, expected orders");
  return orders;
}

std::string primary_comparison(const std::string& given, const std::vector<AblationOrder>& orders) {
  if (given.empty()) {
    const auto ranking = std::ranges::find(orders, "ranking", &AblationOrder::kind);
    if (ranking != orders.end()) return ranking->name;
    const auto scored = std::ranges::find_if_not(orders, is_drawn);
    return scored == orders.end() ? "" : scored->name;
  }
  std::string known;
  for (const AblationOrder& order : orders) {
    const bool matched = std::ranges::any_of(
        orders, [&](const AblationOrder& other) { return other.of == order.name; });
    if (given == order.name || (matched && given == order.name + ":in-layer")) return given;
    if (is_drawn(order)) continue;
    known += (known.empty() ? "" : ", ") + order.name;
    if (matched) known += ", " + order.name + ":in-layer";
  }
  throw std::runtime_error("--primary: found '" + given + "', expected an order of this run" +
                           (known.empty() ? "" : " (" + known + ")") +
                           ", or NAME:in-layer of a ranking with random-in-layer orders");
}

}  // namespace phiscope::extract
