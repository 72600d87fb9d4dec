// SPDX-License-Identifier: MIT
#include "files/model/config.hpp"

#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/model/latent_tensors.hpp"
#include "files/weights/pickles.hpp"
#include "files/weights/weights.hpp"
#include "shard/file/file_identity.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>

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

/// Token ids of a field that holds an integer, a list of integers, or nothing. Ids beyond the
/// vocabulary occur in files whose fields were left at the family's defaults; no text has them.
std::vector<std::int64_t> token_ids(const JsonFields& fields, std::string_view key) {
  if (!fields.has(key)) return {};
  const json& field = fields.value().at(std::string(key));
  const json list = field.is_array() ? field : json::array({field});
  std::vector<std::int64_t> ids;
  for (const json& value : list) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 0x7FFFFFFF) {
      fields.refuse(key, "token ids");
    }
    ids.push_back(value.get<std::int64_t>());
  }
  return ids;
}

/// Largest config.json that is read: the longest that were seen have 100 kB, and a file of blanks
/// or of something else would take minutes.
constexpr std::uint64_t largest_config = 16'000'000;

void refuse_large(const fs::path& path) {
  const auto file = shard::identity_of(path);
  if (!file || file->size <= largest_config) return;
  throw FormatError(path, std::to_string(file->size) +
                              " bytes, expected a configuration of at most " +
                              std::to_string(largest_config));
}

/// The directories that publishers of latent models offer have a config.json with nothing in it.
void refuse_empty(std::string text, const fs::path& path) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  if (!text.empty() && text != "{}") return;
  throw FormatError(path,
                    "empty, expected the configuration of a model; of a published latent "
                    "model it is the base's: " +
                        std::string(latent_converter) + " writes it");
}

/// What a codi.json changes.
void read_latent(const JsonFields& fields, const fs::path& directory, ModelConfig& config) {
  config.latent = read_latent_config(directory);
  if (!config.latent) return;
  if (config.embedding_scale != 1.0) {
    fields.refuse("model_type", "a family that does not scale its embeddings beside codi.json");
  }
  config.tied = true;
  config.vocab = latent_embedding_rows(config, Weights::open(directory));
  check_latent_ids(directory, config.vocab);
}

/// config.json with the defaults of absent keys put in.
struct ConfigFile {
  fs::path path;
  json root;  ///< as it is
  const Family* family = nullptr;
  json text;                  ///< the object of the language model, with defaults
  bool defaults_eos = false;  ///< neither object has the key
  bool defaults_bos = false;

  [[nodiscard]] JsonFields fields() const { return {root, path}; }
  [[nodiscard]] JsonFields raw_text() const {
    return family->text_config.empty() ? fields() : fields().object(family->text_config);
  }
  [[nodiscard]] JsonFields text_fields() const {
    return {text, path, std::string(family->text_config)};
  }
};

/// transformers puts an adapter on top of the model, also of one in the same directory.
void refuse_adapter(const fs::path& directory) {
  const fs::path adapter = directory / "adapter_config.json";
  if (!fs::exists(adapter) || fs::exists(directory / latent_config_name)) return;
  throw FormatError(adapter,
                    "an adapter of peft, which is not read; expected a whole model: merge the "
                    "adapter first, with tools/merge_adapter.py DIR --base BASE_DIR --out OUT");
}

/// Refused is what no reading of a family could make good.
ConfigFile parse_config_file(std::string_view text, const fs::path& path) {
  ConfigFile file;
  file.path = path;
  refuse_empty(std::string(text), path);
  file.root = shard::parse_json(text, path);
  const JsonFields fields = file.fields();
  file.family = &find_family(fields);
  if (fields.has("quantization_config")) {
    fields.refuse("quantization_config", "none (quantized weights are not supported)");
  }
  const JsonFields raw = file.raw_text();
  refuse_decisive_keys(raw, *file.family, ConfigPart::text);
  if (!file.family->text_config.empty()) {
    refuse_decisive_keys(fields, *file.family, ConfigPart::outer);
  }
  file.text = with_defaults(raw.value(), *file.family);
  const auto is_absent = [&](const char* key) {
    return !fields.has(key) && !raw.value().contains(key);
  };
  file.defaults_eos = is_absent("eos_token_id");
  file.defaults_bos = is_absent("bos_token_id");
  return file;
}

ConfigFile open_config(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  refuse_adapter(directory);
  if (!fs::exists(path)) {
    if (const auto pickle = find_pickle(directory)) throw FormatError(*pickle, pickle_advice());
    throw FormatError(path, "no such file, expected a Hugging Face model directory");
  }
  refuse_large(path);
  return parse_config_file(shard::MappedFile(path).text(), path);
}

/// The file itself is asked first, then the object of the language model.
void read_special_ids(const ConfigFile& file, ModelConfig& config) {
  const JsonFields fields = file.fields();
  const JsonFields text = file.text_fields();
  config.eos = token_ids(fields.has("eos_token_id") ? fields : text, "eos_token_id");
  const JsonFields& begins = fields.has("bos_token_id") ? fields : text;
  std::vector<std::int64_t> bos = token_ids(begins, "bos_token_id");
  if (bos.size() > 1) begins.refuse("bos_token_id", "one token id");
  // Defaults are those of a family's first model, whose vocabulary another one need not have.
  const auto is_beyond = [&](std::int64_t id) { return id >= config.vocab; };
  if (file.defaults_eos) std::erase_if(config.eos, is_beyond);
  if (file.defaults_bos) std::erase_if(bos, is_beyond);
  if (!bos.empty()) config.bos = bos.front();
}

/// What generation_config.json says goes before, but for the first token where there is one.
void read_generation_ids(std::string_view text, const fs::path& file, ModelConfig& config) {
  const json root = shard::parse_json(text, file);
  const JsonFields fields(root, file);
  auto eos = token_ids(fields, "eos_token_id");
  if (!eos.empty()) config.eos = std::move(eos);
  if (config.bos) return;
  const std::vector<std::int64_t> bos = token_ids(fields, "bos_token_id");
  if (bos.size() > 1) fields.refuse("bos_token_id", "one token id");
  if (!bos.empty()) config.bos = bos.front();
}

/// What config.json says by itself.
ModelConfig config_of(const ConfigFile& file) {
  const Family& family = *file.family;
  const JsonFields fields = file.fields();
  const JsonFields text = file.text_fields();
  ModelConfig config;
  config.family = family.model_type;
  config.architecture = family.architecture;
  config.dtype = read_dtype(fields);
  if (config.dtype.empty()) config.dtype = read_dtype(text);
  if (!family.text_config.empty()) {
    const std::string nested = std::string(family.model_type) + "_text";
    expect_one_of(text, "model_type", {nested});
  }
  family.read(text, config);
  read_special_ids(file, config);
  return config;
}

}  // namespace

ModelConfig read_config(const fs::path& directory) {
  const ConfigFile file = open_config(directory);
  ModelConfig config = config_of(file);
  const fs::path generation = directory / generation_name;
  if (fs::exists(generation)) {
    read_generation_ids(shard::MappedFile(generation).text(), generation, config);
  }
  read_latent(file.fields(), directory, config);
  return config;
}

ModelConfig parse_config(std::string_view text, const fs::path& file,
                         std::optional<std::string_view> generation) {
  ModelConfig config = config_of(parse_config_file(text, file));
  if (generation) read_generation_ids(*generation, file.parent_path() / generation_name, config);
  return config;
}

std::vector<Oddity> config_oddities(const fs::path& directory) {
  const ConfigFile file = open_config(directory);
  const Family& family = *file.family;
  const JsonFields raw = file.raw_text();
  std::vector<Oddity> oddities = unknown_keys(raw, family, ConfigPart::text);
  if (!family.text_config.empty()) {
    std::ranges::move(unknown_keys(file.fields(), family, ConfigPart::outer),
                      std::back_inserter(oddities));
  }
  const ModelConfig config = read_config(directory);
  for (const FamilyKey& key : absent_keys(raw.value(), family)) {
    // The end tokens of the outer object hold, and those beyond the vocabulary do not.
    const bool eos = key.name == "eos_token_id";
    if (eos && (!file.defaults_eos || config.eos.empty())) continue;
    if (key.name == "bos_token_id" && (!file.defaults_bos || !config.bos)) continue;
    oddities.push_back({.kind = OddityKind::defaulted,
                        .file = "config.json",
                        .what = raw.name_of(key.name),
                        .found = "absent",
                        .why = std::string(key.absent) + ", as for " +
                               std::string(family.model_type) + " in transformers"});
  }
  return oddities;
}

std::optional<std::int64_t> read_vocab_size(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!fs::exists(path)) return std::nullopt;
  refuse_large(path);
  const json root = shard::read_json(path);
  const JsonFields fields(root, path);
  // Models of text and images keep the text model's numbers apart.
  const bool nested = !fields.has("vocab_size") && fields.has("text_config");
  const JsonFields text = nested ? fields.object("text_config") : fields;
  if (nested && !text.has("vocab_size")) return std::nullopt;
  const std::int64_t vocab = text.integer("vocab_size");
  // A tokenizer saved after training knows the added tokens too.
  const std::optional<LatentConfig> latent = read_latent_config(directory);
  return latent ? std::max(vocab, latent->base_vocab_size + 3) : vocab;
}

}  // namespace phiscope::extract
