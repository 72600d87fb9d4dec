// SPDX-License-Identifier: MIT
#include "run/queue/portion.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstdint>

namespace phiscope::extract {
namespace {

/// Puts what is no number in any floating dtype at the beginning of every 4 KiB: where a copy has
/// not run when its rows are used, whoever writes them finds it there.
void mark_unwritten(const at::Tensor& bytes) {
  constexpr std::int64_t stride = 4096;
  constexpr std::int64_t mark = 8;
  auto* const data = bytes.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t at = 0; at < bytes.numel(); at += stride) {
    std::fill_n(data + at, std::min(mark, bytes.numel() - at), std::uint8_t{0xFF});
  }
}

}  // namespace

void Portion::add(const std::string& array, const at::Tensor& rows) {
  // Where the next rows may begin: any dtype can be viewed there.
  constexpr std::size_t line = 64;
  const std::size_t begin = size_;
  size_ = std::min(capacity_, (size_ + rows.nbytes() + line - 1) / line * line);
  rows_[array].push_back(rows.is_cpu() ? rows : copied(rows, begin));
}

at::Tensor Portion::copied(const at::Tensor& rows, std::size_t begin) {
  const c10::impl::VirtualGuardImpl device(rows.device().type());
  if (!copying_) {
    block_ = at::empty({static_cast<std::int64_t>(capacity_)},
                       at::TensorOptions().dtype(at::kByte).pinned_memory(true));
    copying_ = device.getStreamFromGlobalPool(rows.device());
  }
  c10::Event computed(rows.device().type());
  computed.record(device.getStream(rows.device()));
  computed.block(*copying_);
  const at::Tensor place =
      block_.narrow(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(rows.nbytes()));
  const at::Tensor host = place.view(rows.scalar_type()).view(rows.sizes());
  mark_unwritten(place);
  const c10::StreamGuard guard(*copying_);
  host.copy_(rows, /*non_blocking=*/true);
  // The rows' memory is not given to others before the copy is through.
  device.recordDataPtrOnStream(rows.storage().data_ptr(), *copying_);
  return host;
}

void Portion::close() {
  if (!copying_) return;
  copied_.emplace(copying_->device_type());
  copied_->record(*copying_);
}

void Portion::wait() const {
  if (copied_) copied_->synchronize();
}

std::span<const std::byte> bytes_of_rows(const at::Tensor& rows) {
  return {static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()};
}

}  // namespace phiscope::extract
