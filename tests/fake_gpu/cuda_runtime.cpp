// SPDX-License-Identifier: MIT
// A CUDA runtime whose devices are emulated. Programs find it before the real one.
#include "counts.hpp"
#include "kernels.hpp"
#include "memory.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

using namespace phiscope::fake_gpu;

namespace {

std::map<const void*, std::string>& kernel_names() {
  static auto& all = *new std::map<const void*, std::string>;
  return all;
}

bool is_device(int device) {
  return device >= 0 && device < devices;
}

/// Runs a kernel on the stream that it was given, which has to be the one LibTorch uses.
void run_on_stream(const std::string& name, dim3 blocks, dim3 threads, void** arguments,
                   cudaStream_t handle) {
  const std::scoped_lock locked(state_lock());
  const StreamKey stream = current_stream();
  count(Asked::launch, plain_name(name).substr(0, plain_name(name).find('<')));
  if (stream.id != static_cast<int>(reinterpret_cast<std::uintptr_t>(handle))) {
    violation("a kernel was queued on another stream than LibTorch's");
  }
  std::vector<const void*> touched;
  const auto see = [&touched, &stream](const void* pointer) {
    const auto device = device_of(pointer);
    if (!device) return;  // managed memory
    if (*device != stream.device) violation("a kernel was given another device's memory");
    read_by(stream, pointer);
    touched.push_back(pointer);
  };
  run_kernel(name, blocks.x, threads.x, arguments, see);
  const long number = issue(stream);
  for (const void* pointer : touched) written_by(stream, number, pointer);
}

}  // namespace

extern "C" {

// What nvcc's code for the host calls at its start.
void** __cudaRegisterFatBinary(void*) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char* host, char*, const char* name, int, uint3*, uint3*,
                            dim3*, dim3*, int*) {
  kernel_names()[host] = name;
}
unsigned __cudaPopCallConfiguration(dim3*, dim3*, size_t*, void*) {
  return 1;
}
cudaError_t __cudaGetKernel(void**, const void*) {
  return cudaErrorNotSupported;
}
cudaError_t __cudaLaunchKernel(void*, dim3, dim3, void**, size_t, cudaStream_t) {
  return cudaErrorNotSupported;
}

cudaError_t cudaLaunchKernel(const void* kernel, dim3 blocks, dim3 threads, void** arguments,
                             size_t, cudaStream_t stream) {
  const auto found = kernel_names().find(kernel);
  if (found == kernel_names().end()) return cudaErrorInvalidDeviceFunction;
  try {
    run_on_stream(found->second, blocks, threads, arguments, stream);
  } catch (const std::exception& error) {
    note_violation(plain_name(found->second) + ": " + error.what());
    return cudaErrorLaunchFailure;
  }
  return cudaSuccess;
}

cudaError_t cudaMallocManaged(void** room, size_t bytes, unsigned) {
  *room = allocate_managed(bytes);
  return cudaSuccess;
}
cudaError_t cudaFree(void* room) {
  release_managed(room);
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = current_device();
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  if (!is_device(device)) return cudaErrorInvalidDevice;
  set_current_device(device);
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count_of_devices) {
  *count_of_devices = devices;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!is_device(device)) return cudaErrorInvalidDevice;
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "emulated GPU");
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = device_bytes;
  *free = device_bytes - memory_use(current_device()).now;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  const std::scoped_lock locked(state_lock());
  count(Asked::wait, "stream");
  const auto id = static_cast<int>(reinterpret_cast<std::uintptr_t>(handle));
  synchronise(StreamKey{current_device(), id});
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorInvalidDevice ? "invalid device ordinal" : "unspecified launch failure";
}
const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorInvalidDevice ? "cudaErrorInvalidDevice" : "cudaErrorLaunchFailure";
}

}  // extern "C"
