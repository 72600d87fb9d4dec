// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// The rows of a floating array in one shard of a run, converted to double one at a time: a shard
/// can be larger than memory. Halves and bfloat16 bits are decoded; every conversion is exact.
class RowValues {
 public:
  /// @throws std::invalid_argument as Run::array(); FormatError for an array of integers that are
  ///         not bfloat16 bits
  RowValues(const Run& run, std::string_view array, std::int64_t shard);

  [[nodiscard]] const NpyFile& file() const noexcept { return file_; }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t row_size() const noexcept { return row_size_; }  ///< numbers of a row
  /// @throws std::out_of_range
  [[nodiscard]] std::vector<double> row(std::size_t index) const;

 private:
  NpyFile file_;
  std::size_t rows_ = 0;
  std::size_t row_size_ = 1;
};

}  // namespace phiscope::shard
