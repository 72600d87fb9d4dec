// SPDX-License-Identifier: MIT
#include "prepare/memory.hpp"

#include "files/model/tensors.hpp"
#include "plan/device_name.hpp"
#include "shard/file/format_error.hpp"
#include "watch/progress.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

/// What the system can still hand out, not more than a container's limit; nothing where it does not
/// say.
std::optional<std::uint64_t> free_host_memory() {
  std::optional<std::uint64_t> found;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string name; meminfo >> name;) {
    std::uint64_t kilobytes = 0;
    if (name == "MemAvailable:" && meminfo >> kilobytes) found = kilobytes * 1024;
  }
  std::uint64_t limit = 0;  // "max" is no number
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && found) {
    found = std::min(*found, limit);
  }
  return found;
}

}  // namespace

std::optional<std::uint64_t> run_memory(const RunOptions& options,
                                        const std::optional<std::uint64_t>& on_device) {
  if (options.memory > 0.0) return static_cast<std::uint64_t>(options.memory * 1e9);
  return parse_device_name(options.device).is_cpu ? free_host_memory() : on_device;
}

void check_memory(const RunOptions& options, const ModelConfig& config,
                  const std::optional<std::uint64_t>& memory) {
  const std::uint64_t weights = count_parameters(config) * item_bytes(options.dtype);
  if (!memory || weights <= *memory) return;
  std::string message = "--model: " + shard::path_text(options.model) + " has " +
                        bytes_text(static_cast<double>(weights)) + " of weights in " +
                        choice_name(compute_dtypes, options.dtype) + ", found " +
                        bytes_text(static_cast<double>(*memory)) + " of memory " +
                        (options.memory > 0.0 ? "in --memory" : "free on " + options.device) +
                        ", expected room for all of them: take ";
  if (item_bytes(options.dtype) > 2) message += "a smaller --dtype (bfloat16), ";
  message += "a smaller model or another machine; a model is not divided among devices";
  if (!options.dry_run) throw std::runtime_error(message);
  std::cerr << "warning: " << message << '\n';
}

}  // namespace phiscope::extract
