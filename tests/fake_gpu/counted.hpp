// SPDX-License-Identifier: MIT
// What the library that is loaded in place of LibTorch's CUDA half has counted.
#pragma once

#include <dlfcn.h>
#include <stdexcept>

namespace phiscope::test {

template <class Function>
Function of_emulated_gpu(const char* name) {
  void* const found = dlsym(RTLD_DEFAULT, name);
  if (found == nullptr) throw std::runtime_error("the emulated GPU is not loaded");
  return reinterpret_cast<Function>(found);
}

/// Faults since the last call: they would end the program with an error.
inline long take_violations() {
  return of_emulated_gpu<long (*)()>("phiscope_fake_gpu_take_violations")();
}

/// "launch", "wait" or "upload" in all, or one kind of them: "launch:rms_norm_kernel".
inline long counted(const char* name) {
  return of_emulated_gpu<long (*)(const char*)>("phiscope_fake_gpu_counted")(name);
}

}  // namespace phiscope::test
