// SPDX-License-Identifier: MIT
#include "files/model/oddities.hpp"

#include "files/json_fields.hpp"
#include "files/model/config.hpp"
#include "files/model/describe.hpp"
#include "files/model/embedded_ids.hpp"
#include "files/model/latent_tensors.hpp"
#include "files/tokenizer.hpp"
#include "files/tokenizer/companions.hpp"
#include "files/weights/check.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// An entry with the value that changes nothing, and the flag that sets the same here.
struct GenerationKey {
  std::string_view name;
  std::string_view neutral;  ///< JSON text
  std::string_view flag{};
};

constexpr std::array<GenerationKey, 14> generation_keys{{
    {"do_sample", "false", "--temperature"},
    {"temperature", "1.0", "--temperature"},
    {"top_k", "0", "--top-k"},
    {"top_p", "1.0", "--top-p"},
    {"repetition_penalty", "1.0", "--repetition-penalty"},
    {"max_length", "20", "--generate or --max-new-tokens"},
    {"max_new_tokens", "null", "--generate or --max-new-tokens"},
    {"num_beams", "1"},
    {"num_return_sequences", "1"},
    {"length_penalty", "1.0"},
    {"typical_p", "1.0"},
    {"min_length", "0"},
    {"no_repeat_ngram_size", "0"},
    {"diversity_penalty", "0.0"},
}};

/// Neither read nor of any consequence.
constexpr std::array<std::string_view, 9> generation_harmless{
    "_from_model_config",  "transformers_version",
    "bos_token_id",        "eos_token_id",
    "pad_token_id",        "use_cache",
    "output_scores",       "return_dict_in_generate",
    "cache_implementation"};

/// Tensors of one kind, by the first name that says so: "vision_tower.*".
std::string group_of(const std::string& tensor) {
  const std::size_t layers = tensor.find("layers.");
  const std::size_t end = tensor.find('.');
  if (tensor.ends_with(".inv_freq")) return "*.inv_freq";
  if (tensor.ends_with(".attn.bias") || tensor.ends_with(".attention.bias"))
    return "*.bias (masks)";
  if (tensor.ends_with(".masked_bias")) return "*.masked_bias";
  if (end == std::string::npos || tensor == "lm_head.weight") return tensor;
  const bool inner = tensor.starts_with("model.");
  const std::size_t second = inner ? tensor.find('.', end + 1) : end;
  if (second == std::string::npos || layers < second) return tensor;
  return tensor.substr(0, second + 1) + "*";
}

void add_skipped(const LatentTensors& tensors, const std::string& file,
                 std::vector<Oddity>& oddities) {
  std::map<std::string, std::int64_t> groups;
  for (const auto& [name, count] : tensors.left_out) groups[group_of(name)] += count;
  for (const auto& [group, count] : groups) {
    oddities.push_back({.kind = OddityKind::skipped,
                        .file = file,
                        .what = shard::printable(group),
                        .found = std::to_string(count) + (count == 1 ? " tensor" : " tensors"),
                        .why = "the language model does not need it, or has it already"});
  }
}

/// Runs compute in float32 unless they are told otherwise.
void add_conversions(const ModelConfig& config, const LatentTensors& tensors,
                     const std::string& file, std::vector<Oddity>& oddities) {
  std::map<std::string, std::size_t> dtypes;
  for (const auto& [name, view] : tensors.tensors) ++dtypes[std::string(name_of(view.dtype))];
  for (const auto& [dtype, count] : dtypes) {
    if (dtype == "F32") continue;
    oddities.push_back(
        {.kind = OddityKind::converted,
         .file = file,
         .what = "the dtype of " + std::to_string(count) + " of " +
                 std::to_string(tensors.tensors.size()) + " weights",
         .found = dtype,
         .why = std::string("a run computes in float32, ") +
                (dtype == "F64" ? "to which they are rounded" : "which holds them exactly") +
                ", unless --dtype says another"});
  }
  const std::map<std::string, std::string> names{
      {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}, {"float64", "F64"}};
  if (config.dtype.empty() || dtypes.contains(names.at(config.dtype))) return;
  oddities.push_back({.kind = OddityKind::differs,
                      .file = "config.json",
                      .what = "dtype",
                      .found = config.dtype,
                      .why = "no weight is stored so, and the key rounds nothing"});
}

void add_weights(const fs::path& directory, bool quick, std::vector<Oddity>& oddities) {
  const ModelConfig config = read_config(directory);
  const Weights weights = Weights::open(directory);
  std::ranges::copy(weights.oddities(), std::back_inserter(oddities));
  const LatentTensors tensors = all_tensors(config, weights);
  std::ranges::copy(tensors.layout, std::back_inserter(oddities));
  const std::string file = weights.main_file().filename().string();
  add_skipped(tensors, file, oddities);
  add_conversions(config, tensors, file, oddities);
  if (!quick) check_finite(tensors.stored(), weights);
}

/// Tokens that the files beside tokenizer.json add to its own.
void add_further_tokens(const fs::path& directory, const Tokenizer& opened,
                        std::vector<Oddity>& oddities) {
  const tokenizer::Companions beside = tokenizer::read_companions(directory);
  std::set<std::string> tokens;
  for (const auto& [id, found] : beside.by_id) tokens.insert(found.token.content);
  for (const auto& found : beside.named) tokens.insert(found.token.content);
  for (const auto& found : beside.further) tokens.insert(found.token.content);
  const json root = shard::read_json(directory / "tokenizer.json");
  for (const json& own : root.value("added_tokens", json::array())) {
    tokens.erase(own.value("content", ""));
  }
  for (const std::string& token : tokens) {
    const std::optional<int> id = opened.id_of(token);
    if (!id) continue;
    oddities.push_back({.kind = OddityKind::added,
                        .file = "the files beside tokenizer.json",
                        .what = "the token " + shard::quote_bytes(token, 40),
                        .found = "not among the added tokens of tokenizer.json",
                        .why = "with id " + std::to_string(*id) + ", as in transformers"});
  }
}

/// What tokenizer.json lacks, and what the files beside it contradict.
void add_tokenizer(const fs::path& directory, std::vector<Oddity>& oddities) {
  const auto add = [&](const std::string& what, const std::string& found, const std::string& why) {
    oddities.push_back({.kind = OddityKind::differs,
                        .file = "tokenizer.json",
                        .what = what,
                        .found = found,
                        .why = why});
  };
  if (!fs::exists(directory / "tokenizer.json")) {
    add("the tokenizer", "absent", "prompts must give their input_ids");
    return;
  }
  const Tokenizer opened = Tokenizer::open(directory);
  add_further_tokens(directory, opened, oddities);
  for (const std::string& warning : opened.warnings()) {
    add(warning, "", "");
    oddities.back().warning = true;
  }
  const auto rows = static_cast<std::size_t>(read_config(directory).vocab);
  if (opened.size() <= rows) return;
  add("the number of tokens", std::to_string(opened.size()),
      "the embedding has " + std::to_string(rows) +
          " rows: a prompt with a token beyond them is refused");
}

/// End tokens that no model could draw.
void add_end_tokens(const fs::path& directory, std::vector<Oddity>& oddities) {
  const ModelConfig config = read_config(directory);
  if (config.latent) return;  // its ids are checked where they are read
  const EmbeddedIds embedded(directory, config.vocab);
  for (const std::int64_t id : config.eos) {
    if (embedded.has(id)) continue;
    oddities.push_back({.kind = OddityKind::differs,
                        .file = "config.json and generation_config.json",
                        .what = "an id of eos_token_id",
                        .found = embedded.named(id),
                        .why = "no text ends with it, expected " + embedded.expected()});
  }
}

/// Weights in formats that are not read, further safetensors, and code that is not run.
void add_further_files(const fs::path& directory, std::vector<Oddity>& oddities) {
  const std::set<std::string> weights{".bin", ".pt", ".pth", ".gguf", ".onnx", ".h5", ".msgpack"};
  std::set<std::string> read;
  const Weights opened = Weights::open(directory);
  for (const Weights::File& file : opened.opened()) {
    read.insert(file.path.filename().string());
  }
  std::set<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_regular_file()) found.insert(entry.path().filename());
  }
  for (const fs::path& name : found) {
    const std::string suffix = name.extension().string();
    const bool code = suffix == ".py";
    const bool unread = suffix == ".safetensors" && !read.contains(name.string());
    if (!code && !unread && !weights.contains(suffix)) continue;
    oddities.push_back(
        {.kind = OddityKind::skipped,
         .file = shard::path_text(name),
         .what = "the file",
         .found = {},
         .why = code ? "code of a model is not run" : "weights are taken from others"});
  }
}

}  // namespace

std::vector<Oddity> generation_oddities(const fs::path& directory) {
  std::vector<Oddity> oddities;
  const fs::path path = directory / generation_name;
  if (!fs::exists(path)) return oddities;
  const json root = shard::read_json(path);
  const JsonFields fields(root, path);
  for (const auto& [key, value] : root.items()) {
    if (value.is_null() ||
        std::ranges::find(generation_harmless, key) != generation_harmless.end()) {
      continue;
    }
    const auto known = std::ranges::find(generation_keys, key, &GenerationKey::name);
    const bool is_known = known != generation_keys.end();
    if (is_known && json::parse(known->neutral) == value) continue;
    if (!is_known && (value == false || (value.is_structured() && value.empty()))) continue;
    oddities.push_back({.kind = OddityKind::differs,
                        .file = generation_name,
                        .what = fields.name_of(key),
                        .found = shown(value),
                        .why = is_known && !known->flag.empty()
                                   ? "not read: " + std::string(known->flag) + " says it"
                                   : "not read"});
  }
  const json config = shard::read_json(directory / "config.json");
  const json* eos = fields.has("eos_token_id") ? &root.at("eos_token_id") : nullptr;
  if (eos != nullptr && config.contains("eos_token_id") && config.at("eos_token_id") != *eos &&
      json::array({config.at("eos_token_id")}) != *eos) {
    oddities.push_back(
        {.kind = OddityKind::differs,
         .file = generation_name,
         .what = "eos_token_id",
         .found = shown(*eos),
         .why = "it holds, and not that of config.json, " + shown(config.at("eos_token_id"))});
  }
  return oddities;
}

DirectoryReport check_model(const fs::path& directory, bool quick) {
  DirectoryReport report;
  const auto append = [&](const std::vector<Oddity>& found) {
    report.oddities.insert(report.oddities.end(), found.begin(), found.end());
  };
  try {
    append(config_oddities(directory));
    append(generation_oddities(directory));
    add_weights(directory, quick, report.oddities);
    add_tokenizer(directory, report.oddities);
    add_end_tokens(directory, report.oddities);
    add_further_files(directory, report.oddities);
    report.model = describe_model(directory, /*quick=*/true);
  } catch (const shard::FormatError& error) {
    report.refusal = error.what();
  }
  return report;
}

}  // namespace phiscope::extract
