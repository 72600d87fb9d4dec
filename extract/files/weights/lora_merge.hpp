// SPDX-License-Identifier: MIT
#pragma once

#include "files/weights/safetensors.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Two matrices of low rank beside a weight.
struct LoraFactors {
  TensorView a;  ///< [rank, in]
  TensorView b;  ///< [out, rank]
};

/// The weight with its LoRA in it, W = base + scale B A: formed in float64, whatever the stored
/// dtypes, and rounded once. @see Hu et al. 2022, LoRA
class LoraMerge {
 public:
  /// @param base        [out, in], or [in, out] where `transposed`; borrowed
  /// @param scale       alpha / rank
  /// @throws std::invalid_argument if the shapes do not fit together
  LoraMerge(const TensorView& base, const LoraFactors& lora, double scale, bool transposed);

  [[nodiscard]] std::int64_t rows() const { return rows_; }        ///< as the base is stored
  [[nodiscard]] std::int64_t columns() const { return columns_; }  ///< likewise
  /// Rows [begin, end) of the merged matrix, in the base's layout. Rows are independent of each
  /// other, so threads can share them out.
  /// @param out  room for (end - begin) * columns() items of `dtype`
  void merge(std::int64_t begin, std::int64_t end, TensorDtype dtype, std::byte* out) const;

 private:
  /// Adds rows [row, row + rows) of the product to `sums` [rows, column].
  void add_products(std::size_t row, std::size_t rows, std::span<double> sums) const;

  TensorView base_;
  double scale_;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::size_t rank_ = 0;
  std::vector<double> weights_;     ///< [row, rank]
  std::vector<double> directions_;  ///< [rank, column]
};

}  // namespace phiscope::extract
