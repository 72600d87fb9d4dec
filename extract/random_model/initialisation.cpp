// SPDX-License-Identifier: MIT
#include "random_model/initialisation.hpp"

#include "files/family/family.hpp"
#include "files/json_fields.hpp"
#include "files/model/config.hpp"
#include "shard/text/json_file.hpp"

#include <cmath>

namespace phiscope::extract {
namespace {

enum class Role { matrix, norm, bias };

Role role_of(Part part) {
  switch (part) {
    case Part::attention_norm:
    case Part::query_norm:
    case Part::key_norm:
    case Part::attention_post_norm:
    case Part::mlp_norm:
    case Part::mlp_post_norm:
    case Part::final_norm:
    case Part::projection_norm:
      return Role::norm;
    case Part::attention_norm_bias:
    case Part::query_bias:
    case Part::key_bias:
    case Part::value_bias:
    case Part::output_bias:
    case Part::mlp_norm_bias:
    case Part::up_bias:
    case Part::down_bias:
    case Part::final_norm_bias:
    case Part::projection_in_bias:
    case Part::projection_out_bias:
    case Part::projection_norm_bias:
      return Role::bias;
    default:
      return Role::matrix;
  }
}

std::string number_text(double value) {
  return nlohmann::json(value).dump();
}

}  // namespace

std::uint64_t Fill::elements() const {
  std::uint64_t count = 1;
  for (const std::int64_t extent : spec.shape) count *= static_cast<std::uint64_t>(extent);
  return count;
}

Initialisation initialisation_of(const std::filesystem::path& directory) {
  const ModelConfig config = read_config(directory);
  static_cast<void>(count_parameters(config));  // refuses what would wrap in elements() and bytes
  const std::filesystem::path file = directory / "config.json";
  const nlohmann::json root = shard::read_json(file);
  const Family& family = family_of(config);
  const JsonFields top(root, file);
  const JsonFields fields = family.text_config.empty() ? top : top.object(family.text_config);
  const bool is_gpt2 = config.family == "gpt2";
  const bool has_padding = !is_gpt2 && config.family != "gpt_neox";
  const bool plus_one = config.norm == NormKind::rms_plus_one;

  Initialisation made{.tensors = {},
                      .range = fields.positive_or("initializer_range", 0.02),
                      .dtype = config.dtype.empty() ? "float32" : config.dtype,
                      .rule = ""};
  std::optional<std::int64_t> padding;
  if (has_padding && fields.has("pad_token_id")) {
    padding = fields.integer("pad_token_id", {.least = -1, .most = config.vocab - 1});
    if (*padding < 0) padding.reset();
  }
  const double last = made.range / std::sqrt(2.0 * static_cast<double>(config.layers));
  for (TensorSpec& spec : expected_tensors(config)) {
    const Part part = spec.parts.front();
    Fill fill{.spec = std::move(spec)};
    if (role_of(part) == Role::norm) fill.constant = plus_one ? 0.0 : 1.0;
    if (role_of(part) == Role::matrix) {
      const bool writes = part == Part::output || part == Part::down;
      fill.deviation = is_gpt2 && writes ? last : made.range;
    }
    if (part == Part::embedding) fill.zero_row = padding;
    made.tensors.push_back(std::move(fill));
  }
  made.rule = "embeddings and matrices normal with mean 0 and standard deviation " +
              number_text(made.range) +
              (is_gpt2 ? " (those of c_proj " + number_text(last) + ")" : "") + "; norms " +
              (plus_one ? "0, which is added to 1" : "1") + "; biases 0" +
              (padding ? "; embedding of token " + std::to_string(*padding) + " (padding) 0" : "");
  return made;
}

}  // namespace phiscope::extract
