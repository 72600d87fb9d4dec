// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"
#include "files/weights.hpp"
#include "model/batch.hpp"
#include "model/rope.hpp"
#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace phiscope::extract {

/// Weights of one block of the Llama family; products are x Wᵀ with W [out, in].
struct BlockWeights {
  at::Tensor attention_norm;  ///< [hidden]
  at::Tensor query;           ///< [heads * head_dim, hidden]
  at::Tensor key;             ///< [kv_heads * head_dim, hidden]
  at::Tensor value;           ///< [kv_heads * head_dim, hidden]
  at::Tensor output;          ///< [hidden, heads * head_dim]
  at::Tensor mlp_norm;        ///< [hidden]
  at::Tensor gate;            ///< [intermediate, hidden]
  at::Tensor up;              ///< [intermediate, hidden]
  at::Tensor down;            ///< [hidden, intermediate]
};

/// A model ready to run: read-only after loading.
struct Model {
  ModelConfig config;
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  std::optional<Weights> files;  ///< keeps the mapped files alive that tensors may point into
  at::Tensor embedding;          ///< [vocab, hidden]
  std::vector<BlockWeights> blocks;
  at::Tensor final_norm;        ///< [hidden]
  at::Tensor head;              ///< [vocab, hidden]; the embedding when tied
  at::Tensor rope_frequencies;  ///< [head_dim / 2] float32
};

/// Loads a Hugging Face directory. A weight of the wanted dtype on the CPU is used where it is
/// mapped; others are converted one at a time. Call check_model() first: nothing is verified here.
Model load_model(const std::filesystem::path& directory, at::ScalarType dtype, at::Device device);

/// What a block computes on the way, [row, ...]; only those asked for are set.
struct BlockTrace {
  at::Tensor resid_mid;  ///< [row, hidden]
  at::Tensor attn_out;   ///< [row, hidden]
  at::Tensor mlp_out;    ///< [row, hidden]
  at::Tensor z;          ///< [row, heads, head_dim]
};

/// Token embeddings [row, hidden].
at::Tensor embed(const Model& model, const Batch& batch);

/// One block: the residual stream [row, hidden] into the residual stream behind it. Lanes with a
/// cache of their own have their keys and values of this layer written there.
/// @param trace  receives the intermediate values; looking at them changes no bit of the result
at::Tensor block(const Model& model, int layer, const at::Tensor& residual, const Batch& batch,
                 const Rotation& by, BlockTrace& trace);

/// The residual stream after the final norm.
at::Tensor final_norm(const Model& model, const at::Tensor& residual);

/// Scores [row, vocab] from the output of final_norm(). A row has the same bits among any others.
at::Tensor logits(const Model& model, const at::Tensor& normed);

}  // namespace phiscope::extract
