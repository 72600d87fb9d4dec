// SPDX-License-Identifier: MIT
#include "fiber.hpp"

#include <cstdint>

#if !defined(__x86_64__)
#error "the emulated GPU needs an x86-64 processor"
#endif

extern "C" {
/// Keeps the registers that a function has to keep, and the stack, in `*from`; goes on at `to`.
void phiscope_switch_stack(void** from, void* to);
}
asm(R"(
.text
.globl phiscope_switch_stack
.hidden phiscope_switch_stack
.type phiscope_switch_stack,@function
phiscope_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size phiscope_switch_stack,.-phiscope_switch_stack
)");

namespace phiscope::fake_gpu {

void Fiber::prepare(void (*entry)()) {
  if (!stack_) stack_ = std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
  auto* const end = stack_.get() + stack_bytes;
  auto* const top = reinterpret_cast<void**>(end - reinterpret_cast<std::uintptr_t>(end) % 16);
  // As a call leaves it: the function begins 8 bytes beside a multiple of 16, without a caller.
  top[-1] = nullptr;
  top[-2] = reinterpret_cast<void*>(entry);
  for (int saved = 3; saved <= 8; ++saved) top[-saved] = nullptr;
  own_ = top - 8;
}

void Fiber::enter() {
  phiscope_switch_stack(&other_, own_);
}

void Fiber::leave() {
  phiscope_switch_stack(&own_, other_);
}

}  // namespace phiscope::fake_gpu
