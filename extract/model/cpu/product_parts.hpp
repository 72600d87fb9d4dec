// SPDX-License-Identifier: MIT
#pragma once

#include "model/cpu/matrix_products.hpp"
#include "model/cpu/parallel.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace phiscope::extract {

/// Some rows and outputs of a product.
struct ProductPart {
  std::int64_t row = 0;
  std::int64_t rows = 0;
  std::int64_t output = 0;
  std::int64_t outputs = 0;
};

/// Computes a product by parts, one thread to each: what MKL divides among threads by itself has
/// other bits for another number of threads on some processors (AMD Zen 4, oneMKL 2024.0 Update 2:
/// float64, and float32 with few outputs).
/// @param rows     filled, so that a row's bits depend on nothing but the row
/// @param outputs  of the whole
/// @param most     outputs of a part: bits may depend on it, and on nothing else here
/// @param make     make(part) computes a part, with products of one thread
template <class Make>
void by_parts(std::int64_t rows, std::int64_t outputs, std::int64_t most, Make make) {
  constexpr std::int64_t tile = 16;
  constexpr std::int64_t least_rows = 64;  // with fewer, packing the weight takes too long
  confine_products();
  const std::int64_t columns = (outputs + most - 1) / most;
  const std::int64_t wanted =
      (at::get_num_threads() + columns - 1) / std::max<std::int64_t>(columns, 1);
  const std::int64_t blocks =
      std::clamp<std::int64_t>(rows / least_rows, 1, std::max<std::int64_t>(wanted, 1));
  const std::int64_t block = ((rows + blocks - 1) / blocks + tile - 1) / tile * tile;
  // Rows that do not make a tile go to the block before them: fewer than filled_rows() gives have
  // other bits on some processors.
  const std::int64_t used =
      rows == 0 ? 0 : std::max<std::int64_t>(1, (rows + block - tile) / block);
  in_parallel(columns * used, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t row = k % used * block;
      const std::int64_t output = k / used * most;
      make(ProductPart{.row = row,
                       .rows = k % used + 1 == used ? rows - row : block,
                       .output = output,
                       .outputs = std::min(most, outputs - output)});
    }
  });
}

}  // namespace phiscope::extract
