// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace phiscope::extract {

/// What a tensor in the files of a latent model is.
enum class LatentKind {
  tensor,     ///< of the base model or of the projection, under its own name
  base,       ///< weight or bias that has a LoRA beside it
  lora_a,     ///< [rank, in], of the weight `name`
  lora_b,     ///< [out, rank], of the weight `name`
  embedding,  ///< the embedding once more, as Coconut's files have it
  training,   ///< needed for training alone: left out
};

/// A stored name taken apart.
struct LatentName {
  LatentKind kind = LatentKind::tensor;
  std::string name;     ///< as the base model has it: "model.layers.0.mlp.up_proj.weight"
  std::string wrapper;  ///< what stands before it in the files: "codi.base_model.model."
  std::string group;    ///< of a training tensor: "decoder.*"
};

/// Takes a name of the training code apart: wrappers of distributed training (`module.`,
/// `_fsdp_wrapped_module.`, wherever they are), of CODI (`codi.` or `coconut.`,
/// `base_model.model.`) and of Coconut (`base_causallm.`), and the suffixes of LoRA.
[[nodiscard]] LatentName latent_name(std::string_view stored);

}  // namespace phiscope::extract
