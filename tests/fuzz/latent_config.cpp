// SPDX-License-Identifier: MIT
#include "files/latent_config.hpp"

#include "target.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::fuzz {
namespace {

std::string written(const extract::LatentConfig& config) {
  nlohmann::json file{{"base_vocab_size", config.base_vocab_size},
                      {"pad_id", config.pad_id},
                      {"bot_id", config.bot_id},
                      {"eot_id", config.eot_id},
                      {"bos_id", nullptr},
                      {"eos_id", config.eos_id},
                      {"num_latent", config.num_latent},
                      {"feedback", config.feedback()},
                      {"remove_eos", config.remove_eos},
                      {"logits_slice", config.logits_slice},
                      {"question_suffix", config.question_suffix},
                      {"answer_prefix", config.answer_prefix}};
  if (config.bos_id) file["bos_id"] = *config.bos_id;
  if (config.projection) {
    file["prj_dim"] = config.projection->width;
    file["prj_no_ln"] = !config.projection->layer_norm;
  }
  if (config.lora) {
    file["lora_r"] = config.lora->rank;
    file["lora_alpha"] = config.lora->alpha;
  }
  return file.dump();
}

}  // namespace

bool try_latent_config(std::string_view input) {
  return accept_or_refuse("codi.json", [&] {
    const extract::LatentConfig config = extract::parse_latent_config(input, "codi.json");
    require(config.num_latent >= 1 && config.base_vocab_size >= 1, "codi.json: a size");
    require(config.pad_id >= 0 && config.bot_id >= 0 && config.eot_id >= 0 && config.eos_id >= 0 &&
                config.bos_id.value_or(0) >= 0,
            "codi.json: an id");
    const std::string text = written(config);
    require(read_again([&] { return extract::parse_latent_config(text, "codi.json"); }) == config,
            "codi.json: does not come back");
  });
}

}  // namespace phiscope::fuzz
