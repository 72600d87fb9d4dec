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
  q,           ///< blocks.{l}.attn.hook_q [token, head, unit]: as it meets the keys
  k,           ///< blocks.{l}.attn.hook_k [token, kv head, unit]: as it meets the queries
  v,           ///< blocks.{l}.attn.hook_v [token, kv head, unit]
  pattern,     ///< blocks.{l}.attn.hook_pattern [token, head, token]: weights of the values
  z,           ///< blocks.{l}.attn.hook_z [token, head, unit]: input of o_proj, per query head
  head_norm,   ///< blocks.{l}.attn.head_norm [token, head]: L2 norm of hook_z
  mlp_pre,     ///< blocks.{l}.mlp.hook_pre [token, inner unit]: what the activation is applied to
  mlp_post,    ///< blocks.{l}.mlp.hook_post [token, inner unit]: input of the down projection
  final_norm,  ///< ln_final.hook_out [token, unit]: Hugging Face's last hidden state
  logits,      ///< logits [token, vocabulary]
};

/// Axes of a hook's values at one token, after the layer.
enum class RowShape {
  unit,          ///< [hidden unit]
  inner_unit,    ///< [unit of the MLP between its projections]
  head_unit,     ///< [query head, unit of the head]
  kv_head_unit,  ///< [head of keys and values, unit of the head]
  head,          ///< [query head]
  head_token,    ///< [query head, token that is looked at]
  token,         ///< [token of the vocabulary]
};

/// What is particular to a hook: its name, as users write it, the formula that goes with it into
/// plan.json, and the shape of its rows.
struct HookName {
  Hook hook;
  std::string_view name;
  std::string_view path;     ///< full TransformerLens path, {l} = layer
  std::string_view formula;  ///< what the array holds
  bool in_block;             ///< the path has a layer
  RowShape shape;
  bool editable;  ///< later parts of the model read its values
};

inline constexpr std::array<HookName, 16> hook_names{{
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
    {Hook::q, "hook_q", "blocks.{l}.attn.hook_q",
     "queries as they meet the keys, per query head: after bias, norm and rotation "
     "(TransformerLens's hook_q is before norm and rotation, its hook_rot_q is this)",
     true, RowShape::head_unit, true},
    {Hook::k, "hook_k", "blocks.{l}.attn.hook_k",
     "keys as they meet the queries, per head of keys and values: after bias, norm and rotation "
     "(TransformerLens's hook_k is before norm and rotation, its hook_rot_k is this)",
     true, RowShape::kv_head_unit, true},
    {Hook::v, "hook_v", "blocks.{l}.attn.hook_v",
     "values, per head of keys and values: after the bias (as TransformerLens's hook_v)", true,
     RowShape::kv_head_unit, true},
    {Hook::pattern, "hook_pattern", "blocks.{l}.attn.hook_pattern",
     "weight of each token's values in the mean that is hook_z, per query head, after the softmax; "
     "0 for later tokens and those outside the window",
     true, RowShape::head_token, false},
    {Hook::z, "hook_z", "blocks.{l}.attn.hook_z", "input of o_proj, per query head", true,
     RowShape::head_unit, true},
    {Hook::head_norm, "head_norm", "blocks.{l}.attn.head_norm",
     "L2 norm of hook_z over the units of each query head", true, RowShape::head, false},
    {Hook::mlp_pre, "mlp.hook_pre", "blocks.{l}.mlp.hook_pre",
     "what the MLP's activation is applied to: the gate of a gated MLP", true, RowShape::inner_unit,
     true},
    {Hook::mlp_post, "mlp.hook_post", "blocks.{l}.mlp.hook_post",
     "input of the MLP's down projection: activation times, in a gated MLP, the other product",
     true, RowShape::inner_unit, true},
    {Hook::final_norm, "ln_final.hook_out", "ln_final.hook_out",
     "residual stream after the final norm", false, RowShape::unit, true},
    {Hook::logits, "logits", "logits", "scores before the softmax", false, RowShape::token, false},
}};

/// The entry of a hook.
inline const HookName& hook_name(Hook hook) {
  return hook_names[static_cast<std::size_t>(hook)];
}

}  // namespace phiscope::extract
