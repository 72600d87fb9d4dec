// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_writer.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

using Json = nlohmann::ordered_json;

/// A number in (-1, 1) that looks like noise and is the same everywhere to the last bit of a float.
inline double noise(std::initializer_list<std::int64_t> of) {
  std::uint64_t state = 0x9E3779B97F4A7C15U;
  for (const std::int64_t each : of) {
    state ^= static_cast<std::uint64_t>(each) + 0x9E3779B97F4A7C15U + (state << 6U) + (state >> 2U);
    state *= 0xBF58476D1CE4E5B9U;
    state ^= state >> 31U;
  }
  return std::ldexp(static_cast<double>(state >> 40U), -23) - 1.0;
}

struct SyntheticProblem {
  std::string id = {};
  std::string answer = {};
};

/// What all steps share.
struct SyntheticBase {
  std::vector<SyntheticProblem> problems = {{"a", "#### 1"}, {"b", "2"}, {"c", "\\boxed{3}"},
                                            {"d", "4"},      {"e", "5"}, {"f", ""}};
  std::vector<std::int64_t> layers = {0, 1, 3};
  std::int64_t model_layers = 4;
  std::int64_t target_layer = 1;
  std::int64_t units = 5;
  std::int64_t stride = 2;
  std::string dtype = "float32";
  Json dropped = Json::array();
  Json changes = Json::object();  ///< members of the plan in place of the right ones
  std::int64_t shards = 2;        ///< problem p is in shard p mod shards
};

/// A row space with its keys and one array of latents, row after row, by shard.
struct SyntheticRows {
  std::string space = {};
  std::vector<std::string> key = {};
  std::vector<std::vector<std::int64_t>> keys = {};  ///< [shard], all columns of all rows

  void add(std::int64_t shard, std::initializer_list<std::int64_t> row) {
    auto& to = keys[static_cast<std::size_t>(shard)];
    to.insert(to.end(), row);
  }
};

/// An array of a row space, [shard][value].
template <class T>
struct SyntheticArray {
  std::string name = {};
  std::string space = {};
  std::vector<std::string> axes = {"row"};
  std::vector<std::uint64_t> row_shape = {};
  std::vector<std::int64_t> layers = {};
  std::vector<std::vector<T>> values = {};
};

/// A run that is put together row by row.
struct SyntheticRun {
  std::vector<SyntheticRows> spaces = {};
  std::vector<SyntheticArray<float>> floats = {};
  std::vector<SyntheticArray<std::int32_t>> integers = {};
  Json details = Json::object();
  std::string prompts = {};  ///< prompts.jsonl
  std::int64_t shards = 1;

  SyntheticRows& space(const std::string& name, std::vector<std::string> key) {
    spaces.push_back({name, std::move(key),
                      std::vector<std::vector<std::int64_t>>(static_cast<std::size_t>(shards))});
    return spaces.back();
  }

  void write(const std::filesystem::path& path, bool finish = true) const {
    shard::RunPlan plan;
    plan.experiment = "sampling";
    plan.shards = shards;
    plan.details = details;
    for (const auto& each : spaces) plan.row_spaces.push_back({each.space, each.key});
    const auto add = [&plan](const auto& array, shard::Dtype dtype) {
      plan.arrays.push_back({.name = array.name,
                             .hook = "",
                             .formula = "",
                             .row_space = array.space,
                             .encoding = "",
                             .axes = array.axes,
                             .dtype = dtype,
                             .layers = array.layers,
                             .row_shape = array.row_shape});
    };
    for (const auto& array : floats) add(array, shard::Dtype::f4);
    for (const auto& array : integers) add(array, shard::Dtype::i4);
    shard::RunWriter writer(path, plan, prompts, 0, 1);
    // An unfinished run lacks its last shard.
    for (std::int64_t number = 0; number < shards - (finish ? 0 : 1); ++number) {
      const auto place = static_cast<std::size_t>(number);
      shard::ShardWriter part = writer.begin(number);
      for (const auto& each : spaces) part.append_keys(each.space, each.keys[place]);
      for (const auto& array : floats) {
        part.append(array.name, std::span<const float>(array.values[place]));
      }
      for (const auto& array : integers) {
        part.append(array.name, std::span<const std::int32_t>(array.values[place]));
      }
      part.commit();
    }
    if (finish) writer.finish();
  }
};

inline Json synthetic_details(const SyntheticBase& base, const std::string& step) {
  Json problems = Json::array();
  for (const SyntheticProblem& each : base.problems) {
    problems.push_back({{"problem_id", each.id}, {"answer", each.answer}, {"positions", 7}});
  }
  return {{"version", "synthetic"},
          {"step", step},
          {"model", {{"name", "formula"}, {"layers", base.model_layers}}},
          {"numerics", {{"dtype", base.dtype}}},
          {"problems", problems},
          {"dropped", base.dropped},
          {"layers", base.layers},
          {"model_layers", base.model_layers},
          {"target_layer", base.target_layer},
          {"stride", base.stride},
          {"max_new_tokens", 16}};
}

/// A question for every problem.
inline std::string synthetic_prompts(const SyntheticBase& base) {
  std::string lines;
  for (const SyntheticProblem& each : base.problems) {
    lines += Json{{"id", each.id}, {"text", "What is " + each.id + "?"}, {"input_ids", {1}}}.dump();
    lines += "\n";
  }
  return lines;
}

/// Puts the changes into the details, member by member; null takes one away.
inline void change_details(const SyntheticBase& base, Json& details) {
  for (const auto& [name, value] : base.changes.items()) {
    if (value.is_null())
      details.erase(name);
    else
      details[name] = value;
  }
}

/// An empty array `latent` of the space `pooled`.
inline SyntheticArray<float> latent_array(const SyntheticBase& base) {
  return {.name = "latent",
          .space = "pooled",
          .axes = {"row", "layer", "unit"},
          .row_shape = {base.layers.size(), static_cast<std::uint64_t>(base.units)},
          .layers = base.layers,
          .values = std::vector<std::vector<float>>(static_cast<std::size_t>(base.shards))};
}

inline void append_line(const std::filesystem::path& file, const Json& line) {
  std::ofstream(file, std::ios::app) << line.dump() << '\n';
}

}  // namespace phiscope::test
