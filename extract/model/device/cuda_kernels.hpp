// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::extract {

/// Whether this is a build with the CUDA kernels of extract/kernel.
#ifdef PHISCOPE_CUDA
constexpr bool has_cuda_kernels = true;
#else
constexpr bool has_cuda_kernels = false;
#endif

}  // namespace phiscope::extract
