// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "model/device/device.hpp"
#include "run/execute.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace phiscope::extract {

/// What may differ between equal runs goes into a log of this task, one JSON object per line.
class RunLog {
 public:
  RunLog(const std::filesystem::path& run, const Task& task);
  /// Appends a line with the time and these fields. @throws shard::FormatError if that fails
  void add(const nlohmann::ordered_json& fields) const;
  /// A shard, what people plot while a run is on its way.
  void add(const ShardRecord& record, const DeviceFacts& device) const;

 private:
  std::filesystem::path file_;
};

[[nodiscard]] std::string host_name();
[[nodiscard]] double peak_memory_bytes();  ///< of this process

}  // namespace phiscope::extract
