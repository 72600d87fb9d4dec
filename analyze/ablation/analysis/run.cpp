// SPDX-License-Identifier: MIT
#include "ablation/analysis/data.hpp"
#include "shard/file/format_error.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace phiscope::analyze::ablation {
namespace {

using shard::FormatError;
using shard::JsonObject;

/// KL of every planned step of every order, as far as the shards have it.
struct Grid {
  std::size_t steps = 0;
  std::size_t prompts = 0;
  std::vector<std::optional<double>> kl = {};  ///< [order, step, prompt]

  [[nodiscard]] std::optional<double>& at(std::size_t order, std::size_t step, std::size_t prompt) {
    return kl[(order * steps + step) * prompts + prompt];
  }
  [[nodiscard]] std::size_t present(std::size_t order, std::size_t step) const {
    const auto begin = kl.begin() + static_cast<std::ptrdiff_t>((order * steps + step) * prompts);
    return prompts - static_cast<std::size_t>(std::count(
                         begin, begin + static_cast<std::ptrdiff_t>(prompts), std::nullopt));
  }
};

void check_layout(const shard::Run& run, const std::filesystem::path& plan_file) {
  const auto& plan = run.plan();
  const auto array = std::find_if(plan.arrays.begin(), plan.arrays.end(),
                                  [](const auto& each) { return each.name == "kl"; });
  if (plan.experiment != "ablate" || array == plan.arrays.end()) {
    throw FormatError(plan_file, "experiment is '" + plan.experiment + "' with " +
                                     std::to_string(plan.arrays.size()) +
                                     " arrays, expected 'ablate' with an array 'kl'");
  }
  const auto space = std::find_if(plan.row_spaces.begin(), plan.row_spaces.end(),
                                  [](const auto& each) { return each.name == "ablation"; });
  const std::vector<std::string> key = {"order", "removed", "prompt"};
  const bool has_keys = space != plan.row_spaces.end() && space->key == key;
  if (!has_keys || array->row_space != "ablation" || array->dtype != shard::Dtype::f8 ||
      array->axes != std::vector<std::string>{"row"}) {
    throw FormatError(plan_file,
                      "array 'kl': expected axis row, dtype <f8 and the row space 'ablation' with "
                      "the key order, removed, prompt");
  }
}

/// Refuses a list that is not the heads 0 .. heads - 1 in some order.
void check_heads(const JsonObject& order, const std::vector<std::int64_t>& found,
                 std::int64_t heads) {
  const std::set<std::int64_t> distinct(found.begin(), found.end());
  if (static_cast<std::int64_t>(found.size()) == heads && distinct.size() == found.size() &&
      *distinct.begin() == 0 && *distinct.rbegin() == heads - 1) {
    return;
  }
  order.refuse("heads", "the heads 0 to " + std::to_string(heads - 1) + ", each once");
}

std::int64_t positive(const JsonObject& plan, std::string_view name) {
  constexpr std::uint64_t largest = 10'000'000;
  const std::uint64_t value = plan.count(name);
  if (value == 0 || value > largest) plan.refuse(name, "an integer from 1 to 10000000");
  return static_cast<std::int64_t>(value);
}

/// What of the options the report depends on. Plans of before these options leave them out.
void read_options(const std::filesystem::path& plan_file, const std::set<std::string>& names,
                  Ablation& ablation) {
  ablation.removal = "zero";
  if (!ablation.details.contains("options")) return;
  const JsonObject options(ablation.details.at("options"), "options", plan_file);
  if (options.has("remove")) {
    ablation.removal = options.text("remove");
    if (ablation.removal != "zero" && ablation.removal != "mean" &&
        ablation.removal != "resample") {
      options.refuse("remove", "zero, mean or resample");
    }
  }
  if (!options.has("primary")) return;
  const std::string primary = options.text("primary");
  const std::string order = primary.substr(0, primary.find(in_layer_suffix));
  if (!primary.empty() && !names.contains(primary) && !names.contains(order)) {
    options.refuse("primary", "an order of this run, perhaps with :in-layer");
  }
  ablation.primary = primary;
}

/// Orders and steps of the plan, without measurements.
Ablation planned(const shard::Run& run, const std::filesystem::path& plan_file) {
  Ablation ablation;
  ablation.path = run.path();
  ablation.name =
      (std::filesystem::absolute(run.path()) / "").lexically_normal().parent_path().filename();
  ablation.details = run.plan().details;
  ablation.has_prompts = true;
  ablation.prompts = run.prompts().size();
  if (ablation.prompts == 0) throw FormatError(plan_file, "a run without prompts, expected some");
  const JsonObject plan(ablation.details, "", plan_file);
  ablation.heads = positive(plan, "heads");
  ablation.layers = positive(plan, "layers");
  const std::vector<std::int64_t> removed = plan.integers("removed");
  const auto is_descent = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (removed.empty() || removed.front() < 0 || removed.back() > ablation.heads ||
      std::adjacent_find(removed.begin(), removed.end(), is_descent) != removed.end()) {
    plan.refuse("removed", "ascending numbers from 0 to " + std::to_string(ablation.heads));
  }
  std::set<std::string> names;
  for (const JsonObject& each : plan.objects("orders")) {
    Order order;
    order.name = each.text("name");
    if (!names.insert(order.name).second) each.refuse("name", "a name that no other order has");
    const auto kind = kind_named(each.text("kind"));
    if (!kind) each.refuse("kind", "ranking, baseline, random or random-in-layer");
    order.kind = *kind;
    if (order.kind == Kind::random_in_layer) order.of = each.text("of");
    order.heads = each.integers("heads");
    check_heads(each, order.heads, ablation.heads);
    order.planned = removed;
    ablation.orders.push_back(std::move(order));
  }
  if (ablation.orders.empty()) plan.refuse("orders", "at least one order");
  read_options(plan_file, names, ablation);
  return ablation;
}

/// Enters the rows of a shard into the grid.
void read_shard(const shard::Run& run, std::int64_t shard, const Ablation& ablation, Grid& grid) {
  const shard::NpyFile keys = run.keys("ablation", shard);
  const shard::NpyFile values = run.array("kl", shard);
  const auto key = keys.view<std::int64_t>();
  const auto kl = values.view<double>();
  if (keys.shape()[0] != values.shape()[0]) {
    throw FormatError(values.path(), "found " + std::to_string(values.shape()[0]) +
                                         " rows, expected " + std::to_string(keys.shape()[0]) +
                                         " as its keys");
  }
  const std::vector<std::int64_t>& removed = ablation.orders.front().planned;
  for (std::size_t row = 0; row < kl.size(); ++row) {
    const std::string place = "row " + std::to_string(row) + ": ";
    const auto part = key.subspan(3 * row, 3);
    const auto step = std::lower_bound(removed.begin(), removed.end(), part[1]);
    const auto in = [](std::int64_t index, std::size_t size) {
      return index >= 0 && static_cast<std::size_t>(index) < size;
    };
    if (!in(part[0], ablation.orders.size()) || !in(part[2], grid.prompts) ||
        step == removed.end() || *step != part[1]) {
      throw FormatError(keys.path(), place + "found order " + std::to_string(part[0]) +
                                         ", removed " + std::to_string(part[1]) + ", prompt " +
                                         std::to_string(part[2]) +
                                         ", expected those of plan.json and prompts.jsonl");
    }
    if (!std::isfinite(kl[row])) {
      throw FormatError(values.path(), place + "found a KL that is not finite, expected a number");
    }
    auto& cell =
        grid.at(static_cast<std::size_t>(part[0]), static_cast<std::size_t>(step - removed.begin()),
                static_cast<std::size_t>(part[2]));
    if (cell) {
      throw FormatError(keys.path(), place + "found order, removed and prompt of an earlier row, " +
                                         "a duplicate; expected each once");
    }
    cell = kl[row];
  }
}

void refuse_missing_rows(const Order& order, std::size_t step, std::size_t found, const Grid& grid,
                         const std::filesystem::path& run) {
  throw FormatError(run, "order '" + order.name + "' with " + std::to_string(order.planned[step]) +
                             " heads removed: found " + std::to_string(found) +
                             " prompts, expected " + std::to_string(grid.prompts) +
                             ", as no shard is missing");
}

}  // namespace

Ablation read_ablation_run(const std::filesystem::path& run, const shard::ReadOptions& reading) {
  const shard::Run opened = shard::Run::open(run, reading);
  const std::filesystem::path plan_file = run / "plan.json";
  check_layout(opened, plan_file);
  Ablation ablation = planned(opened, plan_file);
  ablation.missing = opened.missing();
  Grid grid{.steps = ablation.orders.front().planned.size(), .prompts = ablation.prompts};
  grid.kl.resize(ablation.orders.size() * grid.steps * grid.prompts);
  for (const std::int64_t shard : opened.shards()) read_shard(opened, shard, ablation, grid);
  for (std::size_t i = 0; i < ablation.orders.size(); ++i) {
    Order& order = ablation.orders[i];
    order.curve.prompts = grid.prompts;
    for (std::size_t step = 0; step < grid.steps; ++step) {
      const std::size_t present = grid.present(i, step);
      if (present != grid.prompts) {
        if (opened.complete()) refuse_missing_rows(order, step, present, grid, run);
        continue;
      }
      const bool follows = order.measured++ == step;  // nothing is missing before it
      if (!follows) continue;
      order.curve.removed.push_back(static_cast<double>(order.planned[step]));
      for (std::size_t p = 0; p < grid.prompts; ++p) order.curve.kl.push_back(*grid.at(i, step, p));
    }
  }
  return ablation;
}

}  // namespace phiscope::analyze::ablation
