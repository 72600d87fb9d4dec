// SPDX-License-Identifier: MIT
#include "prepare/dry_run.hpp"

#include "ahead/estimate.hpp"
#include "ahead/writing_speed.hpp"
#include "command/past_speed.hpp"
#include "files/model/digest_cache.hpp"
#include "plan/device_name.hpp"
#include "prepare/outlook.hpp"
#include "watch/progress.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

std::optional<PastSpeed> past_speed(const std::string& experiment, const std::string& conditions) {
  const auto folder = user_cache_folder();
  return folder ? PastSpeeds(*folder).find(experiment, conditions) : std::nullopt;
}

/// Keys and values, and what fits, for people.
void say_memory(const ordered_json& expected) {
  const ordered_json& bytes = expected.at("key_value_bytes");
  std::cerr << "keys and values: " << bytes_text(bytes.at("lane")) << " per lane, "
            << bytes_text(bytes.at("batch")) << " per batch of " << expected.at("batch_runs");
  if (!expected.at("memory_bytes").is_null()) {
    std::cerr << "; the largest batch that fits " << bytes_text(expected.at("memory_bytes")) << ": "
              << expected.at("largest_batch");
  }
  std::cerr << '\n';
}

/// What rows cost to be written, and how fast they can be here, for people.
void say_writing(const Plan& plan, const ordered_json& expected, const std::filesystem::path& disk,
                 const std::optional<PastSpeed>& speed) {
  const Tokens tokens = tokens_ahead(plan, all_shards(plan));
  const auto count = static_cast<double>(std::max<std::uint64_t>(1, tokens.all()));
  const double bytes = expected.at("disk_bytes").get<double>() / count;
  if (bytes < 1.0) return;
  std::optional<double> computing;
  if (speed && speed->is_alike)
    computing = count / std::max(speed->timed.seconds_for(tokens), 1e-9);
  std::cerr << "writing: " << writing_text(bytes, measure_writing(disk), computing) << '\n';
}

}  // namespace

void dry_run(const RunOptions& options, const CheckedModel& model, RunRequest request) {
  static_cast<void>(parse_task(options.shard));
  const bool on_cpu = parse_device_name(options.device).is_cpu;
  const Outlook outlook = look_ahead(options, model, request, ordered_json(),
                                     {.free_bytes = {}, .independent_rows = on_cpu});
  const std::optional<PastSpeed> speed = past_speed(request.experiment, outlook.conditions);
  const Tokens tokens = tokens_ahead(request.plan, all_shards(request.plan));
  std::cerr << "time: " << time_text(speed, tokens) << '\n';
  say_memory(outlook.expected);
  say_writing(request.plan, outlook.expected, existing_parent(options.out), speed);
  ordered_json line{{"dry_run", true}};
  if (request.options.contains("step")) line["step"] = request.options["step"];
  line["plan"] = outlook.expected;
  line["seconds"] = speed ? ordered_json(speed->timed.seconds_for(tokens)) : ordered_json();
  std::cout << line.dump() << '\n';
}

}  // namespace phiscope::extract
