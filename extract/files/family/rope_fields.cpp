// SPDX-License-Identifier: MIT
// Rotary embeddings of config.json as Hugging Face transformers reads them; where its versions 4.57
// and 5 differ, as 5 does.
#include "files/family/fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>

namespace phiscope::extract {

namespace {

constexpr std::array rope_types{RopeType::plain, RopeType::linear,  RopeType::llama3,
                                RopeType::yarn,  RopeType::dynamic, RopeType::longrope};
constexpr std::string_view original_key = "original_max_position_embeddings";

RopeType rope_type(const JsonFields& rope, bool su_is_longrope) {
  const std::string_view key = rope.has("rope_type") ? "rope_type" : "type";
  const auto renamed = [&](const std::string& name) -> std::string {
    return su_is_longrope && (name == "su" || name == "yarn") ? "longrope" : name;
  };
  const std::string name = renamed(rope.text_or(key, "default"));
  if (renamed(rope.text_or("type", name)) != name) rope.refuse("type", "the same as rope_type");
  std::string list = "one of";
  for (const RopeType type : rope_types) {
    if (name_of(type) == name) return type;
    list.append(list.size() > 6 ? ", " : " ").append(name_of(type));
  }
  rope.refuse(key, list);
}

constexpr std::array<std::string_view, 6> yarn_keys{
    "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"};
constexpr std::array<std::string_view, 3> longrope_keys{"attention_factor", "short_factor",
                                                        "long_factor"};

/// Keys that change the numbers of this type and not of all others.
std::span<const std::string_view> own_keys(RopeType type) {
  if (type == RopeType::yarn) return yarn_keys;
  if (type == RopeType::longrope) return longrope_keys;
  return {};
}

/// Refuses fields without a meaning here: any could change the numbers.
void check_keys(const JsonFields& rope, RopeType type) {
  static constexpr std::array<std::string_view, 8> of_all_types{
      "rope_type",        "type",       "rope_theta",           "factor", "low_freq_factor",
      "high_freq_factor", original_key, "partial_rotary_factor"};
  const std::span<const std::string_view> own = own_keys(type);
  for (const auto& [key, value] : rope.value().items()) {
    if (value.is_null() || std::ranges::find(of_all_types, key) != of_all_types.end()) continue;
    if (std::ranges::find(own, key) != own.end()) continue;
    rope.refuse(key, "no such field (not supported for this family and type)");
  }
}

/// The trained context; without one, that of the model.
std::int64_t original_positions(const JsonFields& rope, const OutsideRope& outside) {
  if (outside.original == 0) return rope.integer_or(original_key, outside.max_positions);
  if (rope.integer_or(original_key, outside.original) != outside.original) {
    rope.refuse(original_key, "the same as the outer " + std::string(original_key) + " (" +
                                  std::to_string(outside.original) + ")");
  }
  return outside.original;
}

double factor_of(const JsonFields& rope) {
  const double factor = rope.positive("factor");
  if (factor < 1.0) rope.refuse("factor", "a number >= 1");
  return factor;
}

void read_llama3(const JsonFields& rope, RopeParameters& parameters) {
  parameters.factor = factor_of(rope);
  parameters.low_freq_factor = rope.positive("low_freq_factor");
  parameters.high_freq_factor = rope.positive("high_freq_factor");
  if (parameters.high_freq_factor <= parameters.low_freq_factor) {
    rope.refuse("high_freq_factor", "a number above low_freq_factor");
  }
}

/// A weight of the logarithm; zero counts as absent.
double mscale(const JsonFields& rope, std::string_view key) {
  if (rope.has(key) && rope.value().at(std::string(key)) == 0) return 0.0;
  return rope.positive_or(key, 0.0);
}

void read_yarn(const JsonFields& rope, RopeParameters& parameters) {
  parameters.factor = factor_of(rope);
  parameters.beta_fast = rope.positive_or("beta_fast", 32.0);
  parameters.beta_slow = rope.positive_or("beta_slow", 1.0);
  if (parameters.beta_fast < parameters.beta_slow) {
    rope.refuse("beta_fast", "a number that is not below beta_slow");
  }
  parameters.truncate = rope.boolean_or("truncate", true);
  const auto scale = [&](double weight) {
    return parameters.factor <= 1.0 ? 1.0 : 0.1 * weight * std::log(parameters.factor) + 1.0;
  };
  const double one = mscale(rope, "mscale");
  const double all = mscale(rope, "mscale_all_dim");
  const double implied = one != 0.0 && all != 0.0 ? scale(one) / scale(all) : scale(1.0);
  parameters.attention_factor = rope.positive_or("attention_factor", implied);
}

std::vector<double> divisors(const JsonFields& rope, std::string_view key, std::int64_t units) {
  const std::string expected =
      "a list of " + std::to_string(units / 2) +
      " numbers > 0: half of head_dim, or of hidden_size / num_attention_heads, times "
      "partial_rotary_factor";
  if (!rope.has(key)) rope.refuse(key, expected);
  const auto& list = rope.array(key);
  if (std::ssize(list) != units / 2) rope.refuse(key, expected);
  std::vector<double> numbers;
  numbers.reserve(list.size());
  for (const auto& value : list) {
    if (!value.is_number() || !(value.get<double>() > 0.0)) rope.refuse(key, expected);
    numbers.push_back(value.get<double>());
  }
  return numbers;
}

void read_longrope(const JsonFields& rope, const OutsideRope& outside, RopeParameters& parameters) {
  parameters.short_factors = divisors(rope, "short_factor", outside.units);
  parameters.long_factors = divisors(rope, "long_factor", outside.units);
  const auto original = static_cast<double>(parameters.original_max_positions);
  // transformers 4.57 takes this quotient wherever the outer field is there, 5 the factor.
  const double factor =
      rope.positive_or("factor", static_cast<double>(outside.max_positions) / original);
  const double implied =
      factor <= 1.0 ? 1.0 : std::sqrt(1.0 + std::log(factor) / std::log(original));
  if (!std::isfinite(implied)) rope.refuse(original_key, "a context of more than one token");
  parameters.attention_factor = rope.positive_or("attention_factor", implied);
}

/// The number under a key inside of the rope object and one outside of it, which must agree.
double same_inside_and_outside(const JsonFields* rope, std::string_view inside,
                               const JsonFields& fields, std::string_view outside, double absent) {
  const bool within = rope != nullptr && rope->has(inside);
  const bool without = !outside.empty() && fields.has(outside);
  if (!without) return within ? rope->positive(inside) : absent;
  const double number = fields.positive(outside);
  if (within && rope->positive(inside) != number) {
    rope->refuse(inside, "the same as the outer " + std::string(outside));
  }
  return number;
}

}  // namespace

std::string_view name_of(RopeType type) {
  switch (type) {
    case RopeType::plain:
      return "default";
    case RopeType::linear:
      return "linear";
    case RopeType::llama3:
      return "llama3";
    case RopeType::yarn:
      return "yarn";
    case RopeType::dynamic:
      return "dynamic";
    case RopeType::longrope:
      return "longrope";
  }
  throw std::invalid_argument("name_of: not a RopeType");
}

namespace {

/// Frequencies are powers of it down to about -1, and float32 numbers.
void check_base(const JsonFields& fields, std::string_view key, double theta) {
  constexpr double largest = 1e38;
  if (theta > largest || theta < 1.0 / largest) {
    fields.refuse(key, "a base from 1e-38 to 1e38: frequencies are float32 numbers");
  }
}

}  // namespace

RopeParameters read_rope_object(const JsonFields& rope, const OutsideRope& outside) {
  RopeParameters parameters;
  parameters.type = rope_type(rope, outside.su_is_longrope);
  check_keys(rope, parameters.type);
  parameters.theta = rope.positive_or("rope_theta", outside.theta);
  if (rope.has("rope_theta")) check_base(rope, "rope_theta", parameters.theta);
  switch (parameters.type) {
    case RopeType::plain:
      return parameters;
    case RopeType::linear:
      parameters.factor = factor_of(rope);
      return parameters;
    case RopeType::llama3:
      parameters.original_max_positions = original_positions(rope, outside);
      read_llama3(rope, parameters);
      return parameters;
    case RopeType::yarn:
      parameters.original_max_positions = original_positions(rope, outside);
      read_yarn(rope, parameters);
      return parameters;
    case RopeType::dynamic:
      // The context of the model it is, whatever the object says.
      parameters.original_max_positions = outside.max_positions;
      parameters.factor = factor_of(rope);
      if (outside.units <= 2) rope.refuse("rope_type", "another one: heads rotate two units");
      return parameters;
    case RopeType::longrope:
      parameters.original_max_positions = original_positions(rope, outside);
      read_longrope(rope, outside, parameters);
      return parameters;
  }
  throw std::invalid_argument("read_rope_object: not a RopeType");
}

void read_rope(const JsonFields& fields, const RopeNames& names, ModelConfig& config) {
  const bool new_dialect = fields.has("rope_parameters");
  const bool old_scaling = fields.has("rope_scaling");
  if (new_dialect && old_scaling &&
      fields.value().at("rope_parameters") != fields.value().at("rope_scaling")) {
    fields.refuse("rope_scaling", "the same as rope_parameters, or only one of the two");
  }
  std::optional<JsonFields> rope;
  if (new_dialect || old_scaling) {
    rope = fields.object(new_dialect ? "rope_parameters" : "rope_scaling");
  }
  const JsonFields* inside = rope ? &*rope : nullptr;
  const bool partial = !names.fraction.empty();
  const std::string_view key = partial ? names.fraction : "partial_rotary_factor";
  const double fraction = same_inside_and_outside(inside, "partial_rotary_factor", fields, key,
                                                  partial ? names.default_fraction : 1.0);
  if (fraction > 1.0 || (!partial && fraction != 1.0)) {
    fields.refuse(key, partial ? "a share of at most 1" : "1 for this family");
  }
  config.rotary_dim = static_cast<std::int64_t>(static_cast<double>(config.head_dim) * fraction);
  if (config.rotary_dim % 2 != 0 || config.rotary_dim == 0) {
    const std::string expected =
        "a share that makes an even number of rotated units of a head of " +
        std::to_string(config.head_dim) + " (num_attention_heads " + std::to_string(config.heads) +
        ")";
    if (inside != nullptr && inside->has("partial_rotary_factor")) {
      inside->refuse("partial_rotary_factor", expected);
    }
    if (partial && fields.has(key)) fields.refuse(key, expected);
    fields.refuse(fields.has("head_dim") ? "head_dim" : "num_attention_heads",
                  "an even number of rotated units in a head");
  }
  if (rope) {
    config.rope = read_rope_object(
        *rope, {.theta = names.default_theta,
                .max_positions = config.max_positions,
                .original = fields.integer_or(original_key, names.default_original),
                .units = config.rotary_dim,
                .su_is_longrope = names.su_is_longrope});
  }
  config.rope.theta =
      same_inside_and_outside(inside, "rope_theta", fields, names.theta, names.default_theta);
  const bool is_inside = inside != nullptr && inside->has("rope_theta");
  check_base(is_inside ? *inside : fields, is_inside ? "rope_theta" : names.theta,
             config.rope.theta);
}

bool has_ropes_by_kind(const JsonFields& fields) {
  constexpr std::string_view key = "rope_parameters";
  return fields.has(key) && fields.object(key).has("full_attention");
}

void read_ropes_by_kind(const JsonFields& fields, double theta, const RopeParameters& local,
                        ModelConfig& config) {
  const JsonFields kinds = fields.object("rope_parameters");
  config.rotary_dim = config.head_dim;
  if (config.head_dim % 2 != 0) fields.refuse("head_dim", "an even number");
  const auto read = [&](std::string_view kind, double absent) {
    const JsonFields rope = kinds.object(kind);
    if (rope.positive_or("partial_rotary_factor", 1.0) != 1.0) {
      rope.refuse("partial_rotary_factor", "1 for this family");
    }
    // transformers 5 looks for it in the wrong place, and does truncate.
    if (!rope.boolean_or("truncate", true)) {
      rope.refuse("truncate", "true (versions of transformers differ in what false does here)");
    }
    return read_rope_object(
        rope, {.theta = absent, .max_positions = config.max_positions, .units = config.rotary_dim});
  };
  config.rope = read("full_attention", theta);
  config.local_rope =
      kinds.has("sliding_attention") ? read("sliding_attention", local.theta) : local;
}

}  // namespace phiscope::extract
