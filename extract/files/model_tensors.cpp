// SPDX-License-Identifier: MIT
#include "files/model_tensors.hpp"

#include "files/family/family.hpp"
#include "shard/format_error.hpp"

#include <algorithm>
#include <set>

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

bool is_float(TensorDtype dtype) {
  return dtype == TensorDtype::f16 || dtype == TensorDtype::bf16 || dtype == TensorDtype::f32 ||
         dtype == TensorDtype::f64;
}

void check_equal_tensors(const Weights& weights, const TensorView& original, const TensorView& copy,
                         std::string_view because) {
  const bool same = copy.dtype == original.dtype && copy.shape == original.shape &&
                    std::ranges::equal(copy.bytes, original.bytes);
  if (same) return;
  throw FormatError(weights.file_of(copy.name), "tensor " + quote_bytes(copy.name) +
                                                    " differs from " + quote_bytes(original.name) +
                                                    ", expected equal ones " +
                                                    std::string(because));
}

namespace {

/// The prefix under which these files hold the embedding; the usual one if they hold none.
std::string_view stored_prefix(const Family& family, const NamedTensors& named) {
  for (const std::string_view prefix : family.prefixes) {
    const std::string name = std::string(prefix) + std::string(family.embedding);
    if (named.tensors.contains(name)) return prefix;
  }
  return family.prefixes.front();
}

/// One expected tensor under its full name.
const TensorView& checked(const Weights& weights, const NamedTensors& named,
                          const std::string& name, const std::vector<std::int64_t>& shape) {
  const std::string by = " by " + std::string(named.files);
  const auto found = named.tensors.find(name);
  if (found == named.tensors.end()) {
    throw FormatError(weights.main_file(), "tensor " + quote_bytes(named.stored_name(name)) +
                                               " is missing, expected " + text_of(shape) + by);
  }
  const TensorView& view = found->second;
  if (view.shape != shape) {
    throw FormatError(weights.file_of(view.name), "tensor " + quote_bytes(view.name) +
                                                      " has shape " + text_of(view.shape) +
                                                      ", expected " + text_of(shape) + by);
  }
  if (!is_float(view.dtype)) {
    throw FormatError(weights.file_of(view.name),
                      "tensor " + quote_bytes(view.name) + " has dtype " +
                          std::string(name_of(view.dtype)) + ", expected F32, BF16, F16 or F64");
  }
  return view;
}

/// The name with the prefix that the files use; the output matrix and a projection have none.
std::string name_in_files(const Family& family, const TensorSpec& spec, std::string_view prefix) {
  const std::string_view usual = family.prefixes.front();
  const bool in_body = spec.name != family.output && spec.parts.front() < Part::projection_in;
  return in_body ? std::string(prefix) + spec.name.substr(usual.size()) : spec.name;
}

}  // namespace

MatchedTensors match_tensors(const ModelConfig& config, const Weights& weights,
                             const NamedTensors& named) {
  const Family& family = family_of(config);
  const std::string prefix(stored_prefix(family, named));
  MatchedTensors matched;
  std::set<std::string> known;
  for (const TensorSpec& spec : expected_tensors(config)) {
    const std::string name = name_in_files(family, spec, prefix);
    matched.tensors.emplace(spec.name, checked(weights, named, name, spec.shape));
    known.insert(name);
  }
  for (const auto& [name, view] : named.tensors) {
    if (known.contains(name)) continue;
    const bool is_head = config.tied && name == family.output;
    if (!is_head && !family.ignored(name)) {
      throw FormatError(weights.file_of(view.name), "tensor " + quote_bytes(view.name) + " " +
                                                        text_of(view.shape) +
                                                        " is surplus, expected only tensors that " +
                                                        std::string(named.files) + " calls for");
    }
    if (is_head) {
      const std::string embedding = std::string(family.prefixes.front()).append(family.embedding);
      check_equal_tensors(weights, matched.tensors.at(embedding), view, named.tied_because);
    }
    matched.left_out.push_back(name);
  }
  return matched;
}

std::map<std::string, TensorView> model_tensors(const ModelConfig& config, const Weights& weights) {
  const NamedTensors named{.tensors = weights.tensors(),
                           .stored_name = [](const std::string& name) { return name; }};
  return match_tensors(config, weights, named).tensors;
}

}  // namespace phiscope::extract
