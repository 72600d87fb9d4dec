// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include "counts.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace phiscope::fake_gpu {
namespace {

constexpr std::size_t page = 4096;
constexpr int poison = 0xff;  // not a number in every floating-point type, -1 as an index

struct Block {
  std::size_t bytes = 0;
  int device = 0;
  std::optional<StreamKey> writer;
  long number = 0;
  std::vector<StreamKey> users;
};

struct Kept {
  char* block = nullptr;
  std::vector<std::pair<StreamKey, long>> until;
};

struct Arena {
  char* base = nullptr;   ///< no access
  char* alias = nullptr;  ///< the same pages
  std::size_t top = page;
  std::multimap<std::size_t, char*> free;
  MemoryUse use;
};

struct Memory {
  std::array<Arena, devices> arenas;
  std::map<char*, Block> blocks;  ///< those in use
  std::vector<Kept> kept;
  std::map<char*, std::size_t> managed;

  Memory() {
    for (Arena& arena : arenas) {
      const int file = memfd_create("fake gpu", 0);
      if (file < 0 || ftruncate(file, static_cast<off_t>(device_bytes)) != 0) std::abort();
      arena.base = mapped(file, PROT_NONE);
      arena.alias = mapped(file, PROT_READ | PROT_WRITE);
      close(file);
    }
  }

  static char* mapped(int file, int access) {
    void* const found = mmap(nullptr, device_bytes, access, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (found == MAP_FAILED) std::abort();
    return static_cast<char*>(found);
  }
};

Memory& memory() {
  static auto& all = *new Memory;
  return all;
}

char* bytes_of(const void* pointer) {
  return static_cast<char*>(const_cast<void*>(pointer));
}

Block& block_of(const void* pointer, const char* what) {
  auto& blocks = memory().blocks;
  auto found = blocks.upper_bound(bytes_of(pointer));
  if (found == blocks.begin() || (--found)->first + found->second.bytes <= bytes_of(pointer)) {
    violation(std::string(what) + " memory of a tensor that is gone");
  }
  return found->second;
}

void give_back(char* block) {
  const auto found = memory().blocks.find(block);
  const std::size_t bytes = found->second.bytes;
  Arena& arena = memory().arenas.at(static_cast<std::size_t>(found->second.device));
  std::memset(host_side(block), poison, bytes);
  arena.free.emplace(bytes, block);
  arena.use.now -= bytes;
  memory().blocks.erase(found);
}

}  // namespace

std::optional<int> device_of(const void* pointer) {
  const auto& arenas = memory().arenas;
  for (int device = 0; device < devices; ++device) {
    const char* const base = arenas.at(static_cast<std::size_t>(device)).base;
    if (bytes_of(pointer) >= base && bytes_of(pointer) < base + device_bytes) return device;
  }
  return std::nullopt;
}

void* host_side(const void* pointer) {
  const Arena& arena = memory().arenas.at(static_cast<std::size_t>(device_of(pointer).value()));
  return arena.alias + (bytes_of(pointer) - arena.base);
}

void* allocate(int device, std::size_t bytes) {
  constexpr std::size_t grain = 512;
  const std::scoped_lock locked(state_lock());
  Arena& arena = memory().arenas.at(static_cast<std::size_t>(device));
  const std::size_t size = (bytes + grain - 1) / grain * grain;
  char* block = nullptr;
  if (const auto found = arena.free.find(size); found != arena.free.end()) {
    block = found->second;
    arena.free.erase(found);
  } else {
    if (arena.top + size > device_bytes) throw std::bad_alloc();
    block = arena.base + arena.top;
    arena.top += size;
    std::memset(host_side(block), poison, size);
  }
  memory().blocks[block] = {.bytes = size, .device = device, .writer = {}, .users = {}};
  arena.use.now += size;
  arena.use.peak = std::max(arena.use.peak, arena.use.now);
  return block;
}

void release(void* block) {
  const std::scoped_lock locked(state_lock());
  Kept kept{.block = bytes_of(block), .until = {}};
  for (const StreamKey user : memory().blocks.at(kept.block).users) {
    if (done(user) < issued(user)) kept.until.emplace_back(user, issued(user));
  }
  if (kept.until.empty()) {
    give_back(kept.block);
  } else {
    memory().kept.push_back(std::move(kept));
  }
}

void record_use(const void* block, StreamKey stream) {
  const std::scoped_lock locked(state_lock());
  block_of(block, "recorded:").users.push_back(stream);
}

void reclaim() {
  std::erase_if(memory().kept, [](const Kept& kept) {
    for (const auto& [stream, number] : kept.until) {
      if (done(stream) < number) return false;
    }
    give_back(kept.block);
    return true;
  });
}

void read_by(StreamKey stream, const void* pointer) {
  const Block& block = block_of(pointer, "work uses");
  if (block.writer && !is_behind(stream, *block.writer, block.number)) {
    violation("work of stream " + std::to_string(stream.id) + " uses what stream " +
              std::to_string(block.writer->id) + " computes, and does not wait for it");
  }
}

void written_by(StreamKey stream, long number, const void* pointer) {
  Block& block = block_of(pointer, "work writes");
  block.writer = stream;
  block.number = number;
}

std::optional<StreamKey> last_writer(const void* pointer) {
  return block_of(pointer, "a copy reads").writer;
}

MemoryUse memory_use(int device) {
  return memory().arenas.at(static_cast<std::size_t>(device)).use;
}

void* allocate_managed(std::size_t bytes) {
  constexpr std::size_t line = 16;
  const std::scoped_lock locked(state_lock());
  const std::size_t size = (bytes + line - 1) / line * line;
  const std::size_t pages = (size + page - 1) / page * page;
  void* const room =
      mmap(nullptr, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  char* const block = static_cast<char*>(room) + (pages - size);
  if (mprotect(static_cast<char*>(room) + pages, page, PROT_NONE) != 0) throw std::bad_alloc();
  std::memset(block, poison, size);
  memory().managed[block] = size;
  return block;
}

void release_managed(void* block) {
  const std::scoped_lock locked(state_lock());
  const auto found = memory().managed.find(bytes_of(block));
  if (found == memory().managed.end()) return;
  const std::size_t pages = (found->second + page - 1) / page * page;
  munmap(found->first - (pages - found->second), pages + page);
  memory().managed.erase(found);
}

void* reachable(const void* pointer) {
  if (device_of(pointer)) return host_side(pointer);
  auto& managed = memory().managed;
  const auto found = managed.upper_bound(bytes_of(pointer));
  if (found == managed.begin()) return nullptr;
  const auto& [block, bytes] = *std::prev(found);
  // One past the end is not read.
  return bytes_of(pointer) <= block + bytes ? bytes_of(pointer) : nullptr;
}

}  // namespace phiscope::fake_gpu
