// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/input/run.hpp"
#include "shard/npy/npy.hpp"
#include "shard/run_reader.hpp"

#include <phiscope/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::sampling {

/// Where a row of an array is.
struct RowPlace {
  std::size_t file = 0;
  std::size_t row = 0;
  friend bool operator==(const RowPlace&, const RowPlace&) = default;
};

/// A column of a key and one past its largest value; the least is 0.
struct KeyColumn {
  std::string name = {};
  std::int64_t end = 0;
};

/// What a row of a row space is called with: its place, its key, and how to refuse it.
struct KeyedRow {
  RowPlace place = {};
  std::span<const std::int64_t> key = {};
  std::function<void(const std::string& message)> fail = {};  ///< throws shard::FormatError
};

/// Calls take() for every row of a row space, shard by shard.
/// @throws shard::FormatError if the space has other columns or a value out of range
void for_each_row(const shard::Run& run, std::string_view space,
                  const std::vector<KeyColumn>& columns,
                  const std::function<void(const KeyedRow&)>& take);

/// Whether the run has that row space.
[[nodiscard]] bool has_space(const shard::Run& run, std::string_view space);

/// The plan of an array of latents.
/// @throws shard::FormatError unless the array is there, [row, layer, unit] of floating numbers, in
///         that row space and with these layers
[[nodiscard]] const shard::ArrayPlan& latent_plan(const shard::Run& run, std::string_view array,
                                                  std::string_view space,
                                                  const std::vector<std::int64_t>& layers);

/// An array [row, layer, unit]. Float32 is mapped, so that nothing is read before it is looked at;
/// halves and bfloat16 are decoded, doubles rounded.
class Latents {
 public:
  Latents() = default;
  /// @throws shard::FormatError as latent_plan()
  Latents(const shard::Run& run, std::string_view array, std::string_view space,
          const std::vector<std::int64_t>& layers);

  [[nodiscard]] std::size_t units() const noexcept { return units_; }
  [[nodiscard]] std::size_t layers() const noexcept { return layers_; }
  /// The values of a row at a layer's index, [unit].
  [[nodiscard]] std::span<const float> at(RowPlace place, std::size_t layer) const;
  /// All layers of a row, [layer, unit].
  [[nodiscard]] MatrixView<float> row(RowPlace place) const;
  /// These rows at a layer, one after another, [row, unit].
  [[nodiscard]] std::vector<float> gather(const std::vector<RowPlace>& places,
                                          std::size_t layer) const;
  /// Adds a row, the mean of these. A single one is its own mean; the same ones are added once.
  RowPlace pool(const std::vector<RowPlace>& places);

 private:
  [[nodiscard]] std::span<const float> values(std::size_t file) const;

  std::vector<shard::NpyFile> files_ = {};
  std::vector<std::vector<float>> decoded_ = {};  ///< [file]; empty where the file is float32; and
                                                  ///< one of the rows that pool() added
  std::vector<RowPlace> last_pooled_ = {};        ///< what the last of these is the mean of
  std::size_t layers_ = 0;
  std::size_t units_ = 0;
};

}  // namespace phiscope::analyze::sampling
