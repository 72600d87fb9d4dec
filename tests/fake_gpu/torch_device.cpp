// SPDX-License-Identifier: MIT
// What LibTorch asks a kind of device for, under CUDA's name: devices, streams and events.
#include "allocators.hpp"
#include "counts.hpp"
#include "memory.hpp"
#include "streams.hpp"

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <cstdint>

namespace phiscope::fake_gpu {
namespace {

c10::Device cuda(int index) {
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

StreamKey key_of(const c10::Stream& stream) {
  return {stream.device_index(), static_cast<int>(stream.id())};
}

c10::Stream torch_stream(StreamKey key) {
  return c10::Stream(c10::Stream::UNSAFE, cuda(key.device), key.id);
}

int index_of(c10::Device device) {
  return device.has_index() ? device.index() : current_device();
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  [[nodiscard]] c10::DeviceType type() const override { return c10::DeviceType::CUDA; }
  [[nodiscard]] c10::Device exchangeDevice(c10::Device device) const override {
    const c10::Device before = getDevice();
    setDevice(device);
    return before;
  }
  [[nodiscard]] c10::Device getDevice() const override { return cuda(current_device()); }
  void setDevice(c10::Device device) const override { set_current_device(index_of(device)); }
  void uncheckedSetDevice(c10::Device device) const noexcept override { setDevice(device); }
  [[nodiscard]] c10::DeviceIndex deviceCount() const noexcept override { return devices; }

  [[nodiscard]] c10::Stream getStream(c10::Device device) const override {
    return torch_stream(current_stream(index_of(device)));
  }
  [[nodiscard]] c10::Stream getDefaultStream(c10::Device device) const override {
    return torch_stream({index_of(device), 0});
  }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override {
    constexpr int pool = 32;
    static int taken = 0;
    const std::scoped_lock locked(state_lock());
    return torch_stream({index_of(device), taken++ % pool + 1});
  }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    return torch_stream(set_current_stream(key_of(stream)));
  }
  [[nodiscard]] void* getStreamNativeHandle(const c10::Stream stream) const override {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(stream.id()));
  }
  void synchronizeStream(const c10::Stream& stream) const override {
    const std::scoped_lock locked(state_lock());
    count(Asked::wait, "stream");
    synchronise(key_of(stream));
  }

  void record(void** event, const c10::Stream& stream, const c10::DeviceIndex,
              const c10::EventFlag) const override {
    const std::scoped_lock locked(state_lock());
    if (*event == nullptr) *event = new Event;
    *static_cast<Event*>(*event) = fake_gpu::record(key_of(stream));
  }
  void block(void* event, const c10::Stream& stream) const override {
    const std::scoped_lock locked(state_lock());
    fake_gpu::block(key_of(stream), *static_cast<Event*>(event));
  }
  [[nodiscard]] bool queryEvent(void* event) const override {
    const std::scoped_lock locked(state_lock());
    const auto& asked = *static_cast<Event*>(event);
    return done(asked.stream) >= asked.number;
  }
  void synchronizeEvent(void* event) const override {
    const std::scoped_lock locked(state_lock());
    count(Asked::wait, "event");
    synchronise(*static_cast<Event*>(event));
  }
  void destroyEvent(void* event, const c10::DeviceIndex) const noexcept override {
    delete static_cast<Event*>(event);
  }
  void recordDataPtrOnStream(const c10::DataPtr& block, const c10::Stream& stream) const override {
    record_use(block.get(), key_of(stream));
  }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

}  // namespace

// The registry stringises the name of the class.
struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool isAvailable() const override { return true; }
  bool isBuilt() const override { return true; }
  std::string showConfig() const override { return "an emulated GPU\n"; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  bool isPinnedPtr(const void* pointer) const override { return is_pinned(pointer); }
  c10::Allocator* getPinnedMemoryAllocator() const override { return &pinned_allocator(); }
  c10::Allocator* getCUDADeviceAllocator() const override { return &device_allocator(); }
  int getNumGPUs() const override { return devices; }
  c10::DeviceIndex deviceCount() const override { return devices; }
  c10::DeviceIndex current_device() const override { return getCurrentDevice(); }
  c10::DeviceIndex getCurrentDevice() const override {
    return static_cast<c10::DeviceIndex>(fake_gpu::current_device());
  }
  at::Device getDeviceFromPtr(void* pointer) const override {
    return cuda(device_of(pointer).value());
  }
};
using at::CUDAHooksRegistry;
using at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks)

}  // namespace phiscope::fake_gpu
