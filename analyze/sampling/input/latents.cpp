// SPDX-License-Identifier: MIT
#include "sampling/input/latents.hpp"

#include "shard/file/format_error.hpp"
#include "shard/npy/half.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling {
namespace {

using shard::FormatError;

std::vector<std::string> names_of(const std::vector<KeyColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const KeyColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check_key(const shard::NpyFile& file, std::size_t row, std::span<const std::int64_t> key,
               const std::vector<KeyColumn>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (key[i] >= 0 && key[i] < columns[i].end) continue;
    throw FormatError(file.path(), "row " + std::to_string(row) + ": found " + columns[i].name +
                                       " " + std::to_string(key[i]) + ", expected 0 to " +
                                       std::to_string(columns[i].end - 1));
  }
}

bool is_bfloat16(const shard::ArrayPlan& array) {
  return array.encoding == "bf16" && array.dtype == shard::Dtype::u2;
}

bool is_floating(const shard::ArrayPlan& array) {
  return is_bfloat16(array) || array.dtype == shard::Dtype::f8 || array.dtype == shard::Dtype::f4 ||
         array.dtype == shard::Dtype::f2;
}

/// The values of a file that is not float32; nothing of one that is.
std::vector<float> decoded(const shard::ArrayPlan& array, const shard::NpyFile& file) {
  if (array.dtype == shard::Dtype::f4) return {};
  if (array.dtype == shard::Dtype::f2) return file.read<float>();
  std::vector<float> values;
  if (array.dtype == shard::Dtype::f8) {
    const auto doubles = file.view<double>();
    values.reserve(doubles.size());
    for (const double value : doubles) values.push_back(static_cast<float>(value));
    return values;
  }
  values.reserve(file.count());
  for (const std::uint16_t bits : file.view<std::uint16_t>()) {
    values.push_back(shard::bfloat16_to_float(bits));
  }
  return values;
}

}  // namespace

bool has_space(const shard::Run& run, std::string_view space) {
  const auto& spaces = run.plan().row_spaces;
  return std::any_of(spaces.begin(), spaces.end(),
                     [space](const auto& each) { return each.name == space; });
}

void for_each_row(const shard::Run& run, std::string_view space,
                  const std::vector<KeyColumn>& columns,
                  const std::function<void(const KeyedRow&)>& take) {
  const auto& spaces = run.plan().row_spaces;
  const auto found = std::find_if(spaces.begin(), spaces.end(),
                                  [space](const auto& each) { return each.name == space; });
  if (found == spaces.end() || found->key != names_of(columns)) {
    throw FormatError(run.path() / "plan.json", "row_spaces: expected '" + std::string(space) +
                                                    "' with the key " + joined(names_of(columns)));
  }
  const auto shards = run.shards();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const shard::NpyFile file = run.keys(space, shards[i]);
    if (file.shape().size() != 2 || file.shape()[1] != columns.size()) {
      throw FormatError(file.path(), "shape " + shard::shape_text(file.shape()) + ", expected " +
                                         std::to_string(columns.size()) + " columns");
    }
    const auto values = file.view<std::int64_t>();
    for (std::size_t row = 0; row < values.size() / columns.size(); ++row) {
      const auto key = values.subspan(row * columns.size(), columns.size());
      check_key(file, row, key, columns);
      take({.place = {.file = i, .row = row}, .key = key, .fail = [&](const std::string& message) {
              throw FormatError(file.path(), "row " + std::to_string(row) + ": " + message);
            }});
    }
  }
}

const shard::ArrayPlan& latent_plan(const shard::Run& run, std::string_view array,
                                    std::string_view space,
                                    const std::vector<std::int64_t>& layers) {
  const auto& arrays = run.plan().arrays;
  const auto found = std::find_if(arrays.begin(), arrays.end(),
                                  [array](const auto& each) { return each.name == array; });
  if (found == arrays.end() || found->row_space != space || !is_floating(*found) ||
      found->axes != std::vector<std::string>{"row", "layer", "unit"} || found->layers != layers) {
    throw FormatError(
        run.path() / "plan.json",
        "array '" + std::string(array) +
            "': expected one with axes row, layer, unit, of floating numbers, the row space '" +
            std::string(space) + "' and the plan's layers");
  }
  return *found;
}

Latents::Latents(const shard::Run& run, std::string_view array, std::string_view space,
                 const std::vector<std::int64_t>& layers) {
  const shard::ArrayPlan& plan = latent_plan(run, array, space, layers);
  layers_ = static_cast<std::size_t>(plan.row_shape[0]);
  units_ = static_cast<std::size_t>(plan.row_shape[1]);
  const auto shards = run.shards();
  files_.reserve(shards.size());
  decoded_.reserve(shards.size());
  for (const std::int64_t shard : shards) {
    files_.push_back(run.array(array, shard));
    decoded_.push_back(decoded(plan, files_.back()));
  }
}

std::span<const float> Latents::values(std::size_t file) const {
  if (!decoded_.at(file).empty()) return decoded_[file];
  return files_[file].count() == 0 ? std::span<const float>() : files_[file].view<float>();
}

std::span<const float> Latents::at(RowPlace place, std::size_t layer) const {
  return values(place.file).subspan((place.row * layers_ + layer) * units_, units_);
}

RowPlace Latents::pool(const std::vector<RowPlace>& places) {
  if (places.size() == 1) return places.front();
  const std::size_t file = files_.size();  // beyond those of the run
  const std::size_t size = layers_ * units_;
  if (decoded_.size() == file) decoded_.emplace_back();
  // A text that ended has the same tokens at every later checkpoint.
  if (last_pooled_ != places) {
    std::vector<double> sum(size, 0.0);
    for (const RowPlace& place : places) {
      const auto row = values(place.file).subspan(place.row * size, size);
      for (std::size_t i = 0; i < size; ++i) sum[i] += static_cast<double>(row[i]);
    }
    const auto count = static_cast<double>(places.size());
    decoded_[file].reserve(decoded_[file].size() + size);
    for (const double each : sum) decoded_[file].push_back(static_cast<float>(each / count));
    last_pooled_ = places;
  }
  return {.file = file, .row = decoded_[file].size() / size - 1};
}

MatrixView<float> Latents::row(RowPlace place) const {
  return {values(place.file).subspan(place.row * layers_ * units_, layers_ * units_), layers_,
          units_};
}

std::vector<float> Latents::gather(const std::vector<RowPlace>& places, std::size_t layer) const {
  std::vector<float> rows;
  rows.reserve(places.size() * units_);
  for (const RowPlace& place : places) {
    const auto row = at(place, layer);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

}  // namespace phiscope::analyze::sampling
