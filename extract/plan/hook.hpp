// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace phiscope::extract {

/// Places inside the model that can be captured, by TransformerLens's names (ours: head_norm).
enum class Hook {
  embed,       ///< hook_embed [token, unit]: what enters block 0
  resid_pre,   ///< blocks.{l}.hook_resid_pre [token, unit]
  resid_mid,   ///< blocks.{l}.hook_resid_mid [token, unit]
  resid_post,  ///< blocks.{l}.hook_resid_post [token, unit]; layer -1 is hook_embed
  attn_out,    ///< blocks.{l}.hook_attn_out [token, unit]
  mlp_out,     ///< blocks.{l}.hook_mlp_out [token, unit]
  z,           ///< blocks.{l}.attn.hook_z [token, head, unit]: input of o_proj, per query head
  head_norm,   ///< blocks.{l}.attn.head_norm [token, head]: L2 norm of hook_z
  final_norm,  ///< ln_final.hook_out [token, unit]: Hugging Face's last hidden state
  logits,      ///< logits [token, vocabulary]
};

/// Axes of a hook's values at one token, after the layer.
enum class RowShape {
  unit,       ///< [hidden unit]
  head_unit,  ///< [query head, unit of the head]
  head,       ///< [query head]
  token,      ///< [token of the vocabulary]
};

/// What is particular to a hook: its name, as users write it, the formula that goes with it into
/// plan.json, and the shape of its rows.
struct HookName {
  Hook hook;
  std::string_view name;
  std::string_view path;     ///< full TransformerLens path, {l} = layer
  std::string_view formula;  ///< what the array holds
  bool in_block;
  RowShape shape;
  bool editable;  ///< later parts of the model read its values
};

inline constexpr std::array<HookName, 10> hook_names{{
    {Hook::embed, "hook_embed", "hook_embed",
     "what enters block 0: the token embedding, with its scale and position where it has them",
     false, RowShape::unit, true},
    {Hook::resid_pre, "hook_resid_pre", "blocks.{l}.hook_resid_pre", "residual stream into block l",
     true, RowShape::unit, true},
    {Hook::resid_mid, "hook_resid_mid", "blocks.{l}.hook_resid_mid",
     "residual stream after the attention of block l", true, RowShape::unit, true},
    {Hook::resid_post, "hook_resid_post", "blocks.{l}.hook_resid_post",
     "residual stream out of block l; layer -1 is hook_embed", true, RowShape::unit, true},
    {Hook::attn_out, "hook_attn_out", "blocks.{l}.hook_attn_out",
     "what the attention of block l adds to the residual stream", true, RowShape::unit, true},
    {Hook::mlp_out, "hook_mlp_out", "blocks.{l}.hook_mlp_out",
     "what the MLP of block l adds to the residual stream", true, RowShape::unit, true},
    {Hook::z, "hook_z", "blocks.{l}.attn.hook_z", "input of o_proj, per query head", true,
     RowShape::head_unit, true},
    {Hook::head_norm, "head_norm", "blocks.{l}.attn.head_norm",
     "L2 norm of hook_z over the units of each query head", true, RowShape::head, false},
    {Hook::final_norm, "ln_final.hook_out", "ln_final.hook_out",
     "residual stream after the final norm", false, RowShape::unit, true},
    {Hook::logits, "logits", "logits", "scores before the softmax", false, RowShape::token, false},
}};

/// The entry of a hook.
inline const HookName& hook_name(Hook hook) {
  return hook_names[static_cast<std::size_t>(hook)];
}

}  // namespace phiscope::extract
