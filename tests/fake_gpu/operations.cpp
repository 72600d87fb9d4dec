// SPDX-License-Identifier: MIT
// LibTorch's operations on an emulated device: those of the CPU, on the device's memory.
#include "operations.hpp"

#include "allocators.hpp"
#include "counts.hpp"
#include "memory.hpp"
#include "streams.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/TensorFactories.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <torch/library.h>

#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace phiscope::fake_gpu {
namespace {

using Stack = torch::jit::Stack;

at::Tensor new_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type,
                      int device) {
  const c10::DeviceGuard guard(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)));
  return at::detail::empty_strided_generic(sizes, strides, &device_allocator(),
                                           c10::DispatchKeySet(c10::DispatchKey::CUDA), type);
}

int index_or_current(std::optional<at::Device> device) {
  return device && device->has_index() ? device->index() : current_device();
}

/// Operations whose results' sizes are computed: the host waits for them.
bool has_host_wait(const std::string& name) {
  static const std::set<std::string> names{
      "aten::_local_scalar_dense", "aten::nonzero",           "aten::equal",
      "aten::masked_select",       "aten::_unique2",          "aten::unique_dim",
      "aten::unique_consecutive",  "aten::repeat_interleave", "aten::bincount"};
  return names.contains(name);
}

/// The device of an operation's tensors; without one, of the device that it names.
int device_of_call(const std::vector<c10::IValue>& arguments) {
  std::optional<int> found;
  const auto see = [&found](const at::Tensor& x) {
    if (!x.defined() || !x.is_cuda()) return;
    if (found && *found != x.get_device()) violation("tensors of two devices meet");
    found = static_cast<int>(x.get_device());
  };
  for (const c10::IValue& value : arguments) {
    if (value.isTensor()) see(value.toTensor());
    if (value.isTensorList()) {
      for (const at::Tensor& x : value.toTensorVector()) see(x);
    }
  }
  if (found) return *found;
  for (const c10::IValue& value : arguments) {
    if (value.isDevice()) return index_or_current(value.toDevice());
  }
  return current_device();
}

const at::Tensor& resize_room(const at::Tensor& x, at::IntArrayRef sizes,
                              std::optional<at::MemoryFormat>) {
  auto* const impl = x.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(sizes);
  const std::size_t bytes = static_cast<std::size_t>(x.numel()) * x.itemsize();
  if (x.storage().nbytes() < bytes) {
    const c10::DeviceGuard guard(x.device());
    x.storage().set_data_ptr(device_allocator().allocate(bytes));
    x.storage().set_nbytes(bytes);
  }
  return x;
}

/// An operation's arguments as the CPU's operation takes them.
class HostCall {
 public:
  HostCall(const c10::OperatorHandle& operation, Stack& stack)
      : schema_(operation.schema()),
        name_(schema_.name()),
        given_(stack.end() - static_cast<std::ptrdiff_t>(schema_.arguments().size()), stack.end()),
        device_(device_of_call(given_)),
        launch_(name_.c_str(), device_) {
    stack.resize(stack.size() - given_.size());
    for (std::size_t i = 0; i < given_.size(); ++i) host_.push_back(host_argument(i));
    for (const c10::IValue& value : host_) stack.push_back(value);
  }

  /// Runs it; its results lie on the device.
  void run(const c10::OperatorHandle& operation, Stack& stack) {
    if (name_ == "aten::_softmax" && host_.at(2).toBool()) {
      // From 16 bits to float in one step, which the CPU does not have.
      const at::Tensor found =
          at::_softmax(host_.at(0).toTensor().to(at::kFloat), host_.at(1).toInt(), false);
      if (host_.size() == 4) host_.at(3).toTensor().copy_(found);
      torch::jit::drop(stack, host_.size());
      torch::jit::push(stack, found);
    } else {
      operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack);
    }
    for (std::size_t i = 0; i < given_.size(); ++i) note_written(i);
    const std::size_t results = schema_.returns().size();
    for (std::size_t r = 0; r < results; ++r) {
      c10::IValue& value = stack.at(stack.size() - results + r);
      value = device_result(r, value);
    }
  }

 private:
  [[nodiscard]] bool writes(std::size_t argument) const {
    const c10::AliasInfo* const info = schema_.arguments().at(argument).alias_info();
    return info != nullptr && info->isWrite();
  }

  [[nodiscard]] at::Tensor host_tensor(const at::Tensor& x) const {
    if (!x.defined()) return x;
    if (x.is_cuda()) {
      launch_.reads(x);
      return on_host(x);
    }
    if (x.dim() > 0) {
      violation(name_ + ": a tensor of the CPU " + c10::str(x.sizes()) + " meets the device's");
    }
    return x;
  }

  [[nodiscard]] c10::IValue host_argument(std::size_t i) const {
    const c10::IValue& value = given_.at(i);
    if (value.isTensor()) {
      const at::Tensor& x = value.toTensor();
      // An output that the operation is to size.
      if (writes(i) && x.defined() && x.is_cuda() && x.numel() == 0) {
        return at::empty({0}, x.options().device(at::kCPU));
      }
      return host_tensor(x);
    }
    if (value.isTensorList()) {
      c10::List<at::Tensor> all;
      for (const at::Tensor& x : value.toTensorVector()) all.push_back(host_tensor(x));
      return all;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> all;
      for (const std::optional<at::Tensor>& x : value.toOptionalTensorVector()) {
        all.push_back(x ? std::optional<at::Tensor>(host_tensor(*x)) : x);
      }
      return all;
    }
    if (value.isDevice()) return at::Device(at::kCPU);
    return value;
  }

  void note_written(std::size_t i) const {
    if (!writes(i)) return;
    if (given_.at(i).isTensor()) {
      const at::Tensor& x = given_.at(i).toTensor();
      const at::Tensor host = host_.at(i).toTensor();
      if (!x.defined() || !x.is_cuda()) return;
      if (x.numel() == 0 && host.numel() > 0) {
        resize_room(x, host.sizes(), std::nullopt);
        on_host(x).copy_(host);
      } else if (x.sizes() != host.sizes()) {
        violation(name_ + ": resizes its output");
      }
      launch_.wrote(x);
    } else if (given_.at(i).isTensorList()) {
      for (const at::Tensor& x : given_.at(i).toTensorVector()) launch_.wrote(x);
    }
  }

  [[nodiscard]] c10::IValue device_result(std::size_t r, const c10::IValue& value) const {
    const c10::AliasInfo* const info = schema_.returns().at(r).alias_info();
    if (info != nullptr && info->isWrite()) {  // one of the arguments
      for (std::size_t i = 0; i < given_.size(); ++i) {
        const c10::AliasInfo* const other = schema_.arguments().at(i).alias_info();
        if (other != nullptr && *other == *info) return given_.at(i);
      }
    }
    const auto moved = [this](const at::Tensor& x) {
      if (!x.defined()) return x;
      at::Tensor found = on_device(x, device_);
      launch_.wrote(found);
      return found;
    };
    if (value.isTensor()) return moved(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> all;
      for (const at::Tensor& x : value.toTensorVector()) all.push_back(moved(x));
      return all;
    }
    return value;
  }

  const c10::FunctionSchema& schema_;
  std::string name_;
  std::vector<c10::IValue> given_;
  int device_;
  Launch launch_;
  std::vector<c10::IValue> host_;
};

void run_operation(const c10::OperatorHandle& operation, Stack* stack) {
  HostCall call(operation, *stack);
  const std::string& name = operation.schema().name();
  if (has_host_wait(name)) {
    count(Asked::wait, name);
    const std::scoped_lock locked(state_lock());
    synchronise(current_stream());
  }
  call.run(operation, *stack);
}

/// To the host while it goes on: done when it waits, from what is in the memory by then.
void copy_late(const at::Tensor& to, const at::Tensor& from) {
  if (!is_pinned(to.const_data_ptr())) violation("an asynchronous copy into pageable memory");
  const std::scoped_lock locked(state_lock());
  const StreamKey stream = current_stream(static_cast<int>(from.get_device()));
  const void* const block = from.storage().data();
  read_by(stream, block);
  // The stream's own later work would come behind the copy.
  const at::Tensor source = last_writer(block) == stream ? on_host(from).clone() : on_host(from);
  issue_late(stream, [source, to] {
    const c10::InferenceMode no_gradients;
    at::Tensor target = to;
    target.copy_(source);
  });
}

/// The host must leave the source of an asynchronous copy as it is until it has waited.
void watch_source(const at::Tensor& source, int device) {
  const at::Tensor before = source.contiguous().clone();
  const std::scoped_lock locked(state_lock());
  issue_late(current_stream(device), [source, before] {
    const at::Tensor now = source.contiguous();
    if (std::memcmp(now.const_data_ptr(), before.const_data_ptr(), before.nbytes()) != 0) {
      note_violation("page-locked memory is written to before its copy to the device is done");
    }
  });
}

at::Tensor& copy(at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  const at::Tensor source = from.expand(to.sizes());
  if (to.numel() == 0) return to;
  if (to.is_cuda()) {
    const Launch launch(from.is_cuda() ? "copy on the device" : "copy to the device",
                        static_cast<int>(to.get_device()));
    if (from.is_cuda()) {
      launch.reads(source);
      on_host(to).copy_(on_host(source));
    } else {
      const bool waits = !non_blocking || !is_pinned(from.const_data_ptr());
      count(Asked::upload, waits ? "blocking" : "asynchronous");
      if (waits) count(Asked::wait, "copy to the device");
      on_host(to).copy_(source);
      if (!waits) watch_source(source, static_cast<int>(to.get_device()));
    }
    launch.wrote(to);
  } else if (non_blocking) {
    copy_late(to, source);
  } else {
    count(Asked::wait, "copy to the host");
    const std::scoped_lock locked(state_lock());
    const StreamKey stream = current_stream(static_cast<int>(from.get_device()));
    read_by(stream, source.storage().data());
    synchronise(stream);
    to.copy_(on_host(source));
  }
  return to;
}

at::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> type,
                 std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  const c10::DeviceGuard guard(
      at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index_or_current(device))));
  return at::detail::empty_generic(sizes, &device_allocator(),
                                   c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   c10::dtype_or_default(type), format);
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides,
                         std::optional<at::ScalarType> type, std::optional<at::Layout>,
                         std::optional<at::Device> device, std::optional<bool>) {
  return new_tensor(sizes, strides, c10::dtype_or_default(type), index_or_current(device));
}

}  // namespace

at::Tensor on_host(const at::Tensor& x) {
  void* first = nullptr;
  if (x.storage().data() != nullptr) {
    first = static_cast<char*>(host_side(x.storage().data())) +
            static_cast<std::size_t>(x.storage_offset()) * x.itemsize();
  }
  return at::from_blob(first, x.sizes(), x.strides(),
                       at::TensorOptions().dtype(x.scalar_type()).device(at::kCPU));
}

at::Tensor on_device(const at::Tensor& x, int device) {
  at::Tensor found = new_tensor(x.sizes(), x.strides(), x.scalar_type(), device);
  if (x.numel() > 0) on_host(found).copy_(x);
  return found;
}

Launch::Launch(const char* name, int device) : name_(name), device_(device), number_(0) {
  const std::scoped_lock locked(state_lock());
  count(Asked::launch, name_);
  number_ = issue(current_stream(device));
}

void Launch::reads(const at::Tensor& x) const {
  if (x.get_device() != device_) violation(name_ + ": tensors of two devices meet");
  const std::scoped_lock locked(state_lock());
  if (x.storage().data() != nullptr) read_by(current_stream(device_), x.storage().data());
}

void Launch::wrote(const at::Tensor& x) const {
  const std::scoped_lock locked(state_lock());
  if (x.storage().data() == nullptr) return;
  written_by(current_stream(device_), number_, x.storage().data());
}

TORCH_LIBRARY_IMPL(_, CUDA, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_operation>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("copy_", &copy);
  library.impl("resize_", &resize_room);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  // One kernel there, several operations of the CPU.
  library.impl("scaled_dot_product_attention",
               torch::CppFunction::makeFromBoxedFunction<&run_operation>());
}

}  // namespace phiscope::fake_gpu
