// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Allocator.h>

namespace phiscope::fake_gpu {

/// Of device memory, of the current device.
c10::Allocator& device_allocator();
/// Of page-locked memory of the host.
c10::Allocator& pinned_allocator();
bool is_pinned(const void* pointer);

}  // namespace phiscope::fake_gpu
