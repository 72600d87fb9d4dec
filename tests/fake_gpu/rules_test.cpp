// SPDX-License-Identifier: MIT
// The emulated GPU's own rules: each is broken here and has to be noticed.
#include "counted.hpp"
#include "extract/model/test_device.hpp"
#include "extract/run/torch_catch.hpp"
#include "kernel/head_norm.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index.h>
#include <ATen/ops/tensor.h>
#include <c10/core/Event.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace phiscope::test;

namespace {

const c10::impl::VirtualGuardImpl& cuda() {
  static const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
  return guard;
}

at::Tensor pinned(std::int64_t size) {
  return at::empty({size}, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
}

struct Copy {
  bool waits_for_computing = true;
  bool records = true;
};

/// Numbers computed on the device and copied by another stream, before and after the host waits.
struct Copied {
  float before = 0;
  float after = 0;
};
Copied copied(at::Device device, const Copy& how) {
  const at::Tensor target = pinned(1000);
  const c10::Stream copying = cuda().getStreamFromGlobalPool(device);
  c10::Event copied(device.type());
  {
    const at::Tensor computed = at::full({1000}, 2.0, at::TensorOptions().device(device)).add(1.0);
    if (how.waits_for_computing) {
      c10::Event event(device.type());
      event.record(cuda().getStream(device));
      event.block(copying);
    }
    const c10::StreamGuard guard(copying);
    target.copy_(computed, /*non_blocking=*/true);
    if (how.records) cuda().recordDataPtrOnStream(computed.storage().data_ptr(), copying);
    copied.record(copying);
  }
  Copied found{.before = target.const_data_ptr<float>()[999]};
  copied.synchronize();
  found.after = target.const_data_ptr<float>()[999];
  return found;
}

}  // namespace

TEST_CASE("the host cannot follow a device's pointer", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  const at::Tensor x = at::full({4}, 1.0, at::TensorOptions().device(device));
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    _exit(*static_cast<const volatile char*>(x.const_data_ptr()) == 0 ? 1 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(take_violations() == 0);
}

TEST_CASE("tensors of the CPU and of another device are refused", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  const at::Tensor x = at::full({4}, 1.0, at::TensorOptions().device(device));
  CHECK_THROWS_WITH(x.index({at::tensor({0, 1}, at::kLong)}), Contains("a tensor of the CPU"));
  CHECK_THROWS(x.add(at::full({4}, 1.0)));  // LibTorch's own check
  const at::Device other(at::kCUDA, device.index() == 0 ? 1 : 0);
  const at::Tensor index = at::full({1}, 0, at::TensorOptions().device(other).dtype(at::kLong));
  CHECK_THROWS_WITH(x.index_select(0, index), Contains("two devices"));
  CHECK(take_violations() == 2);
}

TEST_CASE("fresh and freed memory is not a number", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  { const at::Tensor x = at::full({64}, 1.0, at::TensorOptions().device(device)); }
  const at::Tensor fresh = at::empty({64}, at::TensorOptions().device(device)).to(at::kCPU);
  CHECK(fresh.isnan().all().item<bool>());
}

TEST_CASE("a copy to the host is late, and needs page-locked memory", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  const Copied found = copied(device, {});
  CHECK(std::isnan(found.before));
  CHECK(found.after == 3.0F);
  CHECK(take_violations() == 0);
  const at::Tensor x = at::full({4}, 1.0, at::TensorOptions().device(device));
  at::Tensor pageable = at::empty({4});
  CHECK_THROWS_WITH(pageable.copy_(x, true), Contains("pageable"));
  CHECK(take_violations() == 1);
}

TEST_CASE("memory that a copy still reads has to be recorded", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  CHECK(std::isnan(copied(device, {.records = false}).after));
}

TEST_CASE("a stream has to wait for what another computes", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  CHECK_THROWS_WITH(copied(device, {.waits_for_computing = false}), Contains("does not wait"));
  CHECK(take_violations() == 1);
}

TEST_CASE("what is copied to a device stays as it is until the host has waited", "[rules]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  const auto upload = [&device](bool early) {
    const at::Tensor staged = pinned(4);
    staged.fill_(1.0);
    const at::Tensor x = staged.to(device, /*non_blocking=*/true);
    if (early) staged.fill_(2.0);
    CHECK(x.sum().item<float>() == 4.0F);  // waits
    staged.fill_(2.0);
    return take_violations();
  };
  CHECK(upload(false) == 0);
  CHECK(upload(true) == 1);
}

TEST_CASE("a kernel cannot follow the host's pointers", "[rules]") {
  const float z[] = {1.0F};
  float norm = 7.0F;
  static_cast<void>(test_device());
  const phiscope::extract::kernel::HeadNorms<float> job{
      .rows = 1, .heads = 1, .unit = 1, .z = z, .row_stride = 1, .norms = &norm};
  CHECK_THROWS(phiscope::extract::kernel::head_norms_cuda(job, nullptr));
  CHECK(norm == 7.0F);
  CHECK(take_violations() == 1);
}
