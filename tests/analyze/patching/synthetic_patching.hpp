// SPDX-License-Identifier: MIT
#pragma once

#include "analyze/reduced_logits.hpp"
#include "shard/npy/half.hpp"
#include "shard/run_writer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

/// The key of a row, by name.
struct PatchKey {
  std::int64_t pair = 0;
  std::int64_t mode = 0;
  std::int64_t set = 0;
  std::int64_t layer = 0;  ///< -1: unpatched, -2: the clean run
  std::int64_t head = 0;
  std::int64_t step = 0;
  std::int64_t readout = 0;
};

/// The six reduced numbers of a row.
using PatchRow = ReducedLogits;

struct SyntheticPair {
  nlohmann::ordered_json id;
  nlohmann::ordered_json clean_answer;
  nlohmann::ordered_json corrupted_answer;
  std::optional<std::int64_t> steps;
  std::vector<std::int64_t> clean_tokens;
  std::vector<std::int64_t> corrupted_tokens;
};

/// A run of experiment patching without a model: logits are a formula, and the reduced numbers come
/// from them by the slowest way, without anything of metrics/.
struct SyntheticPatching {
  std::vector<std::string> modes = {"rerun"};
  std::vector<std::string> sets = {"single", "layer"};
  std::vector<std::string> readouts = {"eot",     "eot:corrupted", "clean:0",
                                       "clean:1", "corrupted:0",   "corrupted:1"};
  std::vector<std::int64_t> layers = {0, 1};
  std::int64_t positions = 3;
  std::int64_t heads = 0;  ///< 0: layers are patched as a whole
  std::int64_t vocabulary = 7;
  std::int64_t model_layers = 4;
  std::vector<SyntheticPair> pairs = {
      {3, 23, 25, 2, {1, 2}, {3, 4}},  {5, 8, 10, 2, {1}, {3, 4}},
      {8, 40, 41, 3, {1, 2}, {3}},     {9, 7, "9", 3, {2, 1}, {4, 3}},
      {11, 50, 60, 3, {1, 2}, {3, 4}}, {12, 5, 6, 2, {1, 2}, {3, 4}}};
  std::vector<std::pair<std::int64_t, std::string>> dropped = {
      {4, "answer_nested"}, {6, "not_aligned"}, {7, "not_aligned"}};
  nlohmann::ordered_json options = {{"donor", "clean"}};
  std::string hook = "hook_resid_post";
  std::string dtype = "float32";
  bool keeps_logits = false;
  /// How kept logits are stored; "<f2" and "bf16" hold eighths, which are the logits then.
  std::string stored_as = "<f4";
  std::int64_t groups_per_shard = 2;
  double gap = 1.0;  ///< how far the clean run is from the unpatched one; 0: equal questions
  /// How far a site goes towards the clean run, in place of the formula.
  std::function<double(const PatchKey&)> effect = nullptr;
  /// Changes what is written of a row, after it was reduced.
  std::function<void(const PatchKey&, PatchRow&)> change = nullptr;
  /// Leaves a row out.
  std::function<bool(const PatchKey&)> leave_out = nullptr;

  [[nodiscard]] double effect_of(const PatchKey& key) const {
    if (key.layer == -1) return 0.0;
    const auto pair = static_cast<double>(key.pair);
    if (key.layer == -2) return gap * (4.0 + 0.1 * pair);
    if (effect) return effect(key);
    return 3.0 * gap *
           (0.1 + 0.2 * static_cast<double>(key.layer) + 0.15 * static_cast<double>(key.step) +
            0.35 * static_cast<double>(key.set) + 0.05 * static_cast<double>(key.head) -
            0.07 * static_cast<double>(key.mode)) *
           (1.0 + 0.3 * std::sin(2.0 * pair + static_cast<double>(key.layer)));
  }

  /// Read-outs that have seen the same tokens have the same logits.
  [[nodiscard]] double context_of(std::int64_t readout) const {
    const std::string& name = readouts[static_cast<std::size_t>(readout)];
    if (name.starts_with("eot")) return 0.0;
    if (name == "clean:0" || name == "corrupted:0") return 1.0;
    const double index = name.back() - '0';
    return index + (name.starts_with("clean") ? 10.0 : name.starts_with("corrupted") ? 20.0 : 30.0);
  }

  [[nodiscard]] std::vector<double> logits(const PatchKey& key) const {
    const SyntheticPair& pair = pairs[static_cast<std::size_t>(key.pair)];
    const auto has = [](const std::vector<std::int64_t>& tokens, std::int64_t token) {
      return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
    };
    std::vector<double> values;
    for (std::int64_t token = 0; token < vocabulary; ++token) {
      const double own =
          1.5 * std::sin(1.3 * static_cast<double>(token) + 0.7 * static_cast<double>(key.pair) +
                         0.9 * context_of(key.readout));
      const double answer = has(pair.corrupted_tokens, token) ? 3.0 : 0.0;
      const double side = has(pair.clean_tokens, token) ? 1.0 : -answer / 6.0;
      const double logit = own + answer + effect_of(key) * side;
      // As it is kept, so that kept logits are the ones that were reduced.
      values.push_back(stored_as == "<f4" ? static_cast<double>(static_cast<float>(logit))
                                          : std::round(8.0 * logit) / 8.0);
    }
    return values;
  }

  /// The tokens that a read-out scores.
  [[nodiscard]] std::vector<std::int64_t> targets(const PatchKey& key) const {
    const SyntheticPair& pair = pairs[static_cast<std::size_t>(key.pair)];
    const std::string& name = readouts[static_cast<std::size_t>(key.readout)];
    if (name == "eot") return {pair.clean_tokens.front(), 5};
    if (name == "eot:corrupted") return {pair.corrupted_tokens.front(), 5, 6};
    const auto index = static_cast<std::size_t>(name.back() - '0');
    if (name.starts_with("clean")) return {pair.clean_tokens[index]};
    if (name.starts_with("corrupted")) return {pair.corrupted_tokens[index]};
    return {0};
  }

  [[nodiscard]] bool has_row(const PatchKey& key) const {
    const SyntheticPair& pair = pairs[static_cast<std::size_t>(key.pair)];
    const std::string& name = readouts[static_cast<std::size_t>(key.readout)];
    const auto index = static_cast<std::size_t>(name.back() - '0');
    if (name.starts_with("clean:")) return index < pair.clean_tokens.size();
    if (name.starts_with("corrupted:")) return index < pair.corrupted_tokens.size();
    return true;
  }

  [[nodiscard]] PatchRow reduced(const PatchKey& key) const {
    PatchKey baseline = key;
    baseline.layer = -1;
    return reduce_logits(logits(baseline), logits(key), targets(key));
  }

  [[nodiscard]] PatchRow written(const PatchKey& key) const {
    PatchRow row = reduced(key);
    if (change) change(key, row);
    return row;
  }

  /// All keys of a pair in the order of the rows.
  [[nodiscard]] std::vector<PatchKey> keys(std::int64_t pair) const {
    std::vector<PatchKey> all;
    const auto add = [&](PatchKey key) {
      for (std::size_t readout = 0; readout < readouts.size(); ++readout) {
        key.readout = static_cast<std::int64_t>(readout);
        if (has_row(key) && !(leave_out && leave_out(key))) all.push_back(key);
      }
    };
    add({.pair = pair, .layer = -2});
    add({.pair = pair, .layer = -1});
    for (std::size_t mode = 0; mode < modes.size(); ++mode) {
      for (std::size_t set = 0; set < sets.size(); ++set) {
        const bool has_steps =
            sets[set] == "single" || sets[set] == "prefix" || sets[set] == "suffix";
        for (const std::int64_t layer : layers) {
          for (std::int64_t head = 0; head < std::max<std::int64_t>(1, heads); ++head) {
            for (std::int64_t step = 0; step < (has_steps ? positions : 1); ++step) {
              add({.pair = pair,
                   .mode = static_cast<std::int64_t>(mode),
                   .set = static_cast<std::int64_t>(set),
                   .layer = layer,
                   .head = head,
                   .step = step});
            }
          }
        }
      }
    }
    return all;
  }
};

inline nlohmann::ordered_json synthetic_pairs(const SyntheticPatching& options) {
  nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
  for (const SyntheticPair& pair : options.pairs) {
    const auto side = [&](const nlohmann::ordered_json& answer,
                          const std::vector<std::int64_t>& tokens) {
      return nlohmann::ordered_json{
          {"answer", answer},
          {"steps", pair.steps ? nlohmann::ordered_json(*pair.steps) : nullptr},
          {"tokens", tokens}};
    };
    pairs.push_back({{"pair_id", pair.id},
                     {"clean", side(pair.clean_answer, pair.clean_tokens)},
                     {"corrupted", side(pair.corrupted_answer, pair.corrupted_tokens)}});
  }
  return pairs;
}

inline shard::RunPlan synthetic_patching_plan(const SyntheticPatching& options) {
  shard::RunPlan plan;
  plan.experiment = "patching";
  const auto pairs = static_cast<std::int64_t>(options.pairs.size());
  plan.shards =
      std::max<std::int64_t>(1, (pairs + options.groups_per_shard - 1) / options.groups_per_shard);
  for (const char* name :
       {"kl", "reverse_kl", "prediction_changed", "l2", "token_score", "token_log_probability"}) {
    plan.arrays.push_back({.name = name,
                           .hook = "logits",
                           .formula = "",
                           .row_space = "site",
                           .encoding = "",
                           .axes = {"row"},
                           .dtype = shard::Dtype::f8,
                           .layers = {},
                           .row_shape = {}});
  }
  if (options.keeps_logits) {
    plan.arrays.push_back({.name = "logits",
                           .hook = "logits",
                           .formula = "",
                           .row_space = "site",
                           .encoding = options.stored_as == "bf16" ? "bf16" : "",
                           .axes = {"row", "token"},
                           .dtype = options.stored_as == "bf16"  ? shard::Dtype::u2
                                    : options.stored_as == "<f2" ? shard::Dtype::f2
                                                                 : shard::Dtype::f4,
                           .layers = {},
                           .row_shape = {static_cast<std::uint64_t>(options.vocabulary)}});
  }
  plan.row_spaces = {{.name = "site", .key = {"pair", "mode", "set", "layer", "step", "readout"}}};
  if (options.heads > 0) plan.row_spaces[0].key.insert(plan.row_spaces[0].key.begin() + 4, "head");
  nlohmann::ordered_json dropped = nlohmann::ordered_json::array();
  for (const auto& [id, status] : options.dropped) {
    dropped.push_back({{"pair_id", id}, {"status", status}});
  }
  plan.details = {
      {"version", "synthetic"},
      {"options", options.options},
      {"model",
       {{"name", "formula"}, {"layers", options.model_layers}, {"vocab", options.vocabulary}}},
      {"numerics", {{"dtype", options.dtype}}},
      {"pairs", synthetic_pairs(options)},
      {"dropped", dropped},
      {"modes", options.modes},
      {"sets", options.sets},
      {"readouts", options.readouts},
      {"layers", options.layers},
      {"positions", options.positions},
      {"hook", options.hook}};
  return plan;
}

/// The prompts of the pairs: both questions, named by pair and variant.
inline std::string synthetic_prompts(const SyntheticPatching& options) {
  std::string prompts;
  for (const SyntheticPair& pair : options.pairs) {
    for (const char* variant : {"clean", "corrupted"}) {
      const std::string id = pair.id.is_string() ? pair.id.get<std::string>() : pair.id.dump();
      const nlohmann::ordered_json line = {{"id", id + variant},
                                           {"text", std::string("the ") + variant + " of " + id},
                                           {"input_ids", {1}},
                                           {"meta", {{"pair_id", pair.id}, {"variant", variant}}}};
      prompts += line.dump() + "\n";
    }
  }
  return prompts;
}

inline void append_synthetic_row(const SyntheticPatching& options, const PatchKey& key,
                                 shard::ShardWriter& part) {
  const PatchRow row = options.written(key);
  const auto append = [&](const char* array, double number) {
    part.append("" + std::string(array), std::as_bytes(std::span(&number, 1)));
  };
  append("kl", row.kl);
  append("reverse_kl", row.reverse_kl);
  append("prediction_changed", row.prediction_changed);
  append("l2", row.l2);
  append("token_score", row.token_score);
  append("token_log_probability", row.token_log_probability);
  if (options.keeps_logits) {
    const auto logits = options.logits(key);
    const std::vector<float> kept(logits.begin(), logits.end());
    std::vector<std::uint16_t> bits;
    for (const float logit : kept) {
      bits.push_back(options.stored_as == "bf16"
                         ? static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(logit) >> 16U)
                         : shard::float_to_half(logit));
    }
    part.append("logits", options.stored_as == "<f4" ? std::as_bytes(std::span(kept))
                                                     : std::as_bytes(std::span(bits)));
  }
  std::vector<std::int64_t> columns = {key.pair, key.mode, key.set, key.layer};
  if (options.heads > 0) columns.push_back(key.head);
  columns.push_back(key.step);
  columns.push_back(key.readout);
  part.append_keys("site", columns);
}

/// Writes the run. @param skip  shards that are not computed; then there is no manifest either.
inline void write_synthetic_patching(const std::filesystem::path& run,
                                     const SyntheticPatching& options,
                                     const std::vector<std::int64_t>& skip = {}) {
  const shard::RunPlan plan = synthetic_patching_plan(options);
  shard::RunWriter writer(run, plan, synthetic_prompts(options), 0, 1);
  for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
    if (std::find(skip.begin(), skip.end(), shard) != skip.end()) continue;
    shard::ShardWriter part = writer.begin(shard);
    const std::int64_t first = shard * options.groups_per_shard;
    const std::int64_t end = std::min<std::int64_t>(
        first + options.groups_per_shard, static_cast<std::int64_t>(options.pairs.size()));
    for (std::int64_t pair = first; pair < end; ++pair) {
      for (const PatchKey& key : options.keys(pair)) append_synthetic_row(options, key, part);
    }
    part.commit();
  }
  if (skip.empty()) writer.finish();
}

}  // namespace phiscope::test
