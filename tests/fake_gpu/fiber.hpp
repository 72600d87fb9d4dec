// SPDX-License-Identifier: MIT
// A function on a stack of its own, that others take turns with: ucontext's calls ask the system at
// every turn, which takes a hundred times as long.
#pragma once

#include <cstddef>
#include <memory>

namespace phiscope::fake_gpu {

class Fiber {
 public:
  /// Starts anew. @param entry  never returns: it ends by leave()
  void prepare(void (*entry)());
  /// Runs it until it leaves.
  void enter();
  /// Back to who entered; called on the fiber.
  void leave();

 private:
  static constexpr std::size_t stack_bytes = 64 << 10;
  std::unique_ptr<std::byte[]> stack_;
  void* own_ = nullptr;
  void* other_ = nullptr;
};

}  // namespace phiscope::fake_gpu
