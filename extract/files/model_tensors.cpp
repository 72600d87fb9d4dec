// SPDX-License-Identifier: MIT
#include "files/model_tensors.hpp"

#include "files/family/family.hpp"
#include "shard/format_error.hpp"

#include <algorithm>
#include <set>

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

namespace {

bool is_float(TensorDtype dtype) {
  return dtype == TensorDtype::f16 || dtype == TensorDtype::bf16 || dtype == TensorDtype::f32 ||
         dtype == TensorDtype::f64;
}

/// The prefix under which these files hold the embedding; the usual one if they hold none.
std::string_view stored_prefix(const Family& family, const Weights& weights) {
  for (const std::string_view prefix : family.prefixes) {
    const std::string name = std::string(prefix) + std::string(family.embedding);
    if (weights.tensors().contains(name)) return prefix;
  }
  return family.prefixes.front();
}

/// Accepts a stored output matrix of a tied model only if it repeats the embedding.
void check_tied_output(const Weights& weights, const TensorView& embedding,
                       const TensorView& output) {
  const bool same = output.dtype == embedding.dtype && output.shape == embedding.shape &&
                    std::ranges::equal(output.bytes, embedding.bytes);
  if (same) return;
  throw FormatError(weights.file_of(output.name),
                    "tensor " + quote_bytes(output.name) + " differs from " +
                        quote_bytes(embedding.name) +
                        ", expected equal ones as config.json says tie_word_embeddings");
}

/// One expected tensor under its full name.
const TensorView& checked(const Weights& weights, const std::string& name,
                          const std::vector<std::int64_t>& shape) {
  const auto found = weights.tensors().find(name);
  if (found == weights.tensors().end()) {
    throw FormatError(weights.main_file(), "tensor " + quote_bytes(name) +
                                               " is missing, expected " + text_of(shape) +
                                               " by config.json");
  }
  const TensorView& view = found->second;
  if (view.shape != shape) {
    throw FormatError(weights.file_of(name), "tensor " + quote_bytes(name) + " has shape " +
                                                 text_of(view.shape) + ", expected " +
                                                 text_of(shape) + " by config.json");
  }
  if (!is_float(view.dtype)) {
    throw FormatError(weights.file_of(name), "tensor " + quote_bytes(name) + " has dtype " +
                                                 std::string(name_of(view.dtype)) +
                                                 ", expected F32, BF16, F16 or F64");
  }
  return view;
}

}  // namespace

std::map<std::string, TensorView> model_tensors(const ModelConfig& config, const Weights& weights) {
  const Family& family = family_of(config);
  const std::string prefix(stored_prefix(family, weights));
  std::map<std::string, TensorView> tensors;
  std::set<std::string> stored;
  for (const TensorSpec& spec : expected_tensors(config)) {
    const bool in_body = spec.name != family.output;
    const std::string name =
        in_body ? prefix + spec.name.substr(family.prefixes.front().size()) : spec.name;
    tensors.emplace(spec.name, checked(weights, name, spec.shape));
    stored.insert(name);
  }
  for (const auto& [name, view] : weights.tensors()) {
    if (stored.contains(name) || family.ignored(name)) continue;
    if (config.tied && name == family.output) {
      const std::string embedding = std::string(family.prefixes.front()).append(family.embedding);
      check_tied_output(weights, tensors.at(embedding), view);
      continue;
    }
    throw FormatError(weights.file_of(name),
                      "tensor " + quote_bytes(name) + " " + text_of(view.shape) +
                          " is surplus, expected only tensors that config.json calls for");
  }
  return tensors;
}

}  // namespace phiscope::extract
