// SPDX-License-Identifier: MIT
#include "model/device/weight_upload.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {

WeightUpload::WeightUpload(c10::Device device, std::int64_t block_bytes)
    : device_(device), block_bytes_(block_bytes) {}

at::Tensor WeightUpload::copied(const at::Tensor& mapped, at::ScalarType dtype) {
  if (!mapped.is_cpu() || !mapped.is_contiguous()) {
    throw std::invalid_argument("WeightUpload: not on the CPU, or with gaps");
  }
  const bool narrows = at::elementSize(dtype) < at::elementSize(mapped.scalar_type());
  const at::ScalarType crossing = narrows ? dtype : mapped.scalar_type();
  const at::Tensor there =
      at::empty(mapped.sizes(), at::TensorOptions().dtype(crossing).device(device_));
  const at::Tensor from = mapped.view({-1});
  const at::Tensor to = there.view({-1});
  const std::int64_t most = block_bytes_ / static_cast<std::int64_t>(at::elementSize(crossing));
  const c10::impl::VirtualGuardImpl device(device_.type());
  for (std::int64_t begin = 0; begin < from.numel(); begin += most) {
    Block& block = blocks_.at(next_);
    next_ = (next_ + 1) % blocks_.size();
    if (block.copied) block.copied->synchronize();
    if (!block.bytes.defined()) {
      block.bytes =
          at::empty({block_bytes_}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
    }
    const std::int64_t count = std::min(most, from.numel() - begin);
    const at::Tensor staged = block.bytes.view(crossing).narrow(0, 0, count);
    staged.copy_(from.narrow(0, begin, count));  // by several threads, and rounded where it narrows
    to.narrow(0, begin, count).copy_(staged, /*non_blocking=*/true);
    block.copied.emplace(device_.type());
    block.copied->record(device.getStream(device_));
  }
  return there.to(dtype);
}

}  // namespace phiscope::extract
