// SPDX-License-Identifier: MIT
#include "files/family/family.hpp"

#include "files/weights/safetensors.hpp"
#include "shard/file/format_error.hpp"

#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {

extern const Family gemma2_family;
extern const Family gemma3_family;
extern const Family gemma3_text_family;
extern const Family gpt2_family;
extern const Family gpt_neox_family;
extern const Family granite_family;
extern const Family llama_family;
extern const Family mistral_family;
extern const Family mixtral_family;
extern const Family olmo2_family;
extern const Family olmo3_family;
extern const Family olmoe_family;
extern const Family phi3_family;
extern const Family qwen2_family;
extern const Family qwen3_family;
extern const Family qwen3_moe_family;
extern const Family smollm3_family;

std::span<const Family* const> families() {
  static constexpr std::array<const Family*, 17> all{
      &gemma2_family,    &gemma3_family, &gemma3_text_family, &gpt2_family,    &gpt_neox_family,
      &granite_family,   &llama_family,  &mistral_family,     &mixtral_family, &olmo2_family,
      &olmo3_family,     &olmoe_family,  &phi3_family,        &qwen2_family,   &qwen3_family,
      &qwen3_moe_family, &smollm3_family};
  return all;
}

const Family& family_of(const ModelConfig& config) {
  for (const Family* family : families()) {
    if (family->model_type == config.family) return *family;
  }
  throw std::invalid_argument("family_of: unknown family " + shard::quote_bytes(config.family));
}

namespace {

void add_projection(const ModelConfig& config, std::vector<TensorSpec>& list) {
  const std::int64_t d = config.hidden;
  const LatentProjection& projection = *config.latent->projection;
  const auto add = [&](Part part, const char* name, std::vector<std::int64_t> shape) {
    list.push_back({.name = name, .shape = std::move(shape), .parts = {part}});
  };
  add(Part::projection_in, "prj.1.weight", {projection.width, d});
  add(Part::projection_in_bias, "prj.1.bias", {projection.width});
  add(Part::projection_out, "prj.3.weight", {d, projection.width});
  add(Part::projection_out_bias, "prj.3.bias", {d});
  if (!projection.layer_norm) return;
  add(Part::projection_norm, "prj.ln.weight", {d});
  add(Part::projection_norm_bias, "prj.ln.bias", {d});
}

/// `total` and the elements of one more tensor, refused where their bytes would not fit 64 bits:
/// what is compared with free memory or space would be a small number.
std::uint64_t with_elements(std::uint64_t total, const TensorSpec& spec) {
  constexpr std::uint64_t widest = 8;  // bytes of a float64
  std::uint64_t elements = 1;
  std::uint64_t bytes = 0;
  bool wraps = false;
  for (const std::int64_t extent : spec.shape) {
    const auto factor = static_cast<std::uint64_t>(extent);
    wraps = __builtin_mul_overflow(elements, factor, &elements) || wraps;
  }
  wraps = __builtin_add_overflow(total, elements, &total) || wraps;
  wraps = __builtin_mul_overflow(total, widest, &bytes) || wraps;
  if (!wraps) return total;
  const std::string most = std::to_string(std::numeric_limits<std::uint64_t>::max() / widest);
  throw shard::FormatError("config.json",
                           "tensor " + shard::quote_bytes(spec.name) + " of shape " +
                               text_of(spec.shape) + ": found more than " + most +
                               " elements in it and the tensors before, expected at most as many");
}

}  // namespace

std::vector<TensorSpec> expected_tensors(const ModelConfig& config) {
  const Family& family = family_of(config);
  std::vector<TensorSpec> list = family.tensors(config);
  for (TensorSpec& spec : list) {
    if (spec.name != family.output) spec.name.insert(0, family.prefixes.front());
  }
  if (config.latent && config.latent->projection) add_projection(config, list);
  return list;
}

std::uint64_t count_parameters(const ModelConfig& config) {
  std::uint64_t total = 0;
  for (const TensorSpec& spec : expected_tensors(config)) total = with_elements(total, spec);
  return total;
}

}  // namespace phiscope::extract
