// SPDX-License-Identifier: MIT
#include "loo/analysis/info.hpp"

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace phiscope::analyze::loo {
namespace {

using Json = nlohmann::json;

/// The tests that a plan can name, as analyze-loo tells them.
constexpr std::array<std::string_view, 3> primaries = {"bridge-anchor", "ratio", "clusters"};

/// A JSON value with the name it has in messages.
class Node {
 public:
  Node(const Json& json, const std::filesystem::path& file, std::string name)
      : json_(&json), file_(&file), name_(std::move(name)) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw shard::FormatError(*file_, name_ + ": " + message);
  }
  [[nodiscard]] Node member(const std::string& key) const {
    if (!json_->is_object()) fail("found " + std::string(json_->type_name()) + ", expected object");
    const auto found = json_->find(key);
    if (found == json_->end()) fail("member '" + key + "' is missing");
    return {*found, *file_, name_ + "." + key};
  }
  [[nodiscard]] bool has(const std::string& key) const {
    return json_->is_object() && json_->contains(key);
  }
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const {
    const std::string expected =
        "expected an integer from " + std::to_string(low) + " to " + std::to_string(high);
    if (!json_->is_number_integer()) fail("found " + json_->dump() + ", " + expected);
    const auto value = json_->get<std::int64_t>();
    if (value < low || value > high) fail("found " + std::to_string(value) + ", " + expected);
    return value;
  }
  [[nodiscard]] std::string text() const {
    if (!json_->is_string()) fail("found " + std::string(json_->type_name()) + ", expected string");
    return json_->get<std::string>();
  }
  [[nodiscard]] std::vector<Node> items() const {
    if (!json_->is_array()) fail("found " + std::string(json_->type_name()) + ", expected array");
    std::vector<Node> result;
    result.reserve(json_->size());
    for (std::size_t i = 0; i < json_->size(); ++i) {
      result.emplace_back((*json_)[i], *file_, name_ + "[" + std::to_string(i) + "]");
    }
    return result;
  }
  [[nodiscard]] std::vector<std::int64_t> integers(std::int64_t low, std::int64_t high) const {
    std::vector<std::int64_t> result;
    for (const Node& item : items()) result.push_back(item.integer(low, high));
    return result;
  }
  /// Integers in ascending order without repetition.
  [[nodiscard]] std::vector<std::int64_t> ascending(std::int64_t low, std::int64_t high) const {
    auto result = integers(low, high);
    const auto is_descent = [](std::int64_t a, std::int64_t b) { return a >= b; };
    if (std::adjacent_find(result.begin(), result.end(), is_descent) != result.end()) {
      fail("the numbers are not ascending");
    }
    return result;
  }
  void expect_size(std::size_t found, std::size_t expected) const {
    if (found == expected) return;
    fail(std::to_string(found) + " items, expected " + std::to_string(expected));
  }

 private:
  const Json* json_;
  const std::filesystem::path* file_;
  std::string name_;
};

constexpr std::int64_t largest = 1'000'000'000;

Condition read_condition(const Node& node) {
  Condition condition;
  condition.name = node.member("name").text();
  for (const Node& word : node.member("words").items()) condition.words.push_back(word.text());
  condition.partition.cluster = node.member("cluster").integers(0, largest);
  condition.partition.group = node.member("group").integers(0, largest);
  node.member("cluster").expect_size(condition.partition.cluster.size(), condition.words.size());
  node.member("group").expect_size(condition.partition.group.size(), condition.words.size());
  return condition;
}

std::vector<double> read_adjacency(const Node& node, std::size_t words) {
  std::vector<double> adjacency;
  const auto rows = node.items();
  node.expect_size(rows.size(), words);
  for (const Node& row : rows) {
    const auto entries = row.integers(0, 1);
    row.expect_size(entries.size(), words);
    for (const std::int64_t entry : entries) adjacency.push_back(static_cast<double>(entry));
  }
  for (std::size_t i = 0; i < words; ++i) {
    for (std::size_t j = 0; j < words; ++j) {
      if (adjacency[i * words + j] != adjacency[j * words + i]) node.fail("is not symmetric");
    }
  }
  return adjacency;
}

Walk read_walk(const Node& meta, const std::vector<Condition>& conditions) {
  Walk walk;
  const std::string name = meta.member("condition").text();
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&name](const Condition& c) { return c.name == name; });
  if (found == conditions.end())
    meta.member("condition").fail("'" + name + "' is not in plan.json");
  walk.condition = static_cast<std::size_t>(found - conditions.begin());
  walk.n = meta.member("n").integer(1, largest);
  walk.trial = meta.member("trial").integer(0, largest);
  walk.nodes = meta.member("nodes").integers(0, static_cast<std::int64_t>(found->words.size()) - 1);
  meta.member("nodes").expect_size(walk.nodes.size(), static_cast<std::size_t>(walk.n));
  walk.removed = meta.member("removed").ascending(0, walk.n - 1);
  walk.bridge.assign(walk.nodes.size(), false);
  for (const std::int64_t position : meta.member("bridge").ascending(0, walk.n - 1)) {
    walk.bridge[static_cast<std::size_t>(position)] = true;
  }
  walk.adjacency = read_adjacency(meta.member("adjacency"), found->words.size());
  return walk;
}

void read_layout(const shard::Run& run, const std::filesystem::path& file, RunInfo& info) {
  const auto& arrays = run.plan().arrays;
  const auto found = std::find_if(arrays.begin(), arrays.end(),
                                  [](const auto& array) { return array.name == "word_rep"; });
  if (run.plan().experiment != "loo" || found == arrays.end()) {
    throw shard::FormatError(file, "experiment '" + run.plan().experiment + "' with " +
                                       std::to_string(arrays.size()) +
                                       " arrays, expected 'loo' with an array 'word_rep'");
  }
  const std::vector<std::string> axes = {"row", "layer", "unit"};
  if (found->axes != axes || found->dtype != shard::Dtype::f4 || found->row_shape.size() != 2 ||
      found->row_shape[0] != found->layers.size() || found->row_space != "word") {
    throw shard::FormatError(file,
                             "array 'word_rep': expected axes row, layer, unit, dtype <f4, row "
                             "space 'word' and one layer for each index");
  }
  info.layers = found->layers;
  info.units = static_cast<std::size_t>(found->row_shape[1]);
  if (info.layers.empty() || info.units == 0 ||
      !std::is_sorted(info.layers.begin(), info.layers.end())) {
    throw shard::FormatError(file, "array 'word_rep': expected units and ascending layers");
  }
}

/// Options that older runs do not have.
void read_later_options(const Node& options, RunInfo& info) {
  if (options.has("occurrence")) {
    const Node node = options.member("occurrence");
    const std::map<std::string, Occurrence> occurrences = {
        {"mean", Occurrence::mean}, {"first", Occurrence::first}, {"last", Occurrence::last}};
    const auto found = occurrences.find(node.text());
    if (found == occurrences.end()) {
      node.fail("found '" + node.text() + "', expected mean, first or last");
    }
    info.occurrence = found->second;
  }
  if (!options.has("primary")) return;
  const Node node = options.member("primary");
  info.primary = node.text();
  if (std::find(primaries.begin(), primaries.end(), info.primary) == primaries.end()) {
    node.fail("found '" + info.primary + "', expected bridge-anchor, ratio or clusters");
  }
}

}  // namespace

RunInfo run_info(const shard::Run& run) {
  RunInfo info;
  info.path = run.path();
  info.name =
      (std::filesystem::absolute(run.path()) / "").lexically_normal().parent_path().filename();
  info.details = run.plan().details;
  info.missing = run.missing();
  const std::filesystem::path plan_file = run.path() / "plan.json";
  read_layout(run, plan_file, info);

  const Json details = info.details;
  const Node plan(details, plan_file, "plan");
  const Node sink = plan.member("options").member("sink");
  info.sink_name = sink.text();
  const std::map<std::string, Sink> sinks = {
      {"keep", Sink::keep}, {"drop", Sink::drop}, {"prefix", Sink::prefix}};
  if (!sinks.contains(info.sink_name)) {
    sink.fail("found '" + info.sink_name + "', expected keep, drop or prefix");
  }
  info.sink = sinks.at(info.sink_name);
  read_later_options(plan.member("options"), info);
  std::set<std::string> names;
  for (const Node& condition : plan.member("loo").member("conditions").items()) {
    info.conditions.push_back(read_condition(condition));
    if (!names.insert(info.conditions.back().name).second) condition.fail("its name occurs twice");
  }

  const std::filesystem::path prompt_file = run.path() / "prompts.jsonl";
  std::set<std::tuple<std::size_t, std::int64_t, std::int64_t>> contexts;
  for (std::size_t i = 0; i < run.prompts().size(); ++i) {
    const Node prompt(run.prompts()[i], prompt_file, "line " + std::to_string(i + 1));
    info.walks.push_back(read_walk(prompt.member("meta"), info.conditions));
    const Walk& walk = info.walks.back();
    if (!contexts.emplace(walk.condition, walk.n, walk.trial).second) {
      prompt.fail("its condition, n and trial occur twice");
    }
  }
  return info;
}

}  // namespace phiscope::analyze::loo
