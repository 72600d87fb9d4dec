// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Rows of some arrays on their way to the disk. Those of a device are copied into one block of
/// page-locked memory, while it computes on; those on the CPU are kept as they are.
class Portion {
 public:
  /// @param capacity  bytes of the block
  explicit Portion(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Bytes that are free: rows begin at whole cache lines.
  [[nodiscard]] std::size_t room() const { return capacity_ - size_; }

  /// Adds rows. They may still be computed, and copied.
  /// @param rows  contiguous, at most as many as there is room for
  void add(const std::string& array, const at::Tensor& rows);
  /// No more rows are added.
  void close();

  /// Waits until the rows are there; several threads may.
  void wait() const;
  /// The rows of each array, in the order in which they were added.
  using Rows = std::map<std::string, std::vector<at::Tensor>>;
  [[nodiscard]] const Rows& rows() const { return rows_; }

 private:
  at::Tensor copied(const at::Tensor& rows, std::size_t begin);

  std::size_t capacity_;
  std::size_t size_ = 0;
  at::Tensor block_;  ///< undefined without rows of a device, as the following
  std::optional<c10::Stream> copying_;
  std::optional<c10::Event> copied_;
  Rows rows_;
};

/// The bytes of rows on the CPU. @param rows  contiguous
[[nodiscard]] std::span<const std::byte> bytes_of_rows(const at::Tensor& rows);

}  // namespace phiscope::extract
