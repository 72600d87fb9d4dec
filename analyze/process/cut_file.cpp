// SPDX-License-Identifier: MIT
#include "process/cut_file.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <string_view>
#include <unistd.h>

namespace phiscope::process {
namespace {

// A handler may call little more than read() and write(), and nothing that takes memory.
std::array<char, 101> line_prefix{};
struct sigaction before = {};

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody is left to be told
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::uintptr_t hexadecimal(std::string_view text) {
  std::uintptr_t value = 0;
  for (const char c : text) {
    value = value * 16 + static_cast<std::uintptr_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

/// The file of a line of /proc/self/maps, "7f0000-7f1000 r--p 00000000 08:01 42   /a/file", if it
/// is mapped at an address.
std::string_view file_at(std::string_view line, std::uintptr_t address) {
  const std::size_t dash = line.find('-');
  const std::size_t space = line.find(' ');
  const std::size_t slash = line.find('/');
  if (dash == std::string_view::npos || space < dash || slash == std::string_view::npos) return {};
  if (address < hexadecimal(line.substr(0, dash))) return {};
  if (address >= hexadecimal(line.substr(dash + 1, space - dash - 1))) return {};
  return line.substr(slash);
}

/// Finds the mapped file in the kernel's own list: ours could be changing in another thread.
std::string_view find_file(std::uintptr_t address, std::span<char> line) {
  const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  std::array<char, 4096> piece{};
  std::size_t length = 0;
  for (ssize_t got = 0; maps >= 0 && (got = ::read(maps, piece.data(), piece.size())) > 0;) {
    for (const char c : std::span(piece).first(static_cast<std::size_t>(got))) {
      if (c != '\n') {
        if (length < line.size()) line[length++] = c;
        continue;
      }
      const std::string_view file = file_at({line.data(), length}, address);
      if (!file.empty()) return file;
      length = 0;
    }
  }
  return {};
}

extern "C" void end_by_cut_file(int number, siginfo_t* info, void* /*context*/) {
  static std::array<char, 8192> line;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);  // NOLINT
  const std::string_view file = find_file(address, line);
  if (file.empty()) {  // not ours to explain: whoever was responsible before sees it again
    ::sigaction(number, &before, nullptr);
    std::raise(number);
    return;
  }
  say(line_prefix.data());
  say(file);
  say(": cannot be read any more: it was cut or replaced while in use, or its disk failed\n");
  ::_exit(1);
}

}  // namespace

void report_cut_files(std::string_view prefix) {
  line_prefix = {};
  prefix.copy(line_prefix.data(), line_prefix.size() - 1);
  struct sigaction action = {};
  action.sa_sigaction = end_by_cut_file;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, &before);
}

}  // namespace phiscope::process
