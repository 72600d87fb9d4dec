// SPDX-License-Identifier: MIT
#include "loo/provenance.hpp"

#include "loo/figures.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace phiscope::analyze::loo {
namespace {

using Json = nlohmann::ordered_json;

/// Rows of every single number and text in plan.json but the words; long lists are shortened.
void flatten(const Json& json, const std::string& name, const std::string& run, Table& table) {
  if (json.is_object() && !json.empty()) {
    for (const auto& [key, value] : json.items()) {
      if (name.empty() && key == "loo") continue;
      std::string path = name;
      if (!path.empty()) path += '.';
      path += key;
      flatten(value, path, run, table);
    }
    return;
  }
  std::string text = json.is_string() ? json.get<std::string>()
                                      : json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 120) text = text.substr(0, 117) + "...";
  table.rows.push_back({run, name, text});
}

/// Texts as they are, other values as JSON; bytes that are not UTF-8 are replaced.
std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What an object of the plan says, or nothing: extract writes it, others may not.
Json member(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object.at(key) : Json();
}

/// "a 1, b 2" of an object; a list is "x [1, 2]".
std::string members_text(const Json& object) {
  std::string text;
  if (!object.is_object()) return text;
  for (const auto& [key, value] : object.items()) {
    if (!text.empty()) text += "; ";
    text += key + " ";
    if (!value.is_array()) {
      text += plain_text(value);
      continue;
    }
    std::string separator;
    for (const Json& element : value) {
      text += separator + plain_text(element);
      separator = ", ";
    }
  }
  return text;
}

std::string run_text(const RunResult& run) {
  const Json revision = member(run.info.details, "revision");
  return run.info.name + ", extracted by version " +
         plain_text(member(run.info.details, "version")) +
         (revision.is_string() ? ", revision " + plain_text(revision) : "");
}

std::string model_text(const Json& model) {
  std::string text;
  for (const char* key :
       {"name", "architecture", "family", "layers", "heads", "hidden", "parameters"}) {
    const Json value = member(model, key);
    if (value.is_null() || (value.is_string() && value.empty())) continue;
    if (!text.empty()) text += ", ";
    text += value.is_number() ? plain_text(value) + " " + key : plain_text(value);
  }
  const Json digests = member(model, "digests");
  if (!digests.is_object()) return text;
  for (const auto& [file, digest] : digests.items()) {
    if (file.ends_with(".safetensors"))
      text += ", " + file + " " + plain_text(digest).substr(0, 12);
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> provenance_facts(
    const std::vector<RunResult>& runs, const Options& options) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Program", "analyze-loo " PHISCOPE_VERSION},
      {"Analysis", std::string("cross pairs ") +
                       (options.cross == Cross::groups ? "groups" : "all") +
                       "; bootstrap resamples " + std::to_string(options.resamples) + "; seed " +
                       std::to_string(options.seed)}};
  const auto add = [&](const std::string& what, auto text) {
    const std::string first = text(runs.front());
    const bool are_equal = std::all_of(runs.begin(), runs.end(),
                                       [&](const RunResult& run) { return text(run) == first; });
    if (are_equal && !first.empty()) facts.emplace_back(what, first);
    if (are_equal) return;
    for (const RunResult& run : runs) facts.emplace_back(what + " of " + run.label, text(run));
  };
  add("Run", run_text);
  add("Model", [](const RunResult& run) { return model_text(member(run.info.details, "model")); });
  for (const char* part : {"options", "numerics"}) {
    add(part == std::string("options") ? "Options" : "Numerics",
        [part](const RunResult& run) { return members_text(member(run.info.details, part)); });
  }
  return facts;
}

Table provenance_table(const std::vector<RunResult>& runs, const Options& options) {
  Table table;
  table.columns = {"run", "what", "value"};
  const auto add = [&table](const std::string& what, const std::string& value) {
    table.rows.push_back({std::string("analysis"), what, value});
  };
  add("program", "analyze-loo " PHISCOPE_VERSION);
  add("cross pairs", options.cross == Cross::groups ? "groups" : "all");
  add("bootstrap resamples", std::to_string(options.resamples));
  add("bootstrap seed", std::to_string(options.seed));
  for (const RunResult& run : runs) flatten(run.info.details, "", run.label, table);
  return table;
}

std::vector<std::string> undefined_counts(const std::vector<RunResult>& runs) {
  std::vector<std::string> lines;
  for (const RunResult& run : runs) {
    std::int64_t all = 0;
    std::int64_t undefined = 0;
    std::map<std::string, std::int64_t> by_reason;
    for (const ContextMeasures& context : run.contexts) {
      for (const Event& event : context.events) {
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          const Value value = influence(context.full[layer], event.without[layer], Metric::ratio);
          ++all;
          if (value.ok()) continue;
          ++undefined;
          ++by_reason[std::string(status_name(value.status()))];
        }
      }
    }
    std::string line = "Undefined in " + describe(run) + ": " + std::to_string(undefined) + " of " +
                       std::to_string(all) + " ratio influences";
    std::string separator = " (";
    for (const auto& [reason, count] : by_reason) {
      line += separator + reason + ": " + std::to_string(count);
      separator = ", ";
    }
    lines.push_back(line + (by_reason.empty() ? "." : "). They are left out of every mean."));
  }
  return lines;
}

}  // namespace phiscope::analyze::loo
