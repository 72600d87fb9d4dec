// SPDX-License-Identifier: MIT
#include "model/device/device.hpp"

#include "plan/device_name.hpp"

#include <stdexcept>

#if PHISCOPE_CUDA
#include "kernel/cuda/device.hpp"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <dlfcn.h>
#endif

namespace phiscope::extract {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& expected) {
  throw std::runtime_error("--device: found '" + name + "', expected " + expected);
}

#if PHISCOPE_CUDA
void open_cuda(c10::Device device) {
  const kernel::CudaDevices found = kernel::cuda_devices();
  if (found.count == 0) {
    refuse(device.str(), "a CUDA device: " + found.why_none + "; --device cpu needs none");
  }
  if (device.index() >= found.count) {
    refuse(device.str(), "an index below " + std::to_string(found.count) +
                             ", the number of CUDA devices here (CUDA_VISIBLE_DEVICES hides some)");
  }
  // Its initialisers register the device with ATen, which a program that is not linked to it finds.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    refuse(device.str(),
           "LibTorch's CUDA half, which ./dev setup --cuda installs: " + std::string(dlerror()));
  }
  at::Context& context = at::globalContext();
  context.lazyInitDevice(c10::DeviceType::CUDA);
  context.setAllowTF32CuBLAS(false);  // ten bits of mantissa where float32 was asked for
  // Sums of products in float32, as on the CPU, also where a product is split over the GPU.
  context.setAllowFP16ReductionCuBLAS(false);
  context.setAllowBF16ReductionCuBLAS(false);
  // Chosen by itself on some GPUs only, it makes a plan for every new number of tokens.
  context.setSDPUseCuDNN(false);
}
#endif

}  // namespace

c10::Device parse_device(const std::string& name) {
  const DeviceName device = parse_device_name(name);
  if (device.is_cpu) return c10::Device(c10::DeviceType::CPU);
  return c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device.index));
}

void open_device(c10::Device device) {
  if (device.is_cpu()) return;
#if PHISCOPE_CUDA
  open_cuda(device);
#else
  refuse(device.str(),
         "cpu: this build has no CUDA; ./dev setup --cuda and then ./dev build make one");
#endif
}

DeviceFacts device_facts(c10::Device device) {
  DeviceFacts facts{.name = "cpu"};
#if PHISCOPE_CUDA
  if (device.is_cuda()) {
    const kernel::CudaDevice found = kernel::cuda_device(device.index());
    facts.name = found.name;
    facts.total_bytes = found.total_bytes;
    facts.free_bytes = found.free_bytes;
    constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    facts.peak_bytes = static_cast<std::uint64_t>(stats.allocated_bytes.at(all).peak);
  }
#else
  if (!device.is_cpu()) throw std::invalid_argument("device_facts: a device that is not open");
#endif
  return facts;
}

}  // namespace phiscope::extract
