// SPDX-License-Identifier: MIT
#include "command/options.hpp"

#include "command/flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// A whole non-negative number, or an error that names `where`.
std::int64_t whole_number(std::string_view text, const std::string& where) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    throw std::runtime_error(where + ": found '" + std::string(text) +
                             "', expected a whole number");
  }
  return value;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error("--shard slurm: " + std::string(name) +
                             " is not set, expected inside a Slurm job array (sbatch --array)");
  }
  return value;
}

/// A task of a job array whose ids have gaps.
struct SparseTask {
  std::int64_t id = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t count = 0;
};

/// What --shard must be in its place. Slurm says which ids there are only where they have a step.
std::string share_of_sparse(const SparseTask& task) {
  const char* const text = std::getenv("SLURM_ARRAY_TASK_STEP");
  const std::int64_t step = text == nullptr ? 1 : whole_number(text, "SLURM_ARRAY_TASK_STEP");
  const std::string of = "/" + std::to_string(task.count);
  const bool has_step = step > 0 && (task.last - task.first) / step + 1 == task.count &&
                        (task.id - task.first) % step == 0;
  if (has_step) return "--shard " + std::to_string((task.id - task.first) / step) + of;
  if (task.id == task.first) return "--shard 0" + of;
  if (task.id == task.last) return "--shard " + std::to_string(task.count - 1) + of;
  return "--shard i" + of + " with i the number of the array's ids below " +
         std::to_string(task.id);
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, by);) parts.push_back(part);
  return parts;
}

/// A number from 0 to one that every number of bytes or tokens still holds. CLI::Range takes NaN,
/// which is neither below a range nor above it.
void check_amount(CLI::Option& option) {
  const std::function<std::string(const std::string&)> check = [](const std::string& text) {
    double amount = 0.0;
    const bool is_number = CLI::detail::lexical_cast(text, amount);
    if (is_number && amount >= 0.0 && amount <= 1e9) return std::string();
    return "Value " + text + " not in range 0 to 1000000000";
  };
  option.check(check, "FLOAT in [0 - 1000000000]");
}

}  // namespace

void add_run_options(Flags& flags, RunOptions& options, const char* layers) {
  flags.group("Model");
  flags.add("--model", options.model, "Hugging Face model directory").required();
  flags.add("--device", options.device, "where to compute: cpu, cuda, cuda:1, ...").with_default();
  flags.add_choice("--dtype", options.dtype, compute_dtypes,
                   "number format to compute and store in");
  flags.add_switch("--allow-long", options.allow_long,
                   "take runs longer than the context the model was trained for, with a warning; "
                   "only of models with rotary positions");
  flags.add_switch(
      "--batch-invariant", options.batch_invariant,
      "refuse a device where a run's numbers depend on its batch (on the CPU they never do)");
  flags.group("Capture");
  if (layers != nullptr) flags.add("--layers", options.layers, layers).with_default();
  flags.group("Run");
  flags.add("--out", options.out, "run directory to write or resume").required();
  flags.add("--batch-size", options.batch_size, "runs per batch, which never crosses a shard")
      .between(1, 65536)
      .with_default();
  flags.add("--seed", options.seed, "seed of all random draws").with_default();
  flags
      .add("--shard", options.shard,
           "i/n: compute shards i, i + n, i + 2n, ...; slurm: i and n of the job array")
      .with_default();
  flags.add_choice("--lock", options.lock, lock_kinds,
                   "how tasks keep off each other's shards; flock: by the file system; files: by "
                   "files that are touched every half minute, where it offers none; none: you see "
                   "to it; the same for all tasks");
  flags
      .add("--threads", options.threads,
           "number of threads; 0: one for a small model, else all; does not affect results")
      .between(0, 4096)
      .with_default();
  flags
      .add("--memory", options.memory,
           "GB of memory to plan with, e.g. of another machine's device; 0: what is free here")
      .with_default();
  check_amount(*flags.command().get_option("--memory"));
  flags
      .add("--pinned-mb", options.pinned_mb,
           "MiB of rows that may be on their way to the disk; of a device in page-locked memory")
      .between(1, 1048576)
      .with_default();
  flags
      .add(
          "--shard-minutes", options.shard_minutes,
          "make shards smaller where one would take longer, by an estimate from the work alone; 0: "
          "never")
      .with_default();
  check_amount(*flags.command().get_option("--shard-minutes"));
  flags.add_switch("--mixed-cpus", options.mixed_cpus,
                   "let tasks of a run compute with different instruction sets: shards then differ "
                   "in their last bits");
  flags.add_switch(
      "--no-digest-cache", options.no_digest_cache,
      "hash and check the whole model even if an earlier run has done so; the cache is "
      "~/.cache/phiscope");
  flags.add_switch("--dry-run", options.dry_run, "print what would be run and its cost, then exit");
  flags.group("Configuration");
  flags.add_switch("--print-config", options.print_config, "print the options as TOML, then exit");
  // Without a variable: with_config_file() has read the file before the flags are parsed.
  flags.command()
      .add_option("--config", "read flags from a TOML file; the command line wins")
      ->check(CLI::ExistingFile)
      ->group("Configuration");
  flags.group("Experiment");
}

Task parse_task(const std::string& text) {
  if (text == "slurm") {
    const std::int64_t id = whole_number(environment("SLURM_ARRAY_TASK_ID"), "SLURM_ARRAY_TASK_ID");
    const std::int64_t first =
        whole_number(environment("SLURM_ARRAY_TASK_MIN"), "SLURM_ARRAY_TASK_MIN");
    const std::int64_t last =
        whole_number(environment("SLURM_ARRAY_TASK_MAX"), "SLURM_ARRAY_TASK_MAX");
    const std::int64_t count =
        whole_number(environment("SLURM_ARRAY_TASK_COUNT"), "SLURM_ARRAY_TASK_COUNT");
    if (last - first + 1 != count || id < first || id > last) {
      throw std::runtime_error("--shard slurm: the job array " + std::to_string(first) + "-" +
                               std::to_string(last) + " has " + std::to_string(count) +
                               " tasks, expected one without gaps; for task " + std::to_string(id) +
                               " use " + share_of_sparse({id, first, last, count}));
    }
    return {.index = id - first, .count = count};
  }
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() != 2) {
    throw std::runtime_error("--shard: found '" + text + "', expected i/n or slurm");
  }
  const Task task{.index = whole_number(parts[0], "--shard"),
                  .count = whole_number(parts[1], "--shard")};
  if (task.index >= task.count) {
    throw std::runtime_error("--shard: found '" + text + "', expected i/n with i from 0 to n - 1");
  }
  return task;
}

std::vector<int> parse_list(const std::string& text, const std::string& option,
                            const std::string& what, int count) {
  std::vector<int> numbers;
  for (const std::string& part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const std::int64_t first = whole_number(part.substr(0, dash), option);
    const std::int64_t last =
        dash == std::string::npos ? first : whole_number(part.substr(dash + 1), option);
    if (first > last || last >= count) {
      throw std::runtime_error(option + ": found '" + part + "', expected " + what + " from 0 to " +
                               std::to_string(count - 1));
    }
    for (std::int64_t number = first; number <= last; ++number) {
      numbers.push_back(static_cast<int>(number));
    }
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  if (numbers.empty()) {
    throw std::runtime_error(option + ": found nothing, expected a list like 0-3,7");
  }
  return numbers;
}

std::vector<int> parse_layers(const std::string& text, int count, const std::string& option) {
  if (text != "all") return parse_list(text, option, "layers", count);
  std::vector<int> layers(static_cast<std::size_t>(count));
  std::iota(layers.begin(), layers.end(), 0);
  return layers;
}

}  // namespace phiscope::extract
