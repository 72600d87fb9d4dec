// SPDX-License-Identifier: MIT
#include "ablate/inputs.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/run_reader.hpp"

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// Tokens of a run's prompts, each followed by what was generated.
std::vector<AblationText> texts_of(const shard::Run& run) {
  std::vector<AblationText> texts;
  for (const json& line : run.prompts()) {
    if (!line.contains("input_ids") || !line.at("input_ids").is_array()) {
      throw FormatError(run.path() / "prompts.jsonl", "a prompt without input_ids");
    }
    if (line.contains("latents") && line.at("latents") != 0) {
      throw FormatError(run.path() / "prompts.jsonl",
                        "texts with latent thoughts, expected texts of tokens alone: what a model "
                        "says after its thoughts cannot be measured without them");
    }
    AblationText text{.tokens = line.at("input_ids").get<std::vector<int>>(), .response = 0};
    text.response = static_cast<int>(text.tokens.size());
    texts.push_back(std::move(text));
  }
  for (const std::int64_t k : run.shards()) {
    const auto ids = run.array("generated_ids", k).read<std::int32_t>();
    const shard::NpyFile key_file = run.keys("generated", k);
    if (key_file.shape().at(1) != 2) {
      throw FormatError(run.path(), "several samples of a prompt, expected one continuation each");
    }
    const auto keys = key_file.read<std::int64_t>();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::int64_t prompt = keys[2 * i];
      if (prompt < 0 || prompt >= std::ssize(texts)) {
        throw FormatError(run.path(), "a row of prompt " + std::to_string(prompt) +
                                          ", expected 0 to " +
                                          std::to_string(std::ssize(texts) - 1));
      }
      AblationText& text = texts[static_cast<std::size_t>(prompt)];
      const std::int64_t next = std::ssize(text.tokens) - text.response;
      if (keys[2 * i + 1] != next) {
        throw FormatError(run.path(), "prompt " + std::to_string(prompt) + ": found step " +
                                          std::to_string(keys[2 * i + 1]) + ", expected " +
                                          std::to_string(next));
      }
      text.tokens.push_back(ids[i]);
    }
  }
  return texts;
}

}  // namespace

AblationInputs read_ablation_texts(const std::filesystem::path& run, const CheckedModel& model,
                                   int limit) {
  const shard::Run read = shard::Run::open(run);
  const json digests = json::parse(model.description.at("digests").dump());
  const json details = json::parse(read.plan().details.dump());
  const json theirs = details.value("model", json::object()).value("digests", json::object());
  if (theirs != digests) {
    throw FormatError(run / "plan.json",
                      "its texts come from another model, expected the digests of --model");
  }
  AblationInputs inputs{.texts = texts_of(read),
                        .prompts_jsonl = "",
                        .digest = shard::sha256_file(run / "manifest.json")};
  if (limit > 0 && limit < std::ssize(inputs.texts)) {
    inputs.texts.resize(static_cast<std::size_t>(limit));
  }
  for (std::size_t t = 0; t < inputs.texts.size(); ++t) {
    json line = read.prompts()[t];
    line["text_ids"] = inputs.texts[t].tokens;
    line["response"] = inputs.texts[t].response;
    inputs.prompts_jsonl += line.dump() + "\n";
    if (std::ssize(inputs.texts[t].tokens) == inputs.texts[t].response) {
      throw FormatError(run, "prompt " + std::to_string(t) + " has no generated tokens");
    }
  }
  return inputs;
}

}  // namespace phiscope::extract
