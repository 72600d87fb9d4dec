// SPDX-License-Identifier: MIT
#include "files/model/latent_names.hpp"

#include <array>

namespace phiscope::extract {
namespace {

bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

/// Without the wrappers of distributed training, which may be anywhere in a name.
std::string unwrapped(std::string_view stored) {
  std::string kept;
  while (!stored.empty()) {
    const std::size_t dot = stored.find('.');
    const std::string_view part =
        dot == std::string_view::npos ? stored : stored.substr(0, dot + 1);
    if (part != "module." && part != "_fsdp_wrapped_module.") kept += part;
    stored.remove_prefix(part.size());
  }
  return kept;
}

/// Replaces a suffix of LoRA by that of the weight it belongs to.
LatentKind take_lora_suffix(std::string& name) {
  struct Suffix {
    std::string_view stored;
    std::string_view own;
    LatentKind kind;
  };
  constexpr std::array<Suffix, 4> suffixes{{
      {".base_layer.weight", ".weight", LatentKind::base},
      {".base_layer.bias", ".bias", LatentKind::base},
      {".lora_A.default.weight", ".weight", LatentKind::lora_a},
      {".lora_B.default.weight", ".weight", LatentKind::lora_b},
  }};
  for (const Suffix& suffix : suffixes) {
    if (!name.ends_with(suffix.stored)) continue;
    name.replace(name.size() - suffix.stored.size(), suffix.stored.size(), suffix.own);
    return suffix.kind;
  }
  // peft stores those of an embedding transposed and without ".weight".
  for (const Suffix& suffix :
       {Suffix{".lora_embedding_A.default", ".weight", LatentKind::lora_a},
        Suffix{".lora_embedding_B.default", ".weight", LatentKind::lora_b}}) {
    if (!name.ends_with(suffix.stored)) continue;
    name.replace(name.size() - suffix.stored.size(), suffix.stored.size(), suffix.own);
    return suffix.kind;
  }
  return LatentKind::tensor;
}

}  // namespace

LatentName latent_name(std::string_view stored) {
  LatentName found;
  const std::string whole = unwrapped(stored);
  std::string_view name = whole;
  if (!take_prefix(name, "codi.")) take_prefix(name, "coconut.");
  for (const std::string_view group : {"decoder.", "pj_in.", "pj_out.", "expainable_llm."}) {
    if (!name.starts_with(group)) continue;
    found.kind = LatentKind::training;
    found.group = std::string(group) + "*";
    found.name = name;
    return found;
  }
  if (name == "embedding.weight") {
    found.kind = LatentKind::embedding;
    found.name = name;
    return found;
  }
  take_prefix(name, "base_causallm.");
  take_prefix(name, "base_model.model.");
  found.wrapper = whole.substr(0, whole.size() - name.size());
  found.name = name;
  found.kind = take_lora_suffix(found.name);
  return found;
}

}  // namespace phiscope::extract
