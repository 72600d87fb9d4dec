// SPDX-License-Identifier: MIT
#include "shard/plan.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/plan_check.hpp"
#include "shard/text/json_file.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace phiscope::shard {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view plan_schema = "phiscope-run/1";

Json array_json(const ArrayPlan& array) {
  Json json = {{"name", array.name},          {"hook", array.hook},
               {"formula", array.formula},    {"axes", array.axes},
               {"dtype", descr(array.dtype)}, {"row_shape", array.row_shape},
               {"layers", array.layers},      {"row_space", array.row_space}};
  if (!array.encoding.empty()) json["encoding"] = array.encoding;
  return json;
}

ArrayPlan array_from(const JsonObject& json) {
  json.allow_only(
      {"name", "hook", "formula", "axes", "dtype", "row_shape", "layers", "row_space", "encoding"});
  const std::string dtype_text = json.text("dtype");
  const std::optional<Dtype> dtype =
      dtype_from_name(std::string_view(dtype_text).substr(dtype_text.empty() ? 0 : 1));
  if (!dtype || descr(*dtype) != dtype_text) {
    json.refuse("dtype", "a little-endian NumPy dtype like \"<f4\"");
  }
  return {.name = json.text("name"),
          .hook = json.text("hook"),
          .formula = json.text("formula"),
          .row_space = json.text("row_space"),
          .encoding = json.has("encoding") ? json.text("encoding") : "",
          .axes = json.texts("axes"),
          .dtype = *dtype,
          .layers = json.integers("layers"),
          .row_shape = json.counts("row_shape")};
}

RowSpace row_space_from(const JsonObject& json) {
  json.allow_only({"name", "key"});
  return {.name = json.text("name"), .key = json.texts("key")};
}

}  // namespace

nlohmann::ordered_json plan_json(const RunPlan& plan) {
  Json json = {{"schema", plan_schema}, {"experiment", plan.experiment}, {"shards", plan.shards}};
  json["row_spaces"] = Json::array();
  for (const RowSpace& space : plan.row_spaces) {
    json["row_spaces"].push_back({{"name", space.name}, {"key", space.key}});
  }
  json["arrays"] = Json::array();
  for (const ArrayPlan& array : plan.arrays) json["arrays"].push_back(array_json(array));
  if (!plan.files.empty()) json["files"] = plan.files;
  for (const auto& [name, value] : plan.details.items()) json[name] = value;
  return json;
}

std::string plan_bytes(const RunPlan& plan) {
  if (const std::string problem = plan_problem(plan); !problem.empty()) {
    throw std::invalid_argument("plan_bytes: " + problem);
  }
  try {
    return plan_json(plan).dump(1) + '\n';
  } catch (const Json::type_error& error) {  // the only one left is text that is not UTF-8
    throw std::invalid_argument(std::string("plan_bytes: ") + error.what());
  }
}

RunPlan read_plan(const std::filesystem::path& run) {
  const MappedFile mapped(run / "plan.json");
  return parse_plan(mapped.text(), mapped.path());
}

RunPlan parse_plan(std::string_view text, const std::filesystem::path& file) {
  const Json whole = parse_ordered_json(text, file);
  const JsonObject json(whole, "", file);
  json.require_schema(plan_schema);
  RunPlan plan;
  plan.experiment = json.text("experiment");
  const std::uint64_t shards = json.count("shards");
  if (shards > static_cast<std::uint64_t>(shard_limit)) {
    json.refuse("shards", "at most " + std::to_string(shard_limit));
  }
  plan.shards = static_cast<std::int64_t>(shards);
  for (const JsonObject& space : json.objects("row_spaces")) {
    plan.row_spaces.push_back(row_space_from(space));
  }
  for (const JsonObject& array : json.objects("arrays")) plan.arrays.push_back(array_from(array));
  if (json.has("files")) {
    const JsonObject files(json.member("files"), "files", file);
    for (const auto& [name, hash] : json.member("files").items()) {
      plan.files.emplace(name, files.text(name));
    }
  }
  for (const auto& [name, value] : whole.items()) {
    const auto& own = plan_members;
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      plan.details.get_ref<Json::object_t&>().emplace_back(name, value);
    }
  }
  if (const std::string problem = plan_problem(plan); !problem.empty()) {
    throw FormatError(file, problem);
  }
  return plan;
}

std::string shard_stem(std::int64_t shard) {
  std::string digits = std::to_string(shard);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return "shard-" + digits;
}

std::string array_file(std::string_view array, std::int64_t shard) {
  return std::string(array) + "/" + shard_stem(shard) + ".npy";
}

std::string keys_file(std::string_view row_space, std::int64_t shard) {
  return "rows/" + array_file(row_space, shard);
}

std::string commit_file(std::int64_t shard) {
  return "commit/" + shard_stem(shard) + ".json";
}

}  // namespace phiscope::shard
