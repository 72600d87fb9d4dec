// SPDX-License-Identifier: MIT
#include "shard/run_writer.hpp"

#include "shard/commit.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/plan_check.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::shard {
namespace {

namespace fs = std::filesystem;

// Held for moments, by whoever writes the files at the top of RUN.
constexpr const char* run_lock_name = "run.lock";

std::string task_lock_name(std::int64_t task, std::int64_t tasks) {
  return "task-" + std::to_string(task) + "-of-" + std::to_string(tasks) + ".lock";
}

bool is_task_lock(std::string_view name) {
  return name.starts_with("task-") && name.ends_with(".lock");
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

void check_same_plan(const fs::path& file, std::string_view now) {
  const MappedFile there(file);
  if (there.text() == now) return;
  std::string different =
      differences(parse_ordered_json(there.text(), file), parse_ordered_json(now, file));
  if (different.empty()) different = "layout only: edited, or written by another version";
  throw FormatError(file, "plan differs in " + different + "; choose another directory, or run " +
                              "with the options of this one");
}

void check_same_prompts(const fs::path& file, std::string_view now) {
  const MappedFile mapped(file);
  const std::string_view there = mapped.text();
  if (there == now) return;
  const auto split = std::mismatch(there.begin(), there.end(), now.begin(), now.end()).first;
  throw FormatError(file, "prompts differ from those given now, first in line " +
                              std::to_string(1 + std::count(there.begin(), split, '\n')) +
                              "; choose another directory");
}

}  // namespace

RunWriter::RunWriter(fs::path run, const RunPlan& plan, std::string_view prompts_jsonl,
                     std::int64_t task, std::int64_t tasks, LockKind locks)
    : run_(std::move(run)),
      plan_(std::make_shared<const RunPlan>(plan)),
      task_(task),
      tasks_(tasks),
      locks_(locks) {
  if (task < 0 || task >= tasks) {
    throw std::invalid_argument("RunWriter: task " + std::to_string(task) + " of " +
                                std::to_string(tasks));
  }
  const std::string plan_text = plan_bytes(plan);
  // First without a lock, so that a run of another plan is refused without a trace.
  if (fs::exists(run_ / "plan.json")) {
    check_same(plan_text, prompts_jsonl);
  } else {
    create(plan_text, prompts_jsonl);
  }
  const fs::path lock_path = run_ / task_lock_name(task_, tasks_);
  if (auto lock = LockFile::try_take(lock_path, locks_)) {
    lock_ = std::make_shared<LockFile>(std::move(*lock));
  } else {
    throw std::runtime_error(path_text(lock_path) + ": another process is at work on task " +
                             std::to_string(task_) + " of " + std::to_string(tasks_));
  }
  check_commits([] {});
  refuse_other_division();
  for (const ArrayPlan& array : plan_->arrays) make_directories(run_ / array.name);
  for (const RowSpace& space : plan_->row_spaces) make_directories(run_ / "rows" / space.name);
  make_directories(run_ / "commit");
  // Those that a killed predecessor made and did not flush.
  sync_directory(run_);
  sync_directory(run_ / "rows");
  reopen_broken_shards();
  remove_leftovers();
}

void RunWriter::check_same(std::string_view plan_text, std::string_view prompts_jsonl) const {
  check_same_plan(run_ / "plan.json", plan_text);
  check_same_prompts(run_ / "prompts.jsonl", prompts_jsonl);
}

void RunWriter::create(std::string_view plan_text, std::string_view prompts_jsonl) {
  make_directories(run_);
  LockFile lock = LockFile::wait(run_ / run_lock_name, locks_);
  if (fs::exists(run_ / "plan.json")) return check_same(plan_text, prompts_jsonl);
  for (const fs::path& path : entries(run_)) {
    const std::string name = path.filename().string();
    const bool ours = name == "prompts.jsonl" || is_part(name) || path.extension() == ".lock" ||
                      path.extension() == ".log";
    if (!ours) {
      throw FormatError(run_, "holds " + quote_bytes(name) + " and no plan.json, so it is not a " +
                                  "run; choose a new or an empty directory");
    }
  }
  remove_root_leftovers(false);
  // The plan comes last: with it the run exists.
  write_file(run_ / "prompts.jsonl", prompts_jsonl);
  write_file(run_ / "plan.json", plan_text);
  lock.release();
}

void RunWriter::refuse_other_division() const {
  const std::string same_division = "-of-" + std::to_string(tasks_) + ".lock";
  for (const fs::path& path : entries(run_)) {
    const std::string name = path.filename().string();
    if (!is_task_lock(name) || name.ends_with(same_division)) continue;
    if (LockFile::held_elsewhere(path, locks_)) {
      throw std::runtime_error(path_text(path) +
                               ": another process is at work on this run, divided " +
                               "in another way; wait for it or divide alike");
    }
  }
}

void RunWriter::reopen_broken_shards() {
  for (const std::int64_t shard : committed_shards(run_, *plan_)) {
    const auto missing = missing_file(run_, read_commit(run_, *plan_, shard));
    if (!missing) continue;
    const bool own = shard % tasks_ == task_;
    lost_.push_back(path_text(run_ / *missing) + ": is missing or cut, expected as committed; " +
                    (own ? "shard " + std::to_string(shard) + " is computed again"
                         : "run task " + std::to_string(shard % tasks_) + " of " +
                               std::to_string(tasks_) + " again"));
    // In this order: a run with a manifest has all its commits.
    fs::remove(run_ / "manifest.json");
    sync_directory(run_);
    if (own) fs::remove(run_ / commit_file(shard));
  }
  if (!lost_.empty()) sync_directory(run_ / "commit");
}

void RunWriter::remove_leftovers() const {
  const std::vector<std::int64_t> committed = committed_shards(run_, *plan_);
  const auto clean = [&](const fs::path& folder, std::string_view extension) {
    for (const fs::path& path : entries(folder)) {
      const std::string name = path.filename().string();
      const bool part = is_part(name);
      const std::string whole = part ? name.substr(0, name.rfind(".part-")) : name;
      const auto shard = shard_of_file(whole, extension);
      if (!shard || *shard % tasks_ != task_) continue;
      if (part || !std::binary_search(committed.begin(), committed.end(), *shard)) fs::remove(path);
    }
  };
  for (const ArrayPlan& array : plan_->arrays) clean(run_ / array.name, ".npy");
  for (const RowSpace& space : plan_->row_spaces) clean(run_ / "rows" / space.name, ".npy");
  clean(run_ / "commit", ".json");
}

void RunWriter::remove_root_leftovers(bool locks_too) const {
  for (const fs::path& path : entries(run_)) {
    const std::string name = path.filename().string();
    if (is_part(name)) fs::remove(path);
    // A lock that nobody holds was left by a killed process; asking removes it.
    if (locks_too && is_task_lock(name)) static_cast<void>(LockFile::held_elsewhere(path, locks_));
  }
}

void RunWriter::check_commits(CommitCheck check) {
  check_ = std::make_shared<const CommitCheck>(
      [check = std::move(check), lock = lock_, path = run_ / task_lock_name(task_, tasks_)] {
        if (!lock->still_held()) {
          throw std::runtime_error(path_text(path) +
                                   ": another process has taken the lock of this task, which was "
                                   "not touched in time; nothing more is committed here");
        }
        check();
      });
}

std::vector<std::int64_t> RunWriter::open_shards() const {
  const std::vector<std::int64_t> committed = committed_shards(run_, *plan_);
  std::vector<std::int64_t> open;
  for (std::int64_t shard = task_; shard < plan_->shards; shard += tasks_) {
    if (!std::binary_search(committed.begin(), committed.end(), shard)) open.push_back(shard);
  }
  return open;
}

ShardWriter RunWriter::begin(std::int64_t shard, const ShardExpectation& expected) {
  if (shard < 0 || shard >= plan_->shards || shard % tasks_ != task_) {
    throw std::invalid_argument("RunWriter::begin: shard " + std::to_string(shard) + " of " +
                                std::to_string(plan_->shards) + " does not belong to task " +
                                std::to_string(task_) + " of " + std::to_string(tasks_));
  }
  return {run_, plan_, shard, expected, check_};
}

bool RunWriter::finish() {
  (*check_)();
  const std::vector<std::int64_t> committed = committed_shards(run_, *plan_);
  if (static_cast<std::int64_t>(committed.size()) != plan_->shards) return false;
  LockFile lock = LockFile::wait(run_ / run_lock_name, locks_);
  std::vector<Commit> commits;
  commits.reserve(committed.size());
  for (const std::int64_t shard : committed) {
    commits.push_back(read_commit(run_, *plan_, shard));
    if (missing_file(run_, commits.back())) return false;
  }
  const MappedFile prompts(run_ / "prompts.jsonl");
  const std::string text = manifest_bytes(*plan_, prompts.text(), commits);
  const fs::path manifest = run_ / "manifest.json";
  remove_root_leftovers(true);
  if (!fs::exists(manifest) || MappedFile(manifest).text() != text) write_file(manifest, text);
  lock.release();
  lock_->release();
  return true;
}

void write_run_file(const fs::path& file, std::string_view bytes, LockKind locks) {
  LockFile lock = LockFile::wait(file.parent_path() / run_lock_name, locks);
  write_file(file, bytes);
  lock.release();
}

}  // namespace phiscope::shard
