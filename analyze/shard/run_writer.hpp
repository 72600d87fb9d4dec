// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/lock_file.hpp"
#include "shard/npy/writer.hpp"
#include "shard/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// What whoever writes a shard knows of it beforehand.
struct ShardExpectation {
  /// [row space] rows, where they are known, so that their arrays are hashed while they are in
  /// hand; a wrong number costs time only. None at all: nothing is known.
  std::vector<std::optional<std::uint64_t>> rows{};
  bool finite = false;  ///< NaN and infinities are refused
};

/// Throws if nothing may be committed any more, because what the numbers come from has changed.
using CommitCheck = std::function<void()>;

/// Writes one shard; the shard exists when commit() is done. Destroyed before that, it removes what
/// it has written. Must not outlive the RunWriter that made it. Different arrays may be given to it
/// by different threads, but for commit(), which comes after all else.
class ShardWriter {
 public:
  /// Appends rows of an array, little endian, in C order.
  /// @param whole_rows  [row, row_shape...] of the array's dtype
  /// @throws std::invalid_argument for an unknown array or a broken row, std::runtime_error for a
  ///         value that is not finite where that is refused, naming array and row
  void append(std::string_view array, std::span<const std::byte> whole_rows);

  /// As above, from values of the array's dtype.
  template <Element T>
  void append(std::string_view array, std::span<const T> values) {
    append_as(array, dtype_of<T>, std::as_bytes(values));
  }

  /// append() in two halves for two threads, see NpyWriter: what is written, and hashed.
  void write(std::string_view array, std::span<const std::byte> whole_rows);
  void digest(std::string_view array, std::span<const std::byte> whole_rows);
  /// False if digest() has no use for an array.
  [[nodiscard]] bool digests(std::string_view array) const;

  /// Appends rows of a row space. @param keys  [row, key]
  void append_keys(std::string_view row_space, std::span<const std::int64_t> keys);

  /// Ends the rows of an array and waits until they are on the disk; commit() does so with what is
  /// left.
  void complete(std::string_view array);

  /// Finishes the files and then the commit.
  /// @throws std::invalid_argument if an array has not as many rows as its row space
  void commit();

 private:
  friend class RunWriter;
  ShardWriter(std::filesystem::path run, std::shared_ptr<const RunPlan> plan, std::int64_t shard,
              const ShardExpectation& expected, std::shared_ptr<const CommitCheck> check);
  void append_as(std::string_view array, Dtype dtype, std::span<const std::byte> whole_rows);
  [[nodiscard]] std::size_t array_index(std::string_view array) const;

  std::filesystem::path run_;
  std::shared_ptr<const RunPlan> plan_;
  std::int64_t shard_;
  bool finite_;
  std::vector<NpyWriter> arrays_;
  std::vector<NpyWriter> keys_;
  std::shared_ptr<const CommitCheck> check_;
};

/// Writes a file beside the shards of a run, whole. Takes the lock of the run: a task that finishes
/// it removes what others have left half-written there.
/// @param locks  the same as of all tasks at work  @throws std::system_error naming the file
void write_run_file(const std::filesystem::path& file, std::string_view bytes,
                    LockKind locks = LockKind::flock);

/// Creates a run directory or continues it, as one of several tasks that share its shards: task i
/// of n writes the shards K with K mod n = i. Every error from the disk is a std::system_error or
/// std::filesystem::filesystem_error that names the path and the system's reason.
class RunWriter {
 public:
  /// Takes the lock of the task, so that no other process computes the same shards, and removes
  /// what a killed predecessor left of them. A shard of the task that has a commit and lacks a file
  /// of it, or a part of one, loses its commit: it is open again.
  /// @throws FormatError if RUN holds another plan ("plan differs in options.seed: 1 there, 2
  ///         now") or other prompts, then leaving it untouched; or if it holds something else
  /// @throws std::runtime_error "another process ..." when the task is at work already
  /// @throws std::invalid_argument for a bad plan or unless 0 <= task < tasks
  /// @param locks  the same for all tasks at work
  RunWriter(std::filesystem::path run, const RunPlan& plan, std::string_view prompts_jsonl,
            std::int64_t task = 0, std::int64_t tasks = 1, LockKind locks = LockKind::flock);

  /// What the commits found name and is not there, one line each; of shards of other tasks as well.
  /// Where there is any, the run is not complete and its manifest is gone.
  [[nodiscard]] const std::vector<std::string>& lost() const { return lost_; }

  /// Asked before every commit of a shard, in whichever thread commits, and before the manifest.
  /// Shards that were begun before keep the check they began with.
  void check_commits(CommitCheck check);

  /// The task's shards that have no commit, ascending.
  [[nodiscard]] std::vector<std::int64_t> open_shards() const;

  /// @throws std::invalid_argument if the shard is not one of this task
  [[nodiscard]] ShardWriter begin(std::int64_t shard, const ShardExpectation& expected = {});

  /// Writes the manifest if all shards of all tasks have their commit and its files, and then gives
  /// the lock back: nothing may be begun afterwards.
  /// @return  true when the run is complete
  bool finish();

 private:
  void create(std::string_view plan_text, std::string_view prompts_jsonl);
  void check_same(std::string_view plan_text, std::string_view prompts_jsonl) const;
  void refuse_other_division() const;
  void reopen_broken_shards();
  void remove_leftovers() const;
  void remove_root_leftovers(bool locks_too) const;

  std::filesystem::path run_;
  std::shared_ptr<const RunPlan> plan_;
  std::int64_t task_;
  std::int64_t tasks_;
  LockKind locks_;
  std::shared_ptr<const CommitCheck> check_;
  std::vector<std::string> lost_;
  std::shared_ptr<LockFile> lock_;  ///< from the end of the constructor on
};

}  // namespace phiscope::shard
