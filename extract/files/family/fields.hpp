// SPDX-License-Identifier: MIT
// Fields of config.json that several families share.
#pragma once

#include "files/json_fields.hpp"
#include "files/model/config.hpp"

#include <initializer_list>
#include <span>
#include <string_view>

namespace phiscope::extract {

/// Under which names a family writes its rotary embedding, and what holds without them.
struct RopeNames {
  std::string_view theta = "rope_theta";  ///< outside of rope_parameters
  double default_theta = 10000.0;
  /// Share of a head's units that is rotated, outside of rope_parameters; empty: all are.
  std::string_view fraction{};
  double default_fraction = 1.0;
  std::int64_t default_original = 0;  ///< original_max_position_embeddings outside; 0: none
  bool su_is_longrope = false;        ///< old files of the family say "su" or "yarn" for longrope
};

/// Rotary embedding of either dialect, `rope_parameters`, or `rope_theta` with `rope_scaling`, and
/// the units that are rotated. Wants config.head_dim and config.max_positions.
void read_rope(const JsonFields& fields, const RopeNames& names, ModelConfig& config);

/// What the file says outside of an object of rope parameters.
struct OutsideRope {
  double theta = 10000.0;          ///< base where the object names none
  std::int64_t max_positions = 0;  ///< context of the model in tokens
  std::int64_t original = 0;       ///< trained context in tokens; 0: the file does not say
  std::int64_t units = 0;          ///< of a head that are rotated
  bool su_is_longrope = false;     ///< see RopeNames
};

/// One object of rope parameters.
[[nodiscard]] RopeParameters read_rope_object(const JsonFields& rope, const OutsideRope& outside);

/// Is `rope_parameters` an object per kind of layer?
[[nodiscard]] bool has_ropes_by_kind(const JsonFields& fields);

/// Rotary embeddings of such a file, of all units of a head. Wants config.head_dim and
/// config.max_positions.
/// @param theta  base of the layers without a window, where the file names none
/// @param local  that of the layers with one, where the file has none; of its base otherwise
void read_ropes_by_kind(const JsonFields& fields, double theta, const RopeParameters& local,
                        ModelConfig& config);

/// Heads and their size. Wants config.hidden. @param head_dim  where the file says nothing; 0:
/// hidden divided by the heads
void read_heads(const JsonFields& fields, ModelConfig& config, std::int64_t head_dim = 0);

/// The window of every layer from `layer_types` ("sliding_attention", "full_attention") or, without
/// it, from `slides(layer)` of the family. @param window  tokens; 0: no layer has one
template <class Slides>
void read_windows(const JsonFields& fields, std::int64_t window, ModelConfig& config,
                  Slides slides) {
  config.windows.assign(static_cast<std::size_t>(config.layers), 0);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    if (slides(layer)) config.windows[static_cast<std::size_t>(layer)] = window;
  }
  if (!fields.has("layer_types")) return;
  const auto& types = fields.array("layer_types");
  if (std::ssize(types) != config.layers) {
    fields.refuse("layer_types", std::to_string(config.layers) + " entries (num_hidden_layers)");
  }
  for (std::size_t layer = 0; layer < types.size(); ++layer) {
    const bool sliding = types[layer] == "sliding_attention";
    if (!sliding && types[layer] != "full_attention") {
      fields.refuse("layer_types", "entries sliding_attention or full_attention");
    }
    if (sliding && window == 0) fields.refuse("sliding_window", "a number of tokens");
    config.windows[layer] = sliding ? window : 0;
  }
}

/// Fields that all families in the line of Llama write alike: sizes, norm, heads, activation silu.
/// @param eps  where the file does not name the epsilon of the norms
void read_llama_sizes(const JsonFields& fields, ModelConfig& config, double eps = 1e-6);

/// Windows as the Qwen families write them: `use_sliding_window`, in layers from
/// `max_window_layers` on. Wants config.layers.
void read_upper_windows(const JsonFields& fields, ModelConfig& config);

/// The experts of a model, in all of `layers` layers. @param intermediate  width of one
[[nodiscard]] Experts read_experts(const JsonFields& fields, std::int64_t intermediate,
                                   std::int64_t layers);

/// Refuses a field that is neither absent nor one of these.
void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::span<const std::string_view> supported);
void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::initializer_list<std::string_view> supported);
/// Refuses a flag that is set. @param why  "false (biases are not supported in this family)"
void expect_false(const JsonFields& fields, std::string_view key, std::string_view why);

}  // namespace phiscope::extract
