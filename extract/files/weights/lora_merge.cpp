// SPDX-License-Identifier: MIT
#include "files/weights/lora_merge.hpp"

#include "files/weights/number_formats.hpp"

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {
namespace {

std::vector<double> all_widened(const TensorView& tensor) {
  return widened(tensor, 0, count(tensor));
}

std::vector<double> turned(const TensorView& matrix) {
  const std::vector<double> values = all_widened(matrix);
  const auto rows = static_cast<std::size_t>(matrix.shape[0]);
  const auto columns = static_cast<std::size_t>(matrix.shape[1]);
  std::vector<double> out(values.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = values[r * columns + c];
  }
  return out;
}

}  // namespace

LoraMerge::LoraMerge(const TensorView& base, const LoraFactors& lora, double scale, bool transposed)
    : base_(base), scale_(scale) {
  const bool matrices =
      base.shape.size() == 2 && lora.a.shape.size() == 2 && lora.b.shape.size() == 2;
  if (!matrices || lora.a.shape[0] != lora.b.shape[1] ||
      lora.b.shape[0] != base.shape[transposed ? 1 : 0] ||
      lora.a.shape[1] != base.shape[transposed ? 0 : 1]) {
    throw std::invalid_argument("LoraMerge: " + text_of(base.shape) + " does not fit to " +
                                text_of(lora.b.shape) + " times " + text_of(lora.a.shape));
  }
  rows_ = base.shape[0];
  columns_ = base.shape[1];
  rank_ = static_cast<std::size_t>(lora.a.shape[0]);
  // (B A)^T = A^T B^T: a row of either is a sum of `rank` directions.
  weights_ = transposed ? turned(lora.a) : all_widened(lora.b);
  directions_ = transposed ? turned(lora.b) : all_widened(lora.a);
}

void LoraMerge::add_products(std::size_t row, std::size_t rows, std::span<double> sums) const {
  // A strip of columns of a few rows stays in the nearest cache while all directions pass by.
  constexpr std::size_t strip = 256;
  const auto columns = static_cast<std::size_t>(columns_);
  for (std::size_t from = 0; from < columns; from += strip) {
    const std::size_t size = std::min(strip, columns - from);
    for (std::size_t k = 0; k < rank_; ++k) {
      const double* const direction = directions_.data() + k * columns + from;
      for (std::size_t r = 0; r < rows; ++r) {
        const double weight = weights_[(row + r) * rank_ + k];
        double* const sum = sums.data() + r * columns + from;
        for (std::size_t c = 0; c < size; ++c) sum[c] += weight * direction[c];
      }
    }
  }
}

void LoraMerge::merge(std::int64_t begin, std::int64_t end, TensorDtype dtype,
                      std::byte* out) const {
  constexpr std::size_t together = 8;
  const auto columns = static_cast<std::size_t>(columns_);
  const auto last = static_cast<std::size_t>(end);
  std::vector<double> sums(together * columns);
  for (auto row = static_cast<std::size_t>(begin); row < last; row += together) {
    const std::size_t rows = std::min(together, last - row);
    const std::span<double> all(sums.data(), rows * columns);
    std::ranges::fill(all, 0.0);
    add_products(row, rows, all);
    const std::vector<double> base = widened(base_, row * columns, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = base[i] + scale_ * all[i];
    store_rounded(all, dtype, out);
    out += all.size() * item_size(dtype);
  }
}

}  // namespace phiscope::extract
