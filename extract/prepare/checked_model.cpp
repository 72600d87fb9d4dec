// SPDX-License-Identifier: MIT
#include "prepare/checked_model.hpp"

#include "files/model/describe.hpp"
#include "files/model/digest_cache.hpp"
#include "plan/device_name.hpp"
#include "prepare/memory.hpp"
#include "watch/stop.hpp"

#include <iostream>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// Rotations exist for every position; a table of learned ones ends.
void allow_long_runs(const RunOptions& options, ModelConfig& config) {
  if (config.learned_positions) {
    throw std::runtime_error(
        "--allow-long: " + options.model.string() + " has a table of learned positions (" +
        std::to_string(config.max_positions) + " of them), expected a model with rotary positions");
  }
  config.max_positions = 0x7FFFFFFF;
}

}  // namespace

CheckedModel checked_model(const RunOptions& options,
                           const std::optional<std::uint64_t>& free_bytes) {
  if (options.batch_invariant && !parse_device_name(options.device).is_cpu) {
    throw std::runtime_error("--batch-invariant: found --device " + options.device +
                             ", expected cpu: elsewhere a run's last bits depend on its batch");
  }
  if (options.out.empty()) throw std::runtime_error("--out: found nothing, expected a directory");
  // Before its weights are opened: a model that does not fit need not be here to be refused.
  check_memory(options, read_config(options.model), run_memory(options, free_bytes));
  const auto files = std::make_shared<const ModelFiles>(options.model);
  std::optional<DigestCache> cache;
  if (!options.no_digest_cache) cache = DigestCache::of_user();
  // Every weight is read once, or a run could be made with a broken download.
  ordered_json description = describe_model(*files, cache ? &*cache : nullptr, stop_if_asked);
  if (cache && !cache->problem().empty()) {
    std::cerr << "warning: the model's digests are not kept for the next run: " << cache->problem()
              << "; --no-digest-cache does without\n";
  }
  CheckedModel model{
      .files = files, .config = files->config(), .description = std::move(description)};
  model.context = model.config.max_positions;
  if (options.allow_long) allow_long_runs(options, model.config);
  return model;
}

}  // namespace phiscope::extract
