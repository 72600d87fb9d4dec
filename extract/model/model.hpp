// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/model/files.hpp"
#include "files/model/tensors.hpp"
#include "model/batch.hpp"
#include "model/edit.hpp"
#include "model/rope.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <bitset>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Weights by what they are for; those that a family does not have are undefined.
class PartTensors {
 public:
  const at::Tensor& operator[](Part part) const { return tensors_[static_cast<std::size_t>(part)]; }
  at::Tensor& operator[](Part part) { return tensors_[static_cast<std::size_t>(part)]; }

 private:
  std::array<at::Tensor, static_cast<std::size_t>(Part::count)> tensors_;
};

/// Weights of one block.
struct BlockWeights {
  PartTensors parts;
  std::vector<PartTensors> experts;  ///< gate, up and down of each; empty: one dense MLP
  /// On a GPU several weights of one input are parts of one tensor, for a product in place of three
  /// or two where rows are few; else undefined.
  at::Tensor heads_in{};       ///< [query, key and value, hidden]
  at::Tensor heads_in_bias{};  ///< likewise; undefined where they have none
  at::Tensor mlp_in{};         ///< [gate and up, hidden], without a bias
};

/// A model ready to run: read-only after loading.
struct Model {
  ModelConfig config;
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  std::shared_ptr<const ModelFiles> files{};  ///< mapped: tensors may point into them
  PartTensors parts{};  ///< those of no block; the head is the embedding when tied
  std::vector<BlockWeights> blocks{};
  RotaryEmbedding rope{};        ///< undefined where no unit is rotated
  RotaryEmbedding local_rope{};  ///< of the layers with a window, where it differs
};

/// Loads a Hugging Face directory that is open. A weight of the wanted dtype on the CPU is used
/// where it is mapped; others are converted or turned [out, in] one at a time, and their pages
/// given back. A LoRA of a latent model is merged in float64 and rounded once to `dtype`. Call
/// check_model() first: nothing is verified here. For the CPU it calls matrix_products(), so that
/// no product of a model comes before.
/// @param between  called before every tensor
Model load_model(std::shared_ptr<const ModelFiles> files, at::ScalarType dtype, at::Device device,
                 const Between& between = {});
/// As above, of a directory that is opened for it.
Model load_model(const std::filesystem::path& directory, at::ScalarType dtype, at::Device device);

/// What all blocks of one pass have in common.
struct Pass {
  const Batch& batch;
  Rotation rotation;
  Rotation local_rotation;
  EditTable edits;
};
/// @param edits  outlive the pass
Pass make_pass(const Model& model, const Batch& batch, std::span<const Edit> edits = {});

/// What a block computes on the way, [row, ...], edits made.
///
/// hook_z, hook_attn_out, hook_mlp_out and, where there is one, hook_resid_mid are always kept;
/// other hooks inside the block where `wanted`, since they would take room or work.
struct BlockTrace {
  std::bitset<hook_names.size()> wanted{};
  std::int64_t tokens = 0;  ///< length of a row of hook_pattern: no run has more positions
  std::array<at::Tensor, hook_names.size()> values{};

  [[nodiscard]] bool wants(Hook hook) const { return wanted[static_cast<std::size_t>(hook)]; }
  [[nodiscard]] const at::Tensor& of(Hook hook) const {
    return values[static_cast<std::size_t>(hook)];
  }
  void keep(Hook hook, const at::Tensor& x) { values[static_cast<std::size_t>(hook)] = x; }
};

/// What enters block 0, [row, hidden], for all rows of the batch.
at::Tensor embed(const Model& model, const Batch& batch);

/// One block: the residual stream [row, hidden] of the lanes that have entered into the residual
/// stream after it, before edits there. Lanes with a cache of their own have their keys and values
/// of this layer written there.
/// @param trace  says what is wanted and receives it; looking at it changes no bit of the result
at::Tensor block(const Model& model, int layer, const at::Tensor& residual, const Pass& pass,
                 BlockTrace& trace);

/// The residual stream after the final norm.
at::Tensor final_norm(const Model& model, const at::Tensor& residual);

/// Scores [row, vocab] from the output of final_norm(). A row has the same bits among any others.
/// @param step  the rows are those of a Batch with `step`
at::Tensor logits(const Model& model, const at::Tensor& normed, bool step = false);

}  // namespace phiscope::extract
