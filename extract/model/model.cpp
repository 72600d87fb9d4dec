// SPDX-License-Identifier: MIT
#include "model/model.hpp"

#include "files/model/latent_tensors.hpp"
#include "model/cpu/matrix_products.hpp"
#include "model/cpu/parallel.hpp"
#include "model/device/weight_upload.hpp"
#include "shard/file/mapped_file.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

at::ScalarType scalar_type(TensorDtype dtype, const std::string& name) {
  switch (dtype) {
    case TensorDtype::f16:
      return at::kHalf;
    case TensorDtype::bf16:
      return at::kBFloat16;
    case TensorDtype::f32:
      return at::kFloat;
    case TensorDtype::f64:
      return at::kDouble;
    default:
      throw std::invalid_argument("load_model: " + name + " is not of a float dtype");
  }
}

TensorDtype stored_type(at::ScalarType dtype) {
  switch (dtype) {
    case at::kHalf:
      return TensorDtype::f16;
    case at::kBFloat16:
      return TensorDtype::bf16;
    case at::kFloat:
      return TensorDtype::f32;
    case at::kDouble:
      return TensorDtype::f64;
    default:
      throw std::invalid_argument("load_model: not a float dtype");
  }
}

/// A weight with its LoRA in it, in the layout of the base, rounded once to `dtype`.
at::Tensor merged(const LoraMerge& merge, at::ScalarType dtype) {
  at::Tensor out = at::empty({merge.rows(), merge.columns()}, at::TensorOptions().dtype(dtype));
  auto* const data = static_cast<std::byte*>(out.mutable_data_ptr());
  const TensorDtype stored = stored_type(dtype);
  const auto row_bytes = static_cast<std::size_t>(merge.columns()) * item_size(stored);
  in_parallel(merge.rows(), 16, [&](std::int64_t begin, std::int64_t end) {
    merge.merge(begin, end, stored, data + static_cast<std::size_t>(begin) * row_bytes);
  });
  return out;
}

/// A stored tensor where it is mapped; a copy where its bytes are not aligned.
at::Tensor stored(const TensorView& view) {
  const auto options = at::TensorOptions().dtype(scalar_type(view.dtype, view.name));
  // ATen takes a pointer to mutable data; nothing writes to a weight.
  auto* data = const_cast<std::byte*>(view.bytes.data());       // NOLINT
  const auto address = reinterpret_cast<std::uintptr_t>(data);  // NOLINT
  if (address % item_size(view.dtype) == 0) return at::from_blob(data, view.shape, options);
  at::Tensor tensor = at::empty(view.shape, options);
  std::memcpy(tensor.mutable_data_ptr(), data, view.bytes.size());
  return tensor;
}

/// Part `index` of a tensor whose first axis holds several, as blocks or head by head.
at::Tensor cut(const at::Tensor& whole, const TensorSpec& spec, std::int64_t index,
               std::int64_t heads) {
  const std::int64_t count = std::ssize(spec.parts);
  if (count == 1) return whole;
  if (!spec.rows.empty()) {
    const auto first = spec.rows.begin();
    return whole.narrow(0, std::accumulate(first, first + index, std::int64_t{0}), first[index]);
  }
  const std::int64_t size = whole.size(0) / count;
  if (!spec.by_head) return whole.narrow(0, index * size, size);
  std::vector<std::int64_t> by_head{heads, count, size / heads};
  std::vector<std::int64_t> flat{size};
  if (whole.dim() == 2) {
    by_head.push_back(whole.size(1));
    flat.push_back(whole.size(1));
  }
  return whole.view(by_head).select(1, index).reshape(flat);
}

bool is_gain(Part part) {
  switch (part) {
    case Part::attention_norm:
    case Part::attention_post_norm:
    case Part::query_norm:
    case Part::key_norm:
    case Part::mlp_norm:
    case Part::mlp_post_norm:
    case Part::final_norm:
      return true;
    default:
      return false;
  }
}

/// Puts tensors where the forward pass looks for them.
class Loader {
 public:
  explicit Loader(Model& model) : model_(model) {
    if (model.device.is_cuda()) upload_.emplace(model.device);
    model.blocks.resize(static_cast<std::size_t>(model.config.layers));
    if (!model.config.experts) return;
    for (std::size_t layer = 0; layer < model.blocks.size(); ++layer) {
      if (!model.config.experts->layers[layer]) continue;
      model.blocks[layer].experts.resize(static_cast<std::size_t>(model.config.experts->count));
    }
  }

  void load(const TensorSpec& spec, const TensorView& view) {
    load(spec, stored(view), view.bytes);
  }

  /// @param slice  of one expert; see StackedPart
  void load(const TensorSpec& spec, const TensorView& slice, const StackedPart& part) {
    // Rows of a block are without gaps in the file unless they are its columns.
    const at::Tensor mapped = part.transposed ? there(spec, stored(slice)).t() : stored(slice);
    const std::int64_t rows = mapped.size(0) / part.blocks;
    load(spec, mapped.narrow(0, part.block * rows, rows), slice.bytes);
  }

  void load(const TensorSpec& spec, const TensorView& base, const LoraFactors& lora) {
    const LatentLora& scale = model_.config.latent.value().lora.value();
    const LoraMerge merge(base, lora, scale.alpha / static_cast<double>(scale.rank),
                          spec.transposed);
    load(spec, merged(merge, model_.dtype), base.bytes);
  }

 private:
  /// A tensor on the model's GPU and in the dtype that is prepared; as it is for other devices: on
  /// the CPU nothing needs to be copied.
  [[nodiscard]] at::Tensor there(const TensorSpec& spec, const at::Tensor& tensor) {
    if (!upload_ || !tensor.is_cpu()) return tensor;
    const bool wide = std::ranges::any_of(spec.parts, [&](Part part) { return is_wide(part); });
    return upload_->copied(tensor, wide ? wide_dtype() : model_.dtype);
  }

  /// Gives the pages of the mapped bytes back unless the model points into them.
  void load(const TensorSpec& spec, const at::Tensor& found, std::span<const std::byte> bytes) {
    const at::Tensor tensor = there(spec, found);
    const at::Tensor whole = spec.transposed ? tensor.t() : tensor;
    bool copied = true;
    for (std::size_t p = 0; p < spec.parts.size(); ++p) {
      const at::Tensor part = cut(whole, spec, static_cast<std::int64_t>(p), model_.config.heads);
      const at::Tensor weight = prepared(part, spec.parts[p]);
      const auto* const data = static_cast<const std::byte*>(weight.const_data_ptr());
      const bool mapped = data >= bytes.data() && data < bytes.data() + bytes.size();
      copied = copied && !mapped;
      place(spec)[spec.parts[p]] = weight;
    }
    if (copied) shard::release_pages(bytes);
  }

  [[nodiscard]] at::ScalarType wide_dtype() const {
    return model_.dtype == at::kDouble ? at::kDouble : at::kFloat;
  }
  [[nodiscard]] bool is_wide(Part part) const {
    return model_.config.norm == NormKind::rms_plus_one && is_gain(part);
  }

  [[nodiscard]] at::Tensor prepared(const at::Tensor& part, Part what) const {
    if (is_wide(what)) return part.to(model_.device, wide_dtype()) + 1.0;
    return part.to(model_.device, model_.dtype).contiguous();
  }

  [[nodiscard]] PartTensors& place(const TensorSpec& spec) const {
    if (spec.layer < 0) return model_.parts;
    BlockWeights& block = model_.blocks.at(static_cast<std::size_t>(spec.layer));
    return spec.expert < 0 ? block.parts : block.experts.at(static_cast<std::size_t>(spec.expert));
  }

  Model& model_;
  std::optional<WeightUpload> upload_{};
};

/// Parts as one tensor, of which they then are ranges of rows. @return  undefined: not all are
/// there
at::Tensor joined(PartTensors& parts, std::initializer_list<Part> which) {
  std::vector<at::Tensor> all;
  for (const Part part : which) {
    if (!parts[part].defined()) return {};
    all.push_back(parts[part]);
  }
  const at::Tensor whole = at::cat(all, 0);
  std::int64_t begin = 0;
  for (const Part part : which) {
    const std::int64_t rows = parts[part].size(0);
    parts[part] = whole.narrow(0, begin, rows);
    begin += rows;
  }
  return whole;
}

/// Joins the weights that multiply the same rows.
void join_weights(BlockWeights& block) {
  PartTensors& parts = block.parts;
  const auto biases = {Part::query_bias, Part::key_bias, Part::value_bias};
  const auto with_bias =
      std::ranges::count_if(biases, [&](Part part) { return parts[part].defined(); });
  if (with_bias == 0 || with_bias == 3) {
    block.heads_in = joined(parts, {Part::query, Part::key, Part::value});
    if (with_bias == 3) block.heads_in_bias = joined(parts, biases);
  }
  if (block.experts.empty() && !parts[Part::up_bias].defined()) {
    block.mlp_in = joined(parts, {Part::gate, Part::up});
  }
}

/// Once all of a layer is there, so that the next one takes the memory that becomes free. Tensors
/// come layer by layer. @param layer  -1: none
void join_layer(Model& model, std::int64_t layer) {
  if (model.device.is_cuda() && layer >= 0) {
    join_weights(model.blocks.at(static_cast<std::size_t>(layer)));
  }
}

void load_weights(Model& model, const Between& between) {
  const LatentTensors found = all_tensors(model.config, model.files->weights());
  Loader loader(model);
  std::int64_t layer = -1;
  for (const TensorSpec& spec : expected_tensors(model.config)) {
    if (between) between();
    if (spec.layer != layer) {
      join_layer(model, layer);
      layer = spec.layer;
    }
    const TensorView& view = found.tensors.at(spec.name);
    const auto lora = found.lora.find(spec.name);
    const auto stacked = found.stacked.find(spec.name);
    if (lora != found.lora.end()) {
      loader.load(spec, view, lora->second);
    } else if (stacked != found.stacked.end()) {
      loader.load(spec, view, stacked->second);
    } else {
      loader.load(spec, view);
    }
  }
  join_layer(model, layer);
}

}  // namespace

Model load_model(const std::filesystem::path& directory, at::ScalarType dtype, at::Device device) {
  return load_model(std::make_shared<const ModelFiles>(directory), dtype, device);
}

Model load_model(std::shared_ptr<const ModelFiles> files, at::ScalarType dtype, at::Device device,
                 const Between& between) {
  if (device.is_cpu()) matrix_products();
  Model model{.config = files->config(), .device = device, .dtype = dtype, .files = files};
  load_weights(model, between);
  const ModelConfig& config = model.config;
  if (config.tied) model.parts[Part::head] = model.parts[Part::embedding];
  if (config.rotary_dim > 0) {
    const auto embedding = [&](const RopeParameters& rope) {
      return rotary_embedding(rope, config.rotary_dim, device, dtype);
    };
    model.rope = embedding(config.rope);
    if (config.local_rope) model.local_rope = embedding(*config.local_rope);
  }
  return model;
}

}  // namespace phiscope::extract
