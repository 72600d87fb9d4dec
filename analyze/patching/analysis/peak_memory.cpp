// SPDX-License-Identifier: MIT
#include "patching/analysis/peak_memory.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace phiscope::analyze::patching {
namespace {

/// A positive number of a line; 0 where it has none.
double bytes_of(const nlohmann::json& line, const char* name) {
  if (!line.contains(name) || !line.at(name).is_number()) return 0.0;
  return std::max(0.0, line.at(name).get<double>());
}

void add_log(const std::filesystem::path& file, PeakMemory& peak) {
  std::ifstream log(file);
  for (std::string text; std::getline(log, text);) {
    const auto line = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) continue;
    const double bytes = bytes_of(line, "peak_memory_bytes");
    if (bytes == 0.0) continue;
    ++peak.lines;
    peak.bytes = std::max(peak.bytes, bytes);
    peak.device_bytes = std::max(peak.device_bytes, bytes_of(line, "peak_device_memory_bytes"));
  }
}

}  // namespace

std::optional<PeakMemory> peak_memory(const std::filesystem::path& run) {
  PeakMemory peak;
  for (const auto& entry : std::filesystem::directory_iterator(run)) {
    if (entry.path().extension() == ".log" && entry.is_regular_file()) add_log(entry.path(), peak);
  }
  return peak.lines > 0 ? std::optional(peak) : std::nullopt;
}

}  // namespace phiscope::analyze::patching
