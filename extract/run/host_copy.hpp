// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <memory>

namespace phiscope::extract {

/// Values on their way to host memory.
class HostCopy {
 public:
  /// Begins the copy. A device keeps computing: the copy runs in parallel, into page-locked memory.
  /// Values on the CPU are not copied if they are contiguous.
  explicit HostCopy(const at::Tensor& values);

  /// Waits for the copy. @return  contiguous, on the CPU
  [[nodiscard]] const at::Tensor& get() const;
  [[nodiscard]] std::size_t bytes() const { return host_.nbytes(); }

 private:
  at::Tensor host_;
  std::shared_ptr<c10::Event> done_;  ///< null: nothing to wait for
};

}  // namespace phiscope::extract
