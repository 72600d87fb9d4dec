// SPDX-License-Identifier: MIT
#include "run/host_copy.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace phiscope::extract {

HostCopy::HostCopy(const at::Tensor& values) {
  const at::Tensor source = values.contiguous();
  if (source.is_cpu()) {
    host_ = source;
    return;
  }
  const c10::impl::VirtualGuardImpl device(source.device().type());
  const c10::Stream computing = device.getStream(source.device());
  const c10::Stream copying = device.getStreamFromGlobalPool(source.device());
  c10::Event computed(source.device().type());
  computed.record(computing);
  computed.block(copying);
  host_ = at::empty(source.sizes(), source.options().device(at::kCPU).pinned_memory(true));
  const c10::StreamGuard guard(copying);
  host_.copy_(source, /*non_blocking=*/true);
  // The values' memory is not given to others before the copy is through.
  device.recordDataPtrOnStream(source.storage().data_ptr(), copying);
  done_ = std::make_shared<c10::Event>(source.device().type());
  done_->record(copying);
}

const at::Tensor& HostCopy::get() const {
  if (done_ != nullptr) done_->synchronize();
  return host_;
}

}  // namespace phiscope::extract
