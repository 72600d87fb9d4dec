// SPDX-License-Identifier: MIT
#include "files/describe.hpp"

#include "files/model_check.hpp"
#include "files/model_tensors.hpp"
#include "files/tokenizer.hpp"
#include "shard/sha256.hpp"

#include <stdexcept>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

ordered_json describe_safetensors(const fs::path& path) {
  const SafetensorsFile file(path);
  ordered_json tensors = ordered_json::object();
  for (const auto& [name, view] : file.tensors()) {
    tensors[name] = {{"shape", view.shape},
                     {"dtype", name_of(view.dtype)},
                     {"sha256_le_c_order", shard::sha256(view.bytes)}};
  }
  return {{"tensors", std::move(tensors)}};
}

namespace {

/// The dtype of the tensors under config.json's names, or "mixed".
std::string stored_dtype(const std::map<std::string, TensorView>& tensors) {
  const TensorDtype first = tensors.begin()->second.dtype;
  for (const auto& [name, view] : tensors) {
    if (view.dtype != first) return "mixed";
  }
  switch (first) {
    case TensorDtype::f16:
      return "float16";
    case TensorDtype::bf16:
      return "bfloat16";
    case TensorDtype::f32:
      return "float32";
    case TensorDtype::f64:
      return "float64";
    default:
      throw std::invalid_argument("stored_dtype: not a float dtype");
  }
}

}  // namespace

ordered_json describe_model(const fs::path& directory, bool quick) {
  const ModelConfig config = read_config(directory);
  const Weights weights = Weights::open(directory);
  const auto tensors = model_tensors(config, weights);
  ordered_json out{
      {"family", config.family},
      {"architecture", config.architecture},
      {"layers", config.layers},
      {"heads", config.heads},
      {"kv_heads", config.kv_heads},
      {"head_dim", config.head_dim},
      {"hidden", config.hidden},
      {"intermediate", config.intermediate},
      {"vocab", config.vocab},
      {"max_positions", config.max_positions},
      {"dtype", stored_dtype(tensors)},
      {"parameters", count_parameters(config)},
      {"tied", config.tied},
      {"bos", config.bos ? ordered_json(*config.bos) : ordered_json(nullptr)},
      {"eos", config.eos},
      {"revision", model_revision(directory)},
  };
  if (quick) return out;
  check_finite(tensors, weights);
  ordered_json tokenizer = nullptr;
  if (fs::exists(directory / "tokenizer.json")) {
    const Tokenizer opened = Tokenizer::open(directory);
    tokenizer = {{"kind", opened.kind()}, {"tokens", opened.size()}};
  }
  out["tokenizer"] = std::move(tokenizer);
  out["digests"] = model_digests(directory, weights);
  return out;
}

}  // namespace phiscope::extract
