// SPDX-License-Identifier: MIT
#include "files/model/describe.hpp"

#include "files/model/latent_tensors.hpp"
#include "files/model/tensors.hpp"
#include "files/tokenizer.hpp"
#include "files/weights/check.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

ordered_json describe_safetensors(const fs::path& path) {
  return describe_safetensors(SafetensorsFile(path).contents());
}

ordered_json describe_safetensors(const Safetensors& contents) {
  ordered_json tensors = ordered_json::object();
  for (const auto& [name, view] : contents.tensors) {
    tensors[name] = {{"shape", view.shape},
                     {"dtype", name_of(view.dtype)},
                     {"sha256_le_c_order", shard::sha256(view.bytes)}};
    shard::release_pages(view.bytes);
  }
  return {{"tensors", std::move(tensors)}};
}

namespace {

/// The dtype of the tensors under config.json's names, or "mixed". That of a latent model's
/// projection may be another: it is trained in float32 beside a base in bfloat16.
std::string stored_dtype(const std::map<std::string, TensorView>& tensors) {
  const auto in_body = [](const auto& entry) { return !entry.first.starts_with("prj."); };
  const TensorDtype first = std::ranges::find_if(tensors, in_body)->second.dtype;
  for (const auto& entry : tensors) {
    if (in_body(entry) && entry.second.dtype != first) return "mixed";
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

ordered_json describe_latent(const LatentConfig& config, const LatentTensors& tensors) {
  ordered_json projection = nullptr;
  if (config.projection) {
    projection = {{"width", config.projection->width},
                  {"layer_norm", config.projection->layer_norm}};
  }
  ordered_json lora = nullptr;
  if (config.lora) {
    lora = {{"rank", config.lora->rank},
            {"alpha", config.lora->alpha},
            {"merged", tensors.lora.size()}};
  }
  return {{"num_latent", config.num_latent},
          {"feedback", config.feedback()},
          {"base_vocab_size", config.base_vocab_size},
          {"pad_id", config.pad_id},
          {"bot_id", config.bot_id},
          {"eot_id", config.eot_id},
          {"bos_id", config.bos_id ? ordered_json(*config.bos_id) : ordered_json(nullptr)},
          {"eos_id", config.eos_id},
          {"projection", std::move(projection)},
          {"lora", std::move(lora)},
          {"remove_eos", config.remove_eos},
          {"logits_slice", config.logits_slice},
          {"question_suffix", config.question_suffix},
          {"answer_prefix", config.answer_prefix},
          {"left_out", ordered_json(tensors.left_out)}};
}

/// What the headers say.
ordered_json describe_headers(const ModelFiles& files, const LatentTensors& tensors) {
  const fs::path& directory = files.directory();
  const ModelConfig& config = files.config();
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
      {"dtype", stored_dtype(tensors.tensors)},
      {"parameters", count_parameters(config)},
      {"tied", config.tied},
      {"bos", config.bos ? ordered_json(*config.bos) : ordered_json(nullptr)},
      {"eos", config.eos},
      {"revision", model_revision(directory)},
      {"warnings", warnings_of(config_oddities(directory))},
  };
  if (config.latent) out["latent"] = describe_latent(*config.latent, tensors);
  return out;
}

/// Sees to it that every value was looked at: when the files were hashed, here, or in an earlier
/// run as the cache says.
void check_values(const ModelFiles& files, const LatentTensors& tensors,
                  const ModelFiles::Reading& reading, DigestCache* cache, const Between& between) {
  if (!reading.finite) {
    check_finite(tensors.stored(), files.weights(), between);  // says which one, and where
    throw shard::FormatError(files.weights().main_file(),
                             "a NaN or an infinity was among the values when the file was hashed "
                             "and is there no longer: it changed meanwhile");
  }
  std::string finite = "phiscope-finite/1\n";
  for (const auto& [name, digest] : reading.digests) {
    finite += digest;
    finite += ' ';
    finite += name;
    finite += '\n';
  }
  if (cache != nullptr && cache->is_noted(finite)) return;
  check_finite(reading.not_read, files.weights(), between);
  files.check_unchanged();
  if (cache != nullptr) cache->note(finite);
}

}  // namespace

ordered_json describe_model(const ModelFiles& files, DigestCache* cache, const Between& between) {
  const LatentTensors tensors = all_tensors(files.config(), files.weights());
  ordered_json out = describe_headers(files, tensors);
  ModelFiles::Reading reading = files.read(tensors.stored(), cache, between);
  check_values(files, tensors, reading, cache, between);
  ordered_json tokenizer = nullptr;
  if (fs::exists(files.directory() / "tokenizer.json")) {
    const Tokenizer opened = Tokenizer::open(files.directory());
    tokenizer = {{"kind", opened.kind()}, {"tokens", opened.size()}};
    if (!opened.warnings().empty()) tokenizer["warnings"] = opened.warnings();
  }
  out["tokenizer"] = std::move(tokenizer);
  out["digests"] = std::move(reading.digests);
  files.check_unchanged();
  return out;
}

ordered_json describe_model(const fs::path& directory, bool quick) {
  const ModelFiles files(directory);
  if (!quick) return describe_model(files, nullptr);
  return describe_headers(files, all_tensors(files.config(), files.weights()));
}

std::vector<std::string> model_warnings(const ordered_json& description) {
  auto warnings = description.value("warnings", std::vector<std::string>{});
  const auto tokenizer = description.find("tokenizer");
  if (tokenizer == description.end() || !tokenizer->is_object()) return warnings;
  for (std::string& warning : tokenizer->value("warnings", std::vector<std::string>{})) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace phiscope::extract
