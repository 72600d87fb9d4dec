// SPDX-License-Identifier: MIT
#include "files/model/tensor_layout.hpp"

#include "files/family/family.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

namespace {

/// Is it `name`, or `name` after a prefix that ends with a point?
bool is_after_prefix(std::string_view stored, std::string_view name) {
  if (!stored.ends_with(name)) return false;
  const std::size_t before = stored.size() - name.size();
  return before == 0 || stored[before - 1] == '.';
}

std::vector<std::string> stored_names_of(const NamedTensors& named, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& [stored, view] : named.tensors) {
    if (is_after_prefix(stored, name)) found.push_back(stored);
  }
  return found;
}

/// "lm_head.weight" of "language_model.lm_head.weight".
std::string_view last_two(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == std::string_view::npos || last == 0) return name;
  const std::size_t before = name.rfind('.', last - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

/// Does a family put its prefix before this tensor? The output matrix and a projection have none.
bool is_in_body(const Family& family, const TensorSpec& spec) {
  return spec.name != family.output && spec.parts.front() < Part::projection_in;
}

std::string_view without_prefix(const Family& family, const TensorSpec& spec) {
  const std::string_view name = spec.name;
  return is_in_body(family, spec) ? name.substr(family.prefixes.front().size()) : name;
}

}  // namespace

std::string TensorNames::stored_name(const Family& family, const TensorSpec& spec) const {
  if (spec.name == family.output) return output;
  if (!is_in_body(family, spec)) return spec.name;
  return std::string(prefix).append(without_prefix(family, spec));
}

TensorNames find_names(const Family& family, const Weights& weights, const NamedTensors& named) {
  TensorNames names{.prefix = std::string(family.prefixes.front()),
                    .output = std::string(family.output)};
  const auto has_embedding = [&](std::string_view prefix) {
    return named.tensors.contains(std::string(prefix).append(family.embedding));
  };
  const auto prefix = std::ranges::find_if(family.prefixes, has_embedding);
  if (prefix != family.prefixes.end()) {
    names.prefix = *prefix;
  } else {
    const std::vector<std::string> found = stored_names_of(named, family.embedding);
    if (found.size() > 1) {
      throw FormatError(weights.main_file(),
                        "the embedding could be " + quote_bytes(found[0]) + " or " +
                            quote_bytes(found[1]) + ", expected one tensor named " +
                            quote_bytes(names.prefix.append(family.embedding)));
    }
    if (found.size() == 1) {
      names.prefix = found[0].substr(0, found[0].size() - family.embedding.size());
      names.usual = false;
    }
  }
  if (!named.tensors.contains(names.output)) {
    const std::vector<std::string> found = stored_names_of(named, last_two(family.output));
    if (found.size() == 1) names.output = found[0];
  }
  return names;
}

std::string found_elsewhere(const Family& family, const TensorSpec& spec,
                            const NamedTensors& named) {
  const std::vector<std::string> found = stored_names_of(named, without_prefix(family, spec));
  if (found.empty()) return "";
  const std::string& stored = found.front();
  const std::string prefix = stored.substr(0, stored.size() - without_prefix(family, spec).size());
  return "; the files have " + quote_bytes(stored) + ", with the prefix " + quote_bytes(prefix) +
         ": expected one prefix for all tensors";
}

bool StackedExperts::is_transposed(const TensorView& gates, const TensorView& down) const {
  using Shape = std::vector<std::int64_t>;
  const Experts& experts = config_->experts.value();
  const std::int64_t count = experts.count;
  const std::int64_t inner = experts.intermediate;
  const Shape gates_rows{count, 2 * inner, config_->hidden};
  const Shape down_rows{count, config_->hidden, inner};
  const Shape gates_columns{count, config_->hidden, 2 * inner};
  const Shape down_columns{count, inner, config_->hidden};
  if (gates.shape == gates_rows && down.shape == down_rows) return false;
  if (gates.shape == gates_columns && down.shape == down_columns) return true;
  const bool gates_fit = gates.shape == gates_rows || gates.shape == gates_columns;
  const TensorView& wrong = gates_fit ? down : gates;
  const Shape& rows = gates_fit ? down_rows : gates_rows;
  const Shape& columns = gates_fit ? down_columns : gates_columns;
  throw FormatError(weights_->file_of(wrong.name),
                    "tensor " + quote_bytes(wrong.name) + " has shape " + text_of(wrong.shape) +
                        ", expected " + text_of(rows) + ", or " + text_of(columns) +
                        " where both stacks are stored [expert, in, out], by " +
                        std::string(named_->files));
}

std::optional<StackedExperts::Slice> StackedExperts::find(const TensorSpec& spec,
                                                          const std::string& stored) const {
  const std::string own = "." + std::to_string(spec.expert) + ".";
  const std::size_t place = stored.rfind(own);
  if (spec.expert < 0 || place == std::string::npos || !config_->experts) return std::nullopt;
  const std::string experts = stored.substr(0, place);
  const auto stack = [&](const char* name) {
    const auto found = named_->tensors.find(experts + name);
    return found == named_->tensors.end() ? named_->tensors.find(experts + name + ".weight")
                                          : found;
  };
  const auto gates = stack(".gate_up_proj");
  const auto down = stack(".down_proj");
  if (gates == named_->tensors.end() || down == named_->tensors.end()) return std::nullopt;
  const bool transposed = is_transposed(gates->second, down->second);
  const Part part = spec.parts.front();
  const TensorView& whole = part == Part::down ? down->second : gates->second;
  if (!is_float(whole.dtype)) {
    throw FormatError(weights_->file_of(whole.name),
                      "tensor " + quote_bytes(whole.name) + " has dtype " +
                          std::string(name_of(whole.dtype)) + ", expected F32, BF16, F16 or F64");
  }
  const std::size_t bytes = whole.bytes.size() / static_cast<std::size_t>(config_->experts->count);
  Slice slice{.view = whole, .part = {.transposed = transposed}};
  slice.view.shape = {whole.shape[1], whole.shape[2]};
  slice.view.bytes = whole.bytes.subspan(static_cast<std::size_t>(spec.expert) * bytes, bytes);
  if (part != Part::down) {
    slice.part.block = part == Part::up ? 1 : 0;
    slice.part.blocks = 2;
  }
  return slice;
}

}  // namespace phiscope::extract
