// SPDX-License-Identifier: MIT
// Attention of all lanes of a batch in one product a layer, whatever their lengths.
#pragma once

#include "model/layers.hpp"

#include <cstdint>

namespace phiscope::extract {

/// True where a kernel takes lanes of different lengths: on a GPU, without a soft cap, float16 and
/// bfloat16 with heads of 8, 16, ... 256 units, float32 with heads of 4, 8, ... units.
/// @param query  [row, heads, head_dim]
bool has_ragged_attention(const at::Tensor& query, const Scores& scores);

/// attention() of the lanes in `stage`, whose tokens enter together, by one product for all rows.
/// @pre has_ragged_attention()
at::Tensor ragged_attention(const Batch& batch, const Stage& stage, std::size_t layer,
                            const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value);

/// attention() lane by lane: for what no kernel takes, and what the one product is tested against.
at::Tensor attention_by_lane(const Batch& batch, const Stage& stage, std::size_t layer,
                             const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                             const at::Tensor& value);

/// Where lanes begin that are laid end to end.
struct LaneBegins {
  at::Tensor begin;       ///< [lane + 1] int32, on the device
  std::int64_t most = 0;  ///< of the longest lane
};

/// What rows attend to: per lane the tokens before its start, then its own, one for each row.
struct SeenTokens {
  at::Tensor key;     ///< [token, kv_heads, head_dim]
  at::Tensor value;   ///< likewise
  LaneBegins rows;    ///< in the queries
  LaneBegins tokens;  ///< in key and value
};

/// Writes the keys and values of the lanes in `stage` to their caches, and lays out what they see.
SeenTokens seen_tokens(const Batch& batch, const Stage& stage, std::size_t layer,
                       const at::Tensor& key, const at::Tensor& value);

/// Attention of rows in lanes: a lane's last row sees all its tokens, the row before it one less.
/// @param query  [row, heads, head_dim] of the lanes, without filling
at::Tensor ragged_product(const at::Tensor& query, const SeenTokens& seen, const Scores& scores);

}  // namespace phiscope::extract
