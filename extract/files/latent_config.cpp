// SPDX-License-Identifier: MIT
#include "files/latent_config.hpp"

#include "files/json_fields.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 17> members{
    "base_vocab_size", "pad_id",       "bot_id",          "eot_id",        "bos_id",   "eos_id",
    "num_latent",      "use_prj",      "prj_dim",         "prj_no_ln",     "lora_r",   "lora_alpha",
    "remove_eos",      "logits_slice", "question_suffix", "answer_prefix", "feedback",
};

void refuse_unknown(const JsonFields& fields) {
  for (const auto& [key, value] : fields.value().items()) {
    if (std::ranges::find(members, key) != members.end()) continue;
    std::string list;
    for (const std::string_view member : members) {
      list += (list.empty() ? "" : ", ") + std::string(member);
    }
    throw shard::FormatError(fields.file(),
                             fields.name_of(key) + " is unknown, expected only " + list);
  }
}

/// `use_prj` or `feedback`; where both are stated, they must say the same.
std::optional<LatentProjection> read_projection(const JsonFields& fields) {
  bool used = false;
  if (!fields.has("feedback")) {
    used = fields.boolean("use_prj");
  } else {
    const std::string feedback = fields.text("feedback");
    if (feedback != "projection" && feedback != "hidden") {
      fields.refuse("feedback", "projection or hidden");
    }
    used = fields.boolean_or("use_prj", feedback == "projection");
    if ((feedback == "projection") != used) {
      fields.refuse("feedback",
                    used ? "projection, as use_prj is true" : "hidden, as use_prj is false");
    }
  }
  if (!used) return std::nullopt;
  return LatentProjection{.width = fields.integer("prj_dim"),
                          .layer_norm = !fields.boolean_or("prj_no_ln", false)};
}

std::optional<LatentLora> read_lora(const JsonFields& fields) {
  const std::int64_t rank = fields.integer_or("lora_r", 0, {.least = 0});
  if (rank == 0) return std::nullopt;
  if (!fields.has("lora_alpha")) {
    fields.refuse("lora_alpha", "a number > 0 beside lora_r " + std::to_string(rank) +
                                    " (no published file has it; 32 goes with rank 128)");
  }
  return LatentLora{.rank = rank, .alpha = fields.positive("lora_alpha")};
}

std::optional<std::int64_t> read_bos(const JsonFields& fields) {
  // Without the begin token answers are worse and nothing else shows it: null has to be written.
  static_cast<void>(fields.at("bos_id", "a token id or null"));
  if (!fields.has("bos_id")) return std::nullopt;
  return fields.integer("bos_id", {.least = 0});
}

}  // namespace

std::optional<LatentConfig> read_latent_config(const fs::path& directory) {
  const fs::path path = directory / latent_config_name;
  if (!fs::exists(path)) return std::nullopt;
  return parse_latent_config(shard::MappedFile(path).text(), path);
}

LatentConfig parse_latent_config(std::string_view text, const fs::path& file) {
  const json root = shard::parse_json(text, file);
  const JsonFields fields(root, file);
  refuse_unknown(fields);
  LatentConfig config;
  config.base_vocab_size = fields.integer("base_vocab_size");
  config.pad_id = fields.integer("pad_id", {.least = 0});
  config.bot_id = fields.integer("bot_id", {.least = 0});
  config.eot_id = fields.integer("eot_id", {.least = 0});
  config.bos_id = read_bos(fields);
  config.eos_id = fields.integer("eos_id", {.least = 0});
  config.num_latent = fields.integer("num_latent", {.most = 1'000'000});
  config.projection = read_projection(fields);
  config.lora = read_lora(fields);
  config.remove_eos = fields.boolean("remove_eos");
  config.logits_slice = fields.integer("logits_slice");
  const bool projected = config.projection.has_value();  // CODI; else Coconut
  config.question_suffix = fields.text_or("question_suffix", projected ? "" : "\n");
  config.answer_prefix = fields.text_or("answer_prefix", projected ? "The answer is:" : "### ");
  return config;
}

void check_latent_ids(const fs::path& directory, std::int64_t embedding_rows) {
  const fs::path path = directory / latent_config_name;
  const json root = shard::read_json(path);
  const JsonFields fields(root, path);
  const std::string rows = std::to_string(embedding_rows) + " rows of the embedding";
  if (fields.integer("base_vocab_size") > embedding_rows - 3) {
    fields.refuse("base_vocab_size", "at most " + std::to_string(embedding_rows - 3) +
                                         ", three less than the " + rows);
  }
  for (const std::string_view key : {"pad_id", "bot_id", "eot_id", "bos_id", "eos_id"}) {
    if (fields.has(key) && fields.integer(key, {.least = 0}) >= embedding_rows) {
      fields.refuse(key, "an id below the " + rows);
    }
  }
  if (fields.integer("logits_slice") > embedding_rows) {
    fields.refuse("logits_slice", "at most the " + rows);
  }
}

}  // namespace phiscope::extract
