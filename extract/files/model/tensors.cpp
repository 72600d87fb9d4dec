// SPDX-License-Identifier: MIT
#include "files/model/tensors.hpp"

#include "files/family/family.hpp"
#include "files/model/tensor_layout.hpp"
#include "files/weights/number_formats.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <set>

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

bool is_float(TensorDtype dtype) {
  return dtype == TensorDtype::f16 || dtype == TensorDtype::bf16 || dtype == TensorDtype::f32 ||
         dtype == TensorDtype::f64;
}

namespace {

bool same_numbers(const TensorView& a, const TensorView& b) {
  if (a.shape != b.shape) return false;
  if (a.dtype == b.dtype) return std::ranges::equal(a.bytes, b.bytes);
  if (!is_float(a.dtype) || !is_float(b.dtype)) return false;
  constexpr std::size_t block = 65'536;  // an embedding has no room twice in float64
  const std::size_t n = count(a);
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t size = std::min(block, n - first);
    if (widened(a, first, size) != widened(b, first, size)) return false;
  }
  return true;
}

}  // namespace

void check_equal_tensors(const Weights& weights, const TensorView& original, const TensorView& copy,
                         std::string_view because) {
  const bool same = same_numbers(original, copy);
  shard::release_pages(original.bytes);
  shard::release_pages(copy.bytes);
  if (same) return;
  throw FormatError(weights.file_of(copy.name), "tensor " + quote_bytes(copy.name) +
                                                    " differs from " + quote_bytes(original.name) +
                                                    ", expected equal ones " +
                                                    std::string(because));
}

namespace {

/// A tensor has the shape and one of the dtypes that are read.
void check_header(const Weights& weights, const NamedTensors& named, const TensorView& view,
                  const std::vector<std::int64_t>& shape) {
  if (view.shape != shape) {
    throw FormatError(weights.file_of(view.name),
                      "tensor " + quote_bytes(view.name) + " has shape " + text_of(view.shape) +
                          ", expected " + text_of(shape) + " by " + std::string(named.files));
  }
  if (!is_float(view.dtype)) {
    throw FormatError(weights.file_of(view.name),
                      "tensor " + quote_bytes(view.name) + " has dtype " +
                          std::string(name_of(view.dtype)) + ", expected F32, BF16, F16 or F64");
  }
}

/// What is unusual about the names, for a list.
std::vector<Oddity> layout_oddities(const Family& family, const Weights& weights,
                                    const TensorNames& names, const MatchedTensors& matched) {
  std::vector<Oddity> oddities;
  const std::string file = weights.main_file().filename().string();
  if (!names.usual) {
    oddities.push_back({.kind = OddityKind::layout,
                        .file = file,
                        .what = "the prefix of the tensors",
                        .found = quote_bytes(names.prefix),
                        .why = "usual is " + quote_bytes(family.prefixes.front())});
  }
  if (matched.stacked.empty()) return oddities;
  const bool transposed = matched.stacked.begin()->second.transposed;
  oddities.push_back({.kind = OddityKind::layout,
                      .file = file,
                      .what = "the order of the experts' weights",
                      .found = transposed ? "[expert, in, out]" : "[expert, out, in]",
                      .why = "one stack for all experts, gate and up in one"});
  return oddities;
}

/// Every expected tensor, under its usual name, and which stored ones that took.
std::set<std::string> take_expected(const ModelConfig& config, const Weights& weights,
                                    const NamedTensors& named, const TensorNames& names,
                                    MatchedTensors& matched) {
  const Family& family = family_of(config);
  const StackedExperts stacks(config, weights, named);
  std::set<std::string> known;
  for (const TensorSpec& spec : expected_tensors(config)) {
    const std::string name = names.stored_name(family, spec);
    const auto found = named.tensors.find(name);
    if (found != named.tensors.end()) {
      check_header(weights, named, found->second, spec.shape);
      matched.tensors.emplace(spec.name, found->second);
      known.insert(name);
    } else if (const auto slice = stacks.find(spec, name)) {
      matched.tensors.emplace(spec.name, slice->view);
      matched.stacked.emplace(spec.name, slice->part);
      known.insert(slice->view.name);
    } else {
      throw FormatError(weights.main_file(), "tensor " + quote_bytes(named.stored_name(name)) +
                                                 " is missing, expected " + text_of(spec.shape) +
                                                 " by " + std::string(named.files) +
                                                 found_elsewhere(family, spec, named));
    }
  }
  return known;
}

}  // namespace

MatchedTensors match_tensors(const ModelConfig& config, const Weights& weights,
                             const NamedTensors& named) {
  const Family& family = family_of(config);
  const TensorNames names = find_names(family, weights, named);
  MatchedTensors matched;
  const std::set<std::string> known = take_expected(config, weights, named, names, matched);
  for (const auto& [name, view] : named.tensors) {
    if (known.contains(name)) continue;
    const bool is_head = config.tied && name == names.output;
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
  matched.layout = layout_oddities(family, weights, names, matched);
  return matched;
}

MatchedTensors match_tensors(const ModelConfig& config, const Weights& weights) {
  const NamedTensors named{.tensors = weights.tensors(),
                           .stored_name = [](const std::string& name) { return name; }};
  return match_tensors(config, weights, named);
}

std::map<std::string, TensorView> model_tensors(const ModelConfig& config, const Weights& weights) {
  return match_tensors(config, weights).tensors;
}

}  // namespace phiscope::extract
