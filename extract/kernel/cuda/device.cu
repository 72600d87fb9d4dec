// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/device.hpp"

#include <stdexcept>

namespace phiscope::extract::kernel {
namespace {

/// CUDA's 13000 is 13.0.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string text(cudaError_t status) {
  return std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ")";
}

std::string versions() {
  int driver = 0;
  int runtime = 0;
  cudaDriverGetVersion(&driver);  // leaves 0 where there is no driver
  cudaRuntimeGetVersion(&runtime);
  return (driver == 0 ? "no driver" : "driver for CUDA " + version_text(driver)) + ", runtime " +
         version_text(runtime);
}

/// Makes the device it was made on current again.
struct CurrentDevice {
  int index = 0;
  CurrentDevice() { check_cuda(cudaGetDevice(&index), "current device"); }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;
  ~CurrentDevice() { cudaSetDevice(index); }
};

}  // namespace

void check_cuda(cudaError_t status, const std::string& what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // reported once, here
  throw std::runtime_error(what + ": " + text(status));
}

CudaDevices cuda_devices() {
  CudaDevices devices;
  const cudaError_t status = cudaGetDeviceCount(&devices.count);
  if (status == cudaSuccess && devices.count > 0) return devices;
  cudaGetLastError();
  devices.count = 0;
  devices.why_none = text(status == cudaSuccess ? cudaErrorNoDevice : status) + "; " + versions();
  return devices;
}

CudaDevice cuda_device(int index) {
  const std::string what = "CUDA device " + std::to_string(index);
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, index), what);
  const CurrentDevice before;
  check_cuda(cudaSetDevice(index), what);
  CudaDevice device;
  device.name = properties.name;
  device.major = properties.major;
  device.minor = properties.minor;
  check_cuda(cudaMemGetInfo(&device.free_bytes, &device.total_bytes), what);
  return device;
}

void cuda_synchronise(void* stream) {
  check_cuda(cudaStreamSynchronize(static_cast<cudaStream_t>(stream)), "cuda_synchronise");
}

}  // namespace phiscope::extract::kernel
