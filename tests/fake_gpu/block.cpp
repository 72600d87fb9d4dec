// SPDX-License-Identifier: MIT
#include "block.hpp"

#include "cuda_runtime.h"
#include "fiber.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

thread_local dim3 threadIdx;
thread_local dim3 blockIdx;

namespace phiscope::fake_gpu {
namespace {

constexpr unsigned warp = 32;
enum class State { ready, at_shuffle, at_barrier, gone };

struct Thread {
  Fiber fiber;
  State state = State::gone;
  long shuffles = 0;
  // Of the last two shuffles: a value is overwritten two later, when all have read it.
  std::array<std::array<unsigned char, 16>, 2> values{};
};

thread_local std::vector<Thread> threads_of_block;
thread_local unsigned running = 0;
thread_local const std::function<void()>* work = nullptr;
thread_local const char* fault = nullptr;
thread_local std::uint32_t random_state = 0x9e3779b9U;

std::uint32_t drawn() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

void leave_as(State state) {
  Thread& own = threads_of_block[running];
  own.state = state;
  own.fiber.leave();
}

void begin_thread() {
  (*work)();
  leave_as(State::gone);
}

/// Lets a warp's threads run to their next meeting.
/// @return false if none of them could
bool advance_warp(unsigned first) {
  unsigned ready = 0;
  unsigned shuffling = 0;
  for (unsigned t = first; t < first + warp; ++t) {
    ready += threads_of_block[t].state == State::ready ? 1 : 0;
    shuffling += threads_of_block[t].state == State::at_shuffle ? 1 : 0;
  }
  if (ready == 0 && shuffling != warp) return false;
  const unsigned start = drawn() % warp;
  const unsigned stride = drawn() % warp | 1U;
  for (unsigned i = 0; i < warp; ++i) {
    const unsigned t = first + (start + i * stride) % warp;
    Thread& thread = threads_of_block[t];
    if (thread.state != State::ready && shuffling != warp) continue;
    if (thread.state == State::gone) continue;
    running = t;
    threadIdx.x = t;
    thread.state = State::ready;
    thread.fiber.enter();
  }
  return true;
}

}  // namespace

void meet_block() {
  leave_as(State::at_barrier);
}

unsigned own_lane() {
  return running % warp;
}

void meet_warp(void* value, std::size_t bytes, unsigned mask, unsigned from) {
  const unsigned self = running;
  Thread& own = threads_of_block[self];
  if (mask != 0xffffffffU) fault = "a shuffle of a part of a warp, which is not emulated";
  const auto slot = static_cast<std::size_t>(++own.shuffles % 2);
  std::memcpy(own.values.at(slot).data(), value, bytes);
  leave_as(State::at_shuffle);
  std::memcpy(value, threads_of_block[self / warp * warp + from].values.at(slot).data(), bytes);
}

void run_block(unsigned block, unsigned threads, const std::function<void()>& thread) {
  if (threads % warp != 0) throw std::runtime_error("a block of warps that are not whole");
  if (threads_of_block.size() < threads) threads_of_block.resize(threads);
  work = &thread;
  fault = nullptr;
  blockIdx.x = block;
  for (unsigned t = 0; t < threads; ++t) {
    Thread& one = threads_of_block[t];
    one.fiber.prepare(&begin_thread);
    one.state = State::ready;
    one.shuffles = 0;
  }
  const unsigned warps = threads / warp;
  for (;;) {
    bool moved = false;
    const unsigned start = drawn() % warps;
    for (unsigned w = 0; w < warps; ++w) moved |= advance_warp((start + w) % warps * warp);
    if (fault != nullptr) throw std::runtime_error(fault);
    if (moved) continue;
    unsigned waiting = 0;
    unsigned gone = 0;
    for (unsigned t = 0; t < threads; ++t) {
      waiting += threads_of_block[t].state == State::at_barrier ? 1 : 0;
      gone += threads_of_block[t].state == State::gone ? 1 : 0;
    }
    if (gone == threads) return;
    if (waiting != threads) {
      throw std::runtime_error("threads wait for others of their block or warp that do not come");
    }
    for (unsigned t = 0; t < threads; ++t) threads_of_block[t].state = State::ready;
  }
}

}  // namespace phiscope::fake_gpu
