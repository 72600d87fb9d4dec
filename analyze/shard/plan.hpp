// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/dtype.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// One array of a run: files [row, row_shape...] in the folder `name`.
struct ArrayPlan {
  std::string name;
  std::string hook;               ///< TransformerLens's name of what is captured
  std::string formula;            ///< what the numbers are, in words or symbols
  std::string row_space;          ///< which RowSpace tells what a row is
  std::string encoding;           ///< "", or "bf16" for bfloat16 bits in a u2
  std::vector<std::string> axes;  ///< names, the first is that of the rows
  Dtype dtype = Dtype::f4;
  std::vector<std::int64_t> layers;      ///< layer of each index of the axis "layer"
  std::vector<std::uint64_t> row_shape;  ///< lengths of the axes after the first
};

/// What tells the rows of some arrays apart: files [row, key] of i8 in the folder `rows/<name>`.
struct RowSpace {
  std::string name;
  std::vector<std::string> key;  ///< names of the columns
};

/// What a run computes: a function of inputs and options alone.
struct RunPlan {
  std::string experiment;
  std::int64_t shards = 0;
  std::vector<ArrayPlan> arrays;
  std::vector<RowSpace> row_spaces;
  /// Files beside the shards that follow from inputs and options: name, SHA-256 in hexadecimal.
  std::map<std::string, std::string> files = {};
  /// All other members of plan.json, in order: version, revision, options, model, ...
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

/// Largest number of shards of a run.
inline constexpr std::int64_t shard_limit = 1'000'000;

/// The text of plan.json, schema "phiscope-run/1": equal plans give equal bytes.
/// @throws std::invalid_argument if the plan contradicts itself (unknown row space, a name that is
///         not a plain file name, axes and row_shape of different length, NaN in details, ...)
[[nodiscard]] std::string plan_bytes(const RunPlan& plan);

/// Reads and checks RUN/plan.json. @throws FormatError
[[nodiscard]] RunPlan read_plan(const std::filesystem::path& run);

/// As read_plan(), of the text of plan.json. @param file  its name, for messages
[[nodiscard]] RunPlan parse_plan(std::string_view text, const std::filesystem::path& file);

/// The members in which two JSON values differ, at most `limit` of them, as
/// "options.seed: 1 there, 2 now; options.sink: absent there, "keep" now"; empty for equal values.
[[nodiscard]] std::string differences(const nlohmann::ordered_json& there,
                                      const nlohmann::ordered_json& now, std::size_t limit = 5);

/// "shard-00007"
[[nodiscard]] std::string shard_stem(std::int64_t shard);

/// Paths relative to RUN, with forward slashes.
[[nodiscard]] std::string array_file(std::string_view array, std::int64_t shard);
[[nodiscard]] std::string keys_file(std::string_view row_space, std::int64_t shard);
[[nodiscard]] std::string commit_file(std::int64_t shard);

}  // namespace phiscope::shard
