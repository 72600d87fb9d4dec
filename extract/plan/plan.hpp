// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// Half-open range of token positions of a run.
struct Span {
  int begin = 0;
  int end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// One row to keep of a run: the mean over `spans` of the mean over the tokens of each span.
struct Row {
  std::vector<std::int64_t> key;  ///< what the row is, in the order of the plan's row space
  std::vector<Span> spans;        ///< not empty, none empty
};

/// One pass through the model: tokens in, rows out.
struct Run {
  std::vector<int> tokens;
  std::vector<Row> rows;
  std::vector<std::int64_t> key{};  ///< what the run is; keys of its generated rows begin with it
};

/// Which rows the captures keep of a generation.
enum class GeneratedRows {
  none,
  predicting,  ///< of step s the position that predicts generated token s; key: run, s
  tokens,      ///< behind the run's own rows those of the generated tokens; key: run, position
};

/// Greedy continuation of every run, captured in the same pass.
struct Generation {
  int tokens = 0;        ///< at most so many a run; 0: none
  std::vector<int> end;  ///< a run ends with the first of these tokens, which is kept
  GeneratedRows rows = GeneratedRows::none;
};

/// Runs that belong together. They may share a token prefix with the first, which is computed once.
struct Group {
  std::vector<Run> runs;
};

/// What is stored of every row.
struct Capture {
  std::string array;  ///< name of the array in the run directory
  Hook hook = Hook::resid_post;
  std::vector<int> layers;  ///< empty for hooks that are not in a block
};

/// Everything that will be computed, as plain data. Shard k holds `groups_per_shard` groups from
/// k * groups_per_shard on; a batch never crosses a shard.
struct Plan {
  std::vector<Capture> captures;
  Generation generation{};
  std::vector<Group> groups;
  std::size_t groups_per_shard = 1;

  [[nodiscard]] std::size_t shards() const {
    return (groups.size() + groups_per_shard - 1) / groups_per_shard;
  }
};

/// A hook's name, as users write it, and the formula that goes with it into plan.json.
struct HookName {
  Hook hook;
  std::string_view name;
  std::string_view path;     ///< full TransformerLens path, {l} = layer
  std::string_view formula;  ///< what the array holds
  bool in_block;
};

inline constexpr std::array<HookName, 10> hook_names{{
    {Hook::embed, "hook_embed", "hook_embed", "token embedding that enters block 0", false},
    {Hook::resid_pre, "hook_resid_pre", "blocks.{l}.hook_resid_pre", "residual stream into block l",
     true},
    {Hook::resid_mid, "hook_resid_mid", "blocks.{l}.hook_resid_mid",
     "residual stream after the attention of block l", true},
    {Hook::resid_post, "hook_resid_post", "blocks.{l}.hook_resid_post",
     "residual stream out of block l; layer -1 is hook_embed", true},
    {Hook::attn_out, "hook_attn_out", "blocks.{l}.hook_attn_out",
     "what the attention of block l adds to the residual stream", true},
    {Hook::mlp_out, "hook_mlp_out", "blocks.{l}.hook_mlp_out",
     "what the MLP of block l adds to the residual stream", true},
    {Hook::z, "hook_z", "blocks.{l}.attn.hook_z", "input of o_proj, per query head", true},
    {Hook::head_norm, "head_norm", "blocks.{l}.attn.head_norm",
     "L2 norm of hook_z over the units of each query head", true},
    {Hook::final_norm, "ln_final.hook_out", "ln_final.hook_out",
     "residual stream after the final norm", false},
    {Hook::logits, "logits", "logits", "scores before the softmax", false},
}};

/// The entry of a hook.
inline const HookName& hook_name(Hook hook) {
  return hook_names[static_cast<std::size_t>(hook)];
}

/// Number of leading tokens that two runs have in common.
inline std::size_t shared_prefix(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  return n;
}

/// Tokens that pass through the model, once with every run alone and once with prefixes shared.
struct TokenCount {
  std::uint64_t runs = 0;
  std::uint64_t rows = 0;
  std::uint64_t alone = 0;
  std::uint64_t shared = 0;
};

/// Counts the work of some groups; times the number of layers these are token-layers. At least one
/// token of every run is computed, even of one that is all prefix.
inline TokenCount count_tokens(std::span<const Group> groups) {
  TokenCount count;
  for (const Group& group : groups) {
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      const std::size_t known = r == 0 ? 0 : shared_prefix(group.runs.front().tokens, run.tokens);
      ++count.runs;
      count.rows += run.rows.size();
      count.alone += run.tokens.size();
      count.shared += std::max<std::size_t>(1, run.tokens.size() - known);
    }
  }
  return count;
}

}  // namespace phiscope::extract
