// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace phiscope::fake_gpu {

/// Runs a kernel of extract/kernel on the host.
/// @param mangled  its name in machine code
/// @param touched  called with every pointer that the kernel was given
/// @throws std::runtime_error for a kernel that is not listed, for pointers to the host's memory
void run_kernel(const std::string& mangled, unsigned blocks, unsigned threads, void** arguments,
                const std::function<void(const void*)>& touched);

/// "rms_norm_kernel<float, float, 32>": without what compilers write differently.
std::string plain_name(const std::string& mangled);

}  // namespace phiscope::fake_gpu
