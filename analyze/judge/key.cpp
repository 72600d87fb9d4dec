// SPDX-License-Identifier: MIT
#include "judge/key.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace phiscope::judge {
namespace {

// The leak sanitizer traces its own process.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PHISCOPE_TRACEABLE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PHISCOPE_TRACEABLE 1
#endif

constexpr std::size_t shortest_key = 8;

void leave_no_core_dump() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(PHISCOPE_TRACEABLE)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace

Key::Key(std::string text) : text_(std::move(text)) {
  const std::string what = std::string(key_variable) + ": ";
  if (!std::ranges::all_of(text_, [](char c) { return c > ' ' && c < 0x7f; })) {
    throw std::invalid_argument(what +
                                "found a space or a character beyond ASCII, expected a key alone");
  }
  if (text_.size() < shortest_key) {
    throw std::invalid_argument(what + "found " + std::to_string(text_.size()) +
                                " characters, expected at least " + std::to_string(shortest_key));
  }
}

Key Key::from_environment() {
  char* const value = std::getenv(key_variable);
  if (value == nullptr || *value == '\0') return {};
  leave_no_core_dump();
  std::string text = value;
  std::memset(value, 'x', text.size());  // /proc/PID/environ shows these bytes
  unsetenv(key_variable);
  return Key(std::move(text));
}

std::string Key::header() const {
  return "Authorization: Bearer " + text_;
}

std::string Key::without(std::string_view text) const {
  std::string result(text);
  if (empty()) return result;
  for (std::size_t at = result.find(text_); at != std::string::npos; at = result.find(text_, at)) {
    result.replace(at, text_.size(), "[key]");
  }
  return result;
}

nlohmann::ordered_json Key::without_in(const nlohmann::ordered_json& value) const {
  if (value.is_string()) return without(value.get_ref<const std::string&>());
  if (value.is_array()) {
    auto result = nlohmann::ordered_json::array();
    for (const auto& item : value) result.push_back(without_in(item));
    return result;
  }
  if (value.is_object()) {
    auto result = nlohmann::ordered_json::object();
    for (const auto& [name, item] : value.items()) {
      result[without(name)] = without_in(item);
    }
    return result;
  }
  return value;
}

}  // namespace phiscope::judge
