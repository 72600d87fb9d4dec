// SPDX-License-Identifier: MIT
#include "compute/run_log.hpp"

#include "compute/numerics.hpp"
#include "shard/file/format_error.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::array<char, 32> text{};
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& run, const Task& task)
    : file_(run / ("extract-" + std::to_string(task.index) + "-of-" + std::to_string(task.count) +
                   ".log")) {}

void RunLog::add(const ordered_json& fields) const {
  ordered_json line{{"time", now_text()}};
  line.update(fields);
  std::ofstream out(file_, std::ios::app);
  out << line.dump() << '\n' << std::flush;
  if (!out) throw shard::FormatError(file_, std::string("cannot write: ") + std::strerror(errno));
}

void RunLog::add(const ShardRecord& record, const DeviceFacts& device) const {
  ordered_json line{{"event", "shard"},
                    {"shard", record.shard},
                    {"groups", record.groups},
                    {"rows", record.rows},
                    {"tokens", record.tokens},
                    {"seconds", record.seconds},
                    {"seconds_waiting_for_disk", record.waiting_seconds},
                    {"instructions", instruction_set()},
                    {"peak_memory_bytes", peak_memory_bytes()},
                    {"peak_device_memory_bytes", device.peak_bytes}};
  for (const auto& [array, mean] : record.means) line["mean_" + array] = mean;
  add(line);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024.0;
}

}  // namespace phiscope::extract
