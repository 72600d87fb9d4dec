// SPDX-License-Identifier: MIT
#include "files/config.hpp"

#include "files/family.hpp"
#include "shard/format_error.hpp"
#include "shard/json_file.hpp"

#include <array>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;
using shard::FormatError;

namespace {

/// The family the file names; what is not supported is refused with the list of what is.
const Family& find_family(const JsonFields& fields) {
  const std::string model_type = fields.text("model_type");
  std::string types;
  const Family* family = nullptr;
  for (const Family* one : families()) {
    types += (types.empty() ? "" : ", ") + std::string(one->model_type);
    if (one->model_type == model_type) family = one;
  }
  if (family == nullptr) fields.refuse("model_type", "a supported type: " + types);
  if (fields.has("architectures")) {
    const json& list = fields.array("architectures");
    if (list.size() != 1 || list[0] != std::string(family->architecture)) {
      fields.refuse("architectures", "[\"" + std::string(family->architecture) + "\"]");
    }
  }
  return *family;
}

std::string read_dtype(const JsonFields& fields) {
  constexpr std::array<std::string_view, 4> supported{"float32", "bfloat16", "float16", "float64"};
  expect_one_of(fields, "dtype", supported);
  expect_one_of(fields, "torch_dtype", supported);
  if (fields.has("dtype") && fields.has("torch_dtype") &&
      fields.text("dtype") != fields.text("torch_dtype")) {
    fields.refuse("torch_dtype", "the same as dtype");
  }
  return fields.text_or("dtype", fields.text_or("torch_dtype", ""));
}

/// Token ids of a field that holds an integer, a list of integers, or nothing.
std::vector<std::int64_t> token_ids(const JsonFields& fields, std::string_view key,
                                    std::int64_t vocab) {
  if (!fields.has(key)) return {};
  const json& field = fields.value().at(std::string(key));
  const json list = field.is_array() ? field : json::array({field});
  std::vector<std::int64_t> ids;
  for (const json& value : list) {
    if (!value.is_number_unsigned() ||
        value.get<std::uint64_t>() >= static_cast<std::uint64_t>(vocab)) {
      fields.refuse(key, "token ids in [0, " + std::to_string(vocab) + ") (vocab_size)");
    }
    ids.push_back(value.get<std::int64_t>());
  }
  return ids;
}

void read_special_ids(const JsonFields& fields, const fs::path& generation, ModelConfig& config) {
  config.eos = token_ids(fields, "eos_token_id", config.vocab);
  std::vector<std::int64_t> bos = token_ids(fields, "bos_token_id", config.vocab);
  if (bos.size() > 1) fields.refuse("bos_token_id", "one token id");
  if (fs::exists(generation)) {
    const json root = shard::read_json(generation);
    const JsonFields generate(root, generation);
    auto eos = token_ids(generate, "eos_token_id", config.vocab);
    if (!eos.empty()) config.eos = std::move(eos);
    if (bos.empty()) bos = token_ids(generate, "bos_token_id", config.vocab);
    if (bos.size() > 1) generate.refuse("bos_token_id", "one token id");
  }
  if (!bos.empty()) config.bos = bos.front();
}

}  // namespace

ModelConfig read_config(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!fs::exists(path)) {
    throw FormatError(path, "no such file, expected a Hugging Face model directory");
  }
  const json root = shard::read_json(path);
  const JsonFields fields(root, path);
  const Family& family = find_family(fields);
  if (fields.has("quantization_config")) {
    fields.refuse("quantization_config", "none (quantized weights are not supported)");
  }
  ModelConfig config;
  config.family = family.model_type;
  config.architecture = family.architecture;
  config.dtype = read_dtype(fields);
  family.read(fields, config);
  read_special_ids(fields, directory / "generation_config.json", config);
  return config;
}

std::optional<std::int64_t> read_vocab_size(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!fs::exists(path)) return std::nullopt;
  const json root = shard::read_json(path);
  const JsonFields fields(root, path);
  // Models of text and images keep the text model's numbers apart.
  const bool nested = !fields.has("vocab_size") && fields.has("text_config");
  return (nested ? fields.object("text_config") : fields).integer("vocab_size");
}

std::vector<TensorSpec> expected_tensors(const ModelConfig& config) {
  return family_of(config).tensors(config);
}

std::uint64_t count_parameters(const ModelConfig& config) {
  std::uint64_t total = 0;
  for (const TensorSpec& spec : expected_tensors(config)) {
    std::uint64_t elements = 1;
    for (const std::int64_t dimension : spec.shape)
      elements *= static_cast<std::uint64_t>(dimension);
    total += elements;
  }
  return total;
}

}  // namespace phiscope::extract
