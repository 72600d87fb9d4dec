// SPDX-License-Identifier: MIT
#include "ablation/analysis/data.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/csv.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace phiscope::analyze::ablation {
namespace {

using shard::Csv;
using shard::FormatError;

constexpr std::int64_t most_heads = 10'000'000;

/// Index of the first of the names that is a column; the first one is named if there is none.
std::size_t column_of(const Csv& csv, std::string_view name, std::string_view other) {
  return csv.column(csv.has(name) || !csv.has(other) ? name : other);
}

void refuse_several_runs(const Csv& csv) {
  if (!csv.has("run")) return;
  const std::size_t run = csv.column("run");
  for (std::size_t row = 1; row < csv.rows(); ++row) {
    if (csv.text(row, run) != csv.text(0, run)) csv.refuse(row, run, "one run in the whole file");
  }
}

Kind kind_of_row(const Csv& csv, std::size_t row, const std::string& order) {
  if (!csv.has("kind")) return order.starts_with("random") ? Kind::random : Kind::ranking;
  const std::size_t column = csv.column("kind");
  const auto kind = kind_named(csv.text(row, column));
  if (!kind) csv.refuse(row, column, "ranking, baseline, random or random-in-layer");
  return *kind;
}

/// Points of one order: heads removed -> KL and row.
struct Points {
  Kind kind = Kind::ranking;
  std::map<std::int64_t, double> kl;
};

/// The ranking that an order of a table follows by its name.
std::string followed_by(const Order& order, const Ablation& ablation) {
  const std::size_t colon = order.name.find(':');
  std::vector<std::string> rankings;
  for (const Order& other : ablation.orders) {
    if (other.kind != Kind::ranking) continue;
    if (colon != std::string::npos && order.name.substr(colon + 1) == other.name) return other.name;
    rankings.push_back(other.name);
  }
  if (rankings.size() == 1) return rankings.front();
  throw FormatError(ablation.path, "order " + shard::quote_bytes(order.name) +
                                       " of kind random-in-layer: found " +
                                       std::to_string(rankings.size()) +
                                       " rankings, expected one, or its name after a colon");
}

void keep_orders(const std::vector<std::string>& wanted, Ablation& ablation) {
  if (wanted.empty()) return;
  std::vector<Order> kept;
  for (const std::string& name : wanted) {
    const auto found = std::find_if(ablation.orders.begin(), ablation.orders.end(),
                                    [&name](const Order& order) { return order.name == name; });
    if (found == ablation.orders.end()) {
      std::string there;
      for (const Order& order : ablation.orders) there += (there.empty() ? "" : ", ") + order.name;
      throw FormatError(ablation.path, "found the orders " + there + ", expected " +
                                           shard::quote_bytes(name) + " among them");
    }
    kept.push_back(*found);
  }
  ablation.orders = std::move(kept);
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::ranking:
      return "ranking";
    case Kind::baseline:
      return "baseline";
    case Kind::random:
      return "random";
    case Kind::random_in_layer:
      break;
  }
  return "random-in-layer";
}

std::optional<Kind> kind_named(std::string_view name) noexcept {
  for (const Kind kind : {Kind::ranking, Kind::baseline, Kind::random, Kind::random_in_layer}) {
    if (kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

Ablation read_ablation_csv(const std::filesystem::path& file, std::int64_t heads) {
  const Csv csv = Csv::read(file);
  const std::size_t removed = column_of(csv, "num_heads_removed", "removed");
  const std::size_t kl = column_of(csv, "mean_kl_div", "kl");
  const std::size_t order = column_of(csv, "order_type", "order");
  refuse_several_runs(csv);
  std::vector<std::string> names;  // in the order of the file
  std::map<std::string, Points> by_name;
  std::int64_t most = 0;
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    const std::string& name = csv.text(row, order);
    if (name.empty()) csv.refuse(row, order, "the name of an order");
    const Kind kind = kind_of_row(csv, row, name);
    if (!by_name.contains(name)) {
      names.push_back(name);
      by_name[name].kind = kind;
    }
    Points& points = by_name[name];
    if (points.kind != kind) {
      csv.refuse(row, csv.column("kind"), std::string(kind_name(points.kind)) + " as before");
    }
    const std::int64_t count = csv.count(row, removed, heads > 0 ? heads : most_heads);
    most = std::max(most, count);
    if (!points.kl.emplace(count, csv.number(row, kl)).second) {
      csv.refuse(row, removed, "every number of heads once in an order");
    }
  }
  if (most == 0)
    throw FormatError(file, "line 2: found no row with a head removed, expected at least one");

  Ablation ablation;
  ablation.path = file;
  ablation.name = file.stem().string();
  ablation.heads = heads > 0 ? heads : most;
  ablation.prompts = 1;
  for (const std::string& name : names) {
    Order result{.name = name, .kind = by_name[name].kind};
    result.curve.prompts = 1;
    for (const auto& [count, value] : by_name[name].kl) {
      result.planned.push_back(count);
      result.curve.removed.push_back(static_cast<double>(count));
      result.curve.kl.push_back(value);
    }
    result.measured = result.planned.size();
    ablation.orders.push_back(std::move(result));
  }
  for (Order& each : ablation.orders) {
    if (each.kind == Kind::random_in_layer) each.of = followed_by(each, ablation);
  }
  return ablation;
}

Ablation read_ablation(const std::filesystem::path& path, const ReadOptions& options) {
  Ablation ablation = std::filesystem::is_directory(path) ? read_ablation_run(path, options.run)
                                                          : read_ablation_csv(path, options.heads);
  keep_orders(options.orders, ablation);
  return ablation;
}

}  // namespace phiscope::analyze::ablation
