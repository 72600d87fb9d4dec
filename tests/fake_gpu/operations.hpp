// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace phiscope::fake_gpu {

/// A device tensor's numbers as a tensor of the CPU. It does not keep them from being freed.
at::Tensor on_host(const at::Tensor& x);
/// A tensor of the CPU, copied to a device that computed it.
at::Tensor on_device(const at::Tensor& x, int device);

/// One launch on the current stream of a device. Tensors that it reads are checked at once, what it
/// writes is noted by wrote().
class Launch {
 public:
  Launch(const char* name, int device);
  /// @throws std::runtime_error for a tensor of another device, or one that is not computed yet
  void reads(const at::Tensor& x) const;
  void wrote(const at::Tensor& x) const;

 private:
  std::string name_;
  int device_;
  long number_;
};

}  // namespace phiscope::fake_gpu
