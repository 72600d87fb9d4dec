// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::phiid {

/// The one claim that a run is to decide, by the names that `extract phiid --primary` takes.
enum class Primary {
  inverted_u,             ///< balance_score rises and falls with depth
  u,                      ///< balance_score falls and rises with depth
  synergy_redundancy,     ///< both correlate over heads unlike in surrogates
  surrogates_synergy,     ///< a head has more synergy than its surrogates
  surrogates_redundancy,  ///< a head has more redundancy than its surrogates
};
inline constexpr std::array<std::string_view, 5> primary_names = {
    "inverted-u", "u", "synergy-redundancy", "surrogates-synergy", "surrogates-redundancy"};

/// One prompt (one recording) and what was generated for it.
struct Prompt {
  std::string id;
  std::string category;              ///< meta.category, may be empty
  std::size_t steps = 0;             ///< time steps
  std::vector<double> values;        ///< [step, head], e.g. norms of hook_z
  std::vector<std::int64_t> tokens;  ///< [step] generated ids, or empty if they are not known
  std::optional<double> unknown;     ///< share of its tokens that the tokenizer does not know
};

/// Series of all heads under several prompts.
struct Input {
  std::filesystem::path path;
  std::string label;                     ///< unique among the inputs of a report
  std::vector<std::int64_t> layers;      ///< numbers of the layers, in the order of the heads
  std::size_t heads_per_layer = 0;       ///< heads are layer-major
  std::vector<Prompt> prompts;           ///< those of the finished shards
  std::size_t prompts_planned = 0;       ///< more than prompts.size() for a partial run
  std::string missing = {};              ///< of a partial run, see shard::Run::missing()
  std::vector<std::int64_t> end_tokens;  ///< ids that end a text; empty if not known
  nlohmann::ordered_json details;        ///< of plan.json, or null for a plain array
  std::optional<Primary> primary;        ///< what the plan names before the run, if it does

  [[nodiscard]] std::size_t heads() const { return layers.size() * heads_per_layer; }
  [[nodiscard]] std::size_t layer_index(std::size_t head) const { return head / heads_per_layer; }
  /// Flat id in the whole model: layer * heads per layer + head in layer.
  [[nodiscard]] std::int64_t flat_id(std::size_t head) const {
    return layers[layer_index(head)] * static_cast<std::int64_t>(heads_per_layer) +
           static_cast<std::int64_t>(head % heads_per_layer);
  }
  /// "3.0": layer and head in layer, as TransformerLens users name heads.
  [[nodiscard]] std::string head_name(std::size_t head) const {
    return std::to_string(layers[layer_index(head)]) + "." + std::to_string(head % heads_per_layer);
  }
};

/// Reads array `head_norm` [row, layer, head] in row space `generated` (prompt, step) of a run, and
/// `generated_ids` where it is there.
/// @param reading  of an unfinished run: read the prompts it has
/// @throws shard::FormatError if the directory is not such a run or contradicts itself
[[nodiscard]] Input read_run(const std::filesystem::path& path,
                             const shard::ReadOptions& reading = {});

/// Reads a plain array [time, series] or [prompt, time, series].
/// @param layers  number of layers that the series are divided into
/// @throws shard::FormatError for another shape, or series that `layers` does not divide
[[nodiscard]] Input read_series(const std::filesystem::path& path, std::size_t layers);

/// Inputs in the order given, with labels that differ: "name", "name_2", ...
void make_labels_unique(std::vector<Input>& inputs);

}  // namespace phiscope::analyze::phiid
