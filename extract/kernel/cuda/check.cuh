// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <string>

namespace phiscope::extract::kernel {

/// @throws std::runtime_error `what: CUDA's text (name of the error)` unless `status` is success
void check_cuda(cudaError_t status, const std::string& what);

/// Queues a kernel. Not by <<<>>>, whose errors cannot be told from those that others left.
template <class... Parameters, class... Arguments>
void launch(const std::string& name, void (*kernel)(Parameters...), std::size_t blocks,
            std::size_t threads, void* stream, Arguments... arguments) {
  void* all[] = {static_cast<void*>(&arguments)...};
  check_cuda(cudaLaunchKernel(
                 reinterpret_cast<const void*>(kernel), dim3(static_cast<unsigned>(blocks)),
                 dim3(static_cast<unsigned>(threads)), all, 0, static_cast<cudaStream_t>(stream)),
             name);
}

}  // namespace phiscope::extract::kernel
