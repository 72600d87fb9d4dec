// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace phiscope::extract {

/// What `--device` names.
struct DeviceName {
  bool is_cpu = true;
  int index = 0;  ///< of a CUDA device
};

/// Reads cpu, cuda (the first CUDA device) or cuda:i.
/// @throws std::runtime_error in one line
[[nodiscard]] inline DeviceName parse_device_name(const std::string& name) {
  if (name == "cpu") return {};
  if (name == "cuda") return {.is_cpu = false, .index = 0};
  constexpr std::string_view prefix = "cuda:";
  if (name.starts_with(prefix)) {
    int index = 0;
    const char* const begin = name.data() + prefix.size();
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(begin, end, index);
    const bool number = error == std::errc() && stop == end && stop > begin;
    if (number && index >= 0 && index < 128) return {.is_cpu = false, .index = index};
  }
  throw std::runtime_error("--device: found '" + name +
                           "', expected cpu, cuda or cuda:0, cuda:1, ...");
}

}  // namespace phiscope::extract
