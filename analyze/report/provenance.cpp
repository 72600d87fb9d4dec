// SPDX-License-Identifier: MIT
#include "report/provenance.hpp"

#include <algorithm>

namespace phiscope::report {
namespace {

using Json = nlohmann::ordered_json;

void flatten(const Json& json, const std::string& name, const std::string& run,
             std::string_view skip, Table& table) {
  if (json.is_object() && !json.empty()) {
    for (const auto& [key, value] : json.items()) {
      if (name.empty() && key == skip) continue;
      std::string path = name;
      if (!path.empty()) path += '.';
      path += key;
      flatten(value, path, run, skip, table);
    }
    return;
  }
  std::string text = plain_text(json);
  if (text.size() > 120) text = text.substr(0, 117) + "...";
  table.rows.push_back({run, name, text});
}

}  // namespace

void add_plan_rows(const Json& plan, const std::string& run, std::string_view skip, Table& table) {
  flatten(plan, "", run, skip, table);
}

Json plan_member(const Json& object, std::string_view name) {
  return object.is_object() && object.contains(name) ? object.at(std::string(name)) : Json();
}

std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

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

std::string model_text(const Json& model) {
  std::string text;
  for (const char* key :
       {"name", "architecture", "family", "layers", "heads", "hidden", "parameters"}) {
    const Json value = plan_member(model, key);
    if (value.is_null() || (value.is_string() && value.empty())) continue;
    if (!text.empty()) text += ", ";
    text += value.is_number() ? plain_text(value) + " " + key : plain_text(value);
  }
  const Json digests = plan_member(model, "digests");
  if (!digests.is_object()) return text;
  for (const auto& [file, digest] : digests.items()) {
    if (file.ends_with(".safetensors"))
      text += ", " + file + " " + plain_text(digest).substr(0, 12);
  }
  return text;
}

std::string version_text(const Json& plan) {
  const Json revision = plan_member(plan, "revision");
  return "version " + plain_text(plan_member(plan, "version")) +
         (revision.is_string() ? ", revision " + plain_text(revision) : "");
}

void add_fact(const std::string& what, const std::vector<std::string>& texts,
              const std::vector<std::string>& labels, std::vector<Fact>& facts) {
  const bool are_equal =
      std::adjacent_find(texts.begin(), texts.end(), std::not_equal_to<>()) == texts.end();
  if (are_equal && !texts.empty() && !texts.front().empty()) facts.emplace_back(what, texts[0]);
  if (are_equal) return;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    facts.emplace_back(what + " of " + labels[i], texts[i]);
  }
}

}  // namespace phiscope::report
