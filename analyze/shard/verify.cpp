// SPDX-License-Identifier: MIT
#include "shard/verify.hpp"

#include "shard/commit.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/nonfinite.hpp"
#include "shard/npy/npy.hpp"
#include "shard/run_check.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <system_error>

namespace phiscope::shard {
namespace {

namespace fs = std::filesystem;

/// Runs a check; what it throws about files becomes a problem. @return  true if it threw nothing
bool attempt(VerifyReport& report, const std::function<void()>& check) {
  try {
    check();
    return true;
  } catch (const FormatError& error) {
    report.problems.emplace_back(error.what());
  } catch (const std::system_error& error) {
    report.problems.emplace_back(error.what());
  }
  return false;
}

/// Checks the bytes of one file. @return  the array if it is as committed
NpyFile check_file(const fs::path& run, const CommittedFile& file, Dtype dtype,
                   const std::vector<std::uint64_t>& row_shape) {
  NpyFile array(run / file.file);
  check_array(array, file, dtype, row_shape);
  check_hash(array.path(), sha256_file(array.path()), file);
  return array;
}

void check_shard(const fs::path& run, const RunPlan& plan, const Commit& commit,
                 VerifyReport& report) {
  for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
    const ArrayPlan& array_plan = plan.arrays[i];
    attempt(report, [&] {
      const NpyFile array =
          check_file(run, commit.files[i], array_plan.dtype, array_plan.row_shape);
      ++report.files;
      const std::uint64_t count =
          count_nonfinite(array.bytes(), array_plan.dtype, array_plan.encoding);
      if (count > 0) {
        report.nonfinite += count;
        throw FormatError(array.path(), std::to_string(count) + " values of " +
                                            std::to_string(array.count()) + " are NaN or infinite");
      }
    });
  }
  for (std::size_t i = 0; i < plan.row_spaces.size(); ++i) {
    attempt(report, [&] {
      const CommittedFile& file = commit.files[plan.arrays.size() + i];
      const NpyFile keys = check_file(run, file, Dtype::i8, {plan.row_spaces[i].key.size()});
      ++report.files;
      report.rows += keys.shape()[0];
    });
  }
}

/// Files that extract writes beside the arrays of some experiments once their ids are generated,
/// which they follow from: they have no hash. So has texts.jsonl in runs whose plan names no files.
constexpr std::array<std::string_view, 3> text_files{"generated_texts.jsonl", "texts.jsonl",
                                                     "bifurcation_points.json"};

/// Checks that a file is JSON, or each of its lines is.
void check_json(const fs::path& path) {
  const MappedFile file(path);
  const std::string_view text = file.text();
  if (path.extension() == ".json") {
    if (!nlohmann::json::accept(text)) throw FormatError(path, "is not JSON");
    return;
  }
  std::size_t line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end == text.size() || !nlohmann::json::accept(text.substr(begin, end - begin))) {
      throw FormatError(path, "line " + std::to_string(line) + " is not JSON with a line's end");
    }
    begin = end + 1;
  }
}

void find_leftovers(const fs::path& run, const RunPlan& plan,
                    const std::vector<std::int64_t>& shards, VerifyReport& report) {
  std::set<std::string> known = {"plan.json", "prompts.jsonl", "manifest.json"};
  for (const auto& [name, hash] : plan.files) known.insert(name);
  for (const std::int64_t shard : shards) {
    known.insert(commit_file(shard));
    for (std::string& name : committed_names(plan, shard)) known.insert(std::move(name));
  }
  std::set<std::string> leftovers;
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const std::string name = entry.path().lexically_relative(run).generic_string();
    if (known.contains(name) || entry.path().extension() == ".log") continue;
    if (std::ranges::count(text_files, name) > 0 && !entry.is_symlink()) {
      report.unhashed.push_back(name);
      attempt(report, [&] { check_json(run / name); });
      continue;
    }
    leftovers.insert(name);
  }
  std::ranges::sort(report.unhashed);
  for (const std::string& name : leftovers) {
    const fs::path path = run / name;
    const char* what = "does not belong to the run or has no commit";
    if (is_part(path.filename().string())) what = "is a file that was never finished";
    if (path.extension() == ".lock") what = "is the lock of a task at work, or of a killed one";
    report.problems.push_back(path_text(path) + ": " + what);
  }
}

}  // namespace

VerifyReport verify(const fs::path& run) {
  VerifyReport report;
  RunPlan plan;
  if (!attempt(report, [&] { plan = read_plan(run); })) return report;
  attempt(report, [&] { static_cast<void>(read_prompts(run)); });
  for (const auto& planned : plan.files) {
    attempt(report, [&] {
      const fs::path file = run / planned.first;
      check_planned_hash(file, sha256_file(file), planned.second);
      ++report.files;
    });
  }
  std::vector<std::int64_t> shards;
  if (!attempt(report, [&] { shards = committed_shards(run, plan); })) return report;
  std::vector<Commit> commits;
  for (const std::int64_t shard : shards) {
    if (attempt(report, [&] { commits.push_back(read_commit(run, plan, shard)); })) {
      check_shard(run, plan, commits.back(), report);
    }
  }
  const auto count = static_cast<std::int64_t>(shards.size());
  if (count != plan.shards) {
    std::int64_t missing = 0;
    while (std::binary_search(shards.begin(), shards.end(), missing)) ++missing;
    report.problems.push_back(
        path_text(run) + ": incomplete: " + std::to_string(plan.shards - count) + " of " +
        std::to_string(plan.shards) + " shards are missing, the first is " + commit_file(missing));
  } else if (commits.size() == shards.size()) {
    attempt(report, [&] { check_manifest(run, plan, commits); });
  }
  attempt(report, [&] { find_leftovers(run, plan, shards, report); });
  return report;
}

}  // namespace phiscope::shard
