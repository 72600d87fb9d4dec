// SPDX-License-Identifier: MIT
#include "files/model/latent_tensors.hpp"

#include "files/family/family.hpp"
#include "files/model/latent_names.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

namespace {

/// One half of a LoRA, or both.
struct FoundLora {
  std::optional<TensorView> a;
  std::optional<TensorView> b;
};

/// What the files hold, by the names of the base model.
struct Inventory {
  NamedTensors named;
  std::set<std::string> bases;            ///< names that were stored as X.base_layer.
  std::map<std::string, FoundLora> lora;  ///< by the weight's name
  std::optional<TensorView> embedding;    ///< Coconut's second copy
  std::map<std::string, std::int64_t> left_out;
  std::string wrapper;  ///< of the base model's tensors
};

[[noreturn]] void refuse(const Weights& weights, const TensorView& view, const std::string& why) {
  throw FormatError(weights.file_of(view.name), "tensor " + quote_bytes(view.name) + " " + why);
}

void refuse_twice(const Weights& weights, const TensorView& view, const TensorView& other) {
  refuse(
      weights, view,
      "is the same tensor as " + quote_bytes(other.name) + " by its name, expected one of the two");
}

void take(Inventory& inventory, const Weights& weights, const TensorView& view) {
  const LatentName found = latent_name(view.name);
  switch (found.kind) {
    case LatentKind::training:
      ++inventory.left_out[found.group];
      return;
    case LatentKind::embedding:
      if (inventory.embedding) refuse_twice(weights, view, *inventory.embedding);
      inventory.embedding = view;
      return;
    case LatentKind::lora_a:
    case LatentKind::lora_b: {
      FoundLora& lora = inventory.lora[found.name];
      std::optional<TensorView>& half = found.kind == LatentKind::lora_a ? lora.a : lora.b;
      if (half) refuse_twice(weights, view, *half);
      half = view;
      return;
    }
    case LatentKind::base:
      inventory.bases.insert(found.name);
      break;
    case LatentKind::tensor:
      break;
  }
  if (!found.wrapper.empty()) inventory.wrapper = found.wrapper;
  const auto [place, is_new] = inventory.named.tensors.emplace(found.name, view);
  if (!is_new) refuse_twice(weights, view, place->second);
}

/// X of "X.weight" or "X.bias".
std::string module_of(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

Inventory take_stock(const Weights& weights) {
  Inventory inventory;
  for (const auto& [name, view] : weights.tensors()) take(inventory, weights, view);
  std::set<std::string> with_lora;
  for (const auto& [name, halves] : inventory.lora) with_lora.insert(module_of(name));
  for (const std::string& name : inventory.bases) with_lora.insert(module_of(name));
  inventory.named.stored_name = [with_lora, wrapper = inventory.wrapper](const std::string& name) {
    if (name.starts_with("prj.")) return name;
    const std::string module = module_of(name);
    if (!with_lora.contains(module)) return wrapper + name;
    return wrapper + module + ".base_layer" + name.substr(module.size());
  };
  inventory.named.files = "config.json with codi.json";
  inventory.named.tied_because = "as the head of a latent model is its embedding";
  return inventory;
}

/// The embedding under the prefix that these files use.
const TensorView* find_embedding(const Family& family, const Inventory& inventory) {
  for (const std::string_view prefix : family.prefixes) {
    const auto found =
        inventory.named.tensors.find(std::string(prefix) + std::string(family.embedding));
    if (found != inventory.named.tensors.end()) return &found->second;
  }
  return nullptr;
}

/// The name with a suffix of LoRA instead of ".base_layer.weight".
std::string lora_name(const Inventory& inventory, const std::string& weight, const char* half) {
  return inventory.wrapper + module_of(weight) + ".lora_" + half + ".default.weight";
}

void refuse_missing(const Weights& weights, const std::string& name, const std::string& beside) {
  throw FormatError(weights.main_file(), "tensor " + quote_bytes(name) +
                                             " is missing, expected beside " + quote_bytes(beside));
}

/// Every LoRA is whole, and of a weight that can have one.
void check_lora_sets(const ModelConfig& config, const Weights& weights,
                     const Inventory& inventory) {
  const Family& family = family_of(config);
  for (const auto& [name, halves] : inventory.lora) {
    const TensorView& one = halves.a ? *halves.a : *halves.b;
    if (name == family.output || name.ends_with(family.embedding)) {
      refuse(weights, one,
             "is a LoRA of an embedding or of the head, which is not supported: expected LoRA of "
             "the matrices of blocks alone");
    }
    if (!halves.a) refuse_missing(weights, lora_name(inventory, name, "A"), one.name);
    if (!halves.b) refuse_missing(weights, lora_name(inventory, name, "B"), one.name);
    if (!inventory.bases.contains(name)) {
      refuse_missing(weights, inventory.named.stored_name(name), one.name);
    }
  }
  for (const std::string& name : inventory.bases) {
    if (!name.ends_with(".weight") || inventory.lora.contains(name)) continue;
    refuse_missing(weights, lora_name(inventory, name, "A"), inventory.named.tensors.at(name).name);
  }
}

void check_half(const Weights& weights, const TensorView& half,
                const std::vector<std::int64_t>& shape, std::int64_t rank) {
  if (half.shape != shape) {
    refuse(weights, half,
           "has shape " + text_of(half.shape) + ", expected " + text_of(shape) +
               ", as lora_r of codi.json is " + std::to_string(rank));
  }
  if (!is_float(half.dtype)) {
    refuse(weights, half,
           "has dtype " + std::string(name_of(half.dtype)) + ", expected F32, BF16, F16 or F64");
  }
}

LoraFactors checked_factors(const ModelConfig& config, const Weights& weights,
                            const TensorSpec& spec, const FoundLora& found) {
  const TensorView& a = found.a.value();
  const TensorView& b = found.b.value();
  if (!config.latent->lora) {
    refuse(weights, a, "is a LoRA, expected none without lora_r and lora_alpha in codi.json");
  }
  if (spec.shape.size() != 2) refuse(weights, a, "is surplus, expected LoRA of matrices alone");
  const std::int64_t rank = config.latent->lora->rank;
  check_half(weights, a, {rank, spec.shape[spec.transposed ? 0 : 1]}, rank);
  check_half(weights, b, {spec.shape[spec.transposed ? 1 : 0], rank}, rank);
  return {.a = a, .b = b};
}

/// peft wraps what it gives LoRA: such files without any have lost them.
void check_lora_present(const ModelConfig& config, const Weights& weights,
                        const Inventory& inventory) {
  if (!config.latent->lora || !inventory.lora.empty()) return;
  if (inventory.wrapper.find("base_model.") == std::string::npos) return;
  throw FormatError(weights.main_file(), "no LoRA tensor, expected some of rank " +
                                             std::to_string(config.latent->lora->rank) +
                                             " by lora_r of codi.json (0 where they are merged)");
}

}  // namespace

std::map<std::string, TensorView> LatentTensors::stored() const {
  std::map<std::string, TensorView> all;
  for (const auto& [name, view] : tensors) {
    all.emplace(stacked.contains(name) ? name : view.name, view);
  }
  for (const auto& [name, factors] : lora) {
    all.emplace(factors.a.name, factors.a);
    all.emplace(factors.b.name, factors.b);
  }
  return all;
}

LatentTensors latent_tensors(const ModelConfig& config, const Weights& weights) {
  const Inventory inventory = take_stock(weights);
  check_lora_sets(config, weights, inventory);
  check_lora_present(config, weights, inventory);
  MatchedTensors matched = match_tensors(config, weights, inventory.named);
  LatentTensors out{.tensors = std::move(matched.tensors),
                    .lora = {},
                    .stacked = std::move(matched.stacked),
                    .left_out = inventory.left_out,
                    .layout = std::move(matched.layout)};
  for (const std::string& name : matched.left_out) ++out.left_out[name];
  for (const TensorSpec& spec : expected_tensors(config)) {
    const LatentName found = latent_name(out.tensors.at(spec.name).name);
    const auto lora = inventory.lora.find(found.name);
    if (lora == inventory.lora.end()) continue;
    out.lora.emplace(spec.name, checked_factors(config, weights, spec, lora->second));
  }
  if (inventory.embedding) {
    const TensorView& embedding = *find_embedding(family_of(config), inventory);
    check_equal_tensors(weights, embedding, *inventory.embedding,
                        "as it is the embedding once more");
    ++out.left_out["embedding.weight"];
  }
  return out;
}

LatentTensors all_tensors(const ModelConfig& config, const Weights& weights) {
  if (config.latent) return latent_tensors(config, weights);
  MatchedTensors matched = match_tensors(config, weights);
  LatentTensors out{.tensors = std::move(matched.tensors),
                    .lora = {},
                    .stacked = std::move(matched.stacked),
                    .left_out = {},
                    .layout = std::move(matched.layout)};
  for (const std::string& name : matched.left_out) ++out.left_out[name];
  return out;
}

std::int64_t latent_embedding_rows(const ModelConfig& config, const Weights& weights) {
  const Family& family = family_of(config);
  const Inventory inventory = take_stock(weights);
  // A LoRA on the embedding hides its name: that is said before the embedding is missed.
  check_lora_sets(config, weights, inventory);
  const TensorView* embedding = find_embedding(family, inventory);
  const std::string name = std::string(family.prefixes.front()) + std::string(family.embedding);
  if (embedding == nullptr) {
    throw FormatError(weights.main_file(), "tensor " +
                                               quote_bytes(inventory.named.stored_name(name)) +
                                               " is missing, expected the embedding [rows, " +
                                               std::to_string(config.hidden) + "] by config.json");
  }
  if (embedding->shape.size() != 2 || embedding->shape[1] != config.hidden) {
    refuse(weights, *embedding,
           "has shape " + text_of(embedding->shape) + ", expected [rows, " +
               std::to_string(config.hidden) + "] by config.json");
  }
  return embedding->shape[0];
}

}  // namespace phiscope::extract
