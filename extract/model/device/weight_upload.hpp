// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace phiscope::extract {

/// Weights on their way to a GPU: read from where they are mapped into one block of page-locked
/// memory while the other one is copied to the device, so that the disk, or the page cache, and the
/// bus work at the same time.
class WeightUpload {
 public:
  /// @param block_bytes  a multiple of 8
  explicit WeightUpload(c10::Device device, std::int64_t block_bytes = std::int64_t{32} << 20U);

  /// A tensor on the device. The fewer bytes of the two dtypes cross the bus.
  /// @param mapped  on the CPU, without gaps; read before this returns
  [[nodiscard]] at::Tensor copied(const at::Tensor& mapped, at::ScalarType dtype);

 private:
  /// Page-locked memory, and what reads it.
  struct Block {
    at::Tensor bytes{};
    std::optional<c10::Event> copied{};
  };

  c10::Device device_;
  std::int64_t block_bytes_;
  std::array<Block, 2> blocks_;
  std::size_t next_ = 0;
};

}  // namespace phiscope::extract
