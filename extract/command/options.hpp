// SPDX-License-Identifier: MIT
#pragma once

#include "command/choice.hpp"
#include "plan/compute_dtype.hpp"
#include "shard/file/lock_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

class Flags;

inline constexpr Choices<ComputeDtype, 4> compute_dtypes{{{"float32", ComputeDtype::float32},
                                                          {"bfloat16", ComputeDtype::bfloat16},
                                                          {"float16", ComputeDtype::float16},
                                                          {"float64", ComputeDtype::float64}}};

/// How tasks of a run are kept apart.
using shard::LockKind;
inline constexpr Choices<LockKind, 3> lock_kinds{
    {{"flock", LockKind::flock}, {"files", LockKind::files}, {"none", LockKind::none}}};

/// Flags that every subcommand which runs a model has.
struct RunOptions {
  std::filesystem::path model;
  std::filesystem::path out;
  std::string device = "cpu";
  ComputeDtype dtype = ComputeDtype::float32;
  std::size_t batch_size = 16;
  std::string layers = "all";
  std::uint64_t seed = 0;
  std::string shard = "0/1";
  LockKind lock = LockKind::flock;
  int threads = 0;               ///< 0: by the size of the model; the numbers do not depend on it
  bool batch_invariant = false;  ///< refuse other devices; on the CPU it always holds
  double memory = 0.0;           ///< GB that a run may take; 0: what is free on the device
  std::size_t pinned_mb = 512;   ///< MiB of rows that may be on their way to the disk
  double shard_minutes = 10.0;   ///< of estimated work that a shard may hold; 0: as asked
  bool mixed_cpus = false;       ///< tasks of a run may compute with different instruction sets
  bool allow_long = false;       ///< runs longer than the model's context; rotary families only
  bool no_digest_cache = false;  ///< read every byte of the model, whatever was known of it
  bool dry_run = false;
  bool print_config = false;
  std::vector<std::string> notes{};  ///< on the configuration, for the log
};

/// What --layers means to most subcommands.
inline constexpr const char* captured_layers = "layers to capture: all, or a list like 0-3,7";

/// Adds these flags to a subcommand. `options` must outlive the parsing.
/// @param layers  help of --layers; null: the subcommand has no such flag
void add_run_options(Flags& flags, RunOptions& options, const char* layers = captured_layers);

/// Which share of the shards a process computes.
struct Task {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

/// Reads "i/n" or "slurm" (SLURM_ARRAY_TASK_ID minus _MIN of SLURM_ARRAY_TASK_COUNT).
/// @throws std::runtime_error for anything else, or a job array whose ids have gaps, saying what
///         this task's share is
Task parse_task(const std::string& text);

/// Reads "0-3,7" into ascending numbers below `count`, each once.
/// @param what  what they number, in the plural
/// @throws std::runtime_error naming the option and what is wrong
std::vector<int> parse_list(const std::string& text, const std::string& option,
                            const std::string& what, int count);

/// The same of --layers or another option of layers; "all" are all of them.
std::vector<int> parse_layers(const std::string& text, int count,
                              const std::string& option = "--layers");

}  // namespace phiscope::extract
