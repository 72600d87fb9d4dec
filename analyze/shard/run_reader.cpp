// SPDX-License-Identifier: MIT
#include "shard/run_reader.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/run_check.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace phiscope::shard {

namespace fs = std::filesystem;

std::vector<nlohmann::json> read_prompts(const fs::path& run) {
  const MappedFile mapped(run / "prompts.jsonl");
  return parse_prompts(mapped.text(), mapped.path());
}

std::vector<nlohmann::json> parse_prompts(std::string_view text, const fs::path& file) {
  std::string_view rest = text;
  std::vector<nlohmann::json> prompts;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::size_t number = prompts.size() + 1;
    if (end == std::string_view::npos) {
      throw FormatError(file, "truncated: line " + std::to_string(number) + " does not end");
    }
    prompts.push_back(parse_json(rest.substr(0, end), file, number));
    if (!prompts.back().is_object()) {
      throw FormatError(file, "line " + std::to_string(number) + ":1: is not an object");
    }
    rest.remove_prefix(end + 1);
  }
  return prompts;
}

void check_manifest(const fs::path& run, const RunPlan& plan, std::span<const Commit> commits) {
  const fs::path file = run / "manifest.json";
  if (!fs::exists(file)) {
    throw FormatError(file,
                      "is missing though all shards are there; run the same extract command "
                      "again to finish the run");
  }
  const MappedFile manifest(file);
  const MappedFile prompts(run / "prompts.jsonl");
  check_manifest(manifest.text(), file, prompts.text(), plan, commits);
}

void check_manifest(std::string_view manifest, const fs::path& file, std::string_view prompts_jsonl,
                    const RunPlan& plan, std::span<const Commit> commits) {
  const std::string expected = manifest_bytes(plan, prompts_jsonl, commits);
  if (manifest == expected) return;
  const std::string different =
      differences(parse_ordered_json(manifest, file), parse_ordered_json(expected, file));
  throw FormatError(file, "disagrees with plan, prompts and commits in " +
                              (different.empty() ? "its layout" : different));
}

void check_array(const NpyArray& array, const CommittedFile& file, Dtype dtype,
                 const std::vector<std::uint64_t>& row_shape) {
  std::vector<std::uint64_t> shape = {file.rows};
  shape.insert(shape.end(), row_shape.begin(), row_shape.end());
  const NpyHeader& header = array.header();
  if (header.shape != shape) {
    throw FormatError(array.path(), "shape is " + shape_text(header.shape) + ", expected " +
                                        shape_text(shape) + " by plan and commit");
  }
  if (header.dtype != dtype || header.big_endian || header.fortran_order) {
    throw FormatError(array.path(), std::string("is ") + std::string(descr(header.dtype)) +
                                        (header.big_endian ? " big endian" : "") +
                                        (header.fortran_order ? " in Fortran order" : "") +
                                        ", expected " + std::string(descr(dtype)) +
                                        " little endian in C order");
  }
  const std::uint64_t bytes = header.data_offset + array.bytes().size();
  if (bytes != file.bytes) {
    throw FormatError(array.path(), "has " + std::to_string(bytes) + " bytes, expected " +
                                        std::to_string(file.bytes) + " by its commit");
  }
}

void check_hash(const fs::path& path, const std::string& found, const CommittedFile& file) {
  if (found == file.sha256) return;
  throw FormatError(path, "SHA-256 is " + found + ", expected " + file.sha256 + " by its commit");
}

void check_planned_hash(const fs::path& path, const std::string& found,
                        const std::string& planned) {
  if (found == planned) return;
  throw FormatError(path, "SHA-256 is " + found + ", expected " + planned + " by plan.json");
}

/// A flag for each file of each commit.
struct Run::Verified {
  explicit Verified(std::size_t count) : files(count) {}
  std::vector<std::once_flag> files;
};

Run Run::open(const fs::path& run, const ReadOptions& options) {
  if (!fs::exists(run / "plan.json")) {
    throw FormatError(run, "has no plan.json, so it is not a run directory");
  }
  Run result;
  result.path_ = run;
  result.plan_ = read_plan(run);
  result.prompts_ = read_prompts(run);
  for (const std::int64_t shard : committed_shards(run, result.plan_)) {
    result.commits_.push_back(read_commit(run, result.plan_, shard));
  }
  if (options.verify) {
    const std::size_t files = result.plan_.arrays.size() + result.plan_.row_spaces.size();
    result.verified_ = std::make_shared<Verified>(result.commits_.size() * files);
  }
  if (!result.complete()) {
    if (options.allow_partial) return result;
    throw FormatError(run, "incomplete: " + result.missing() +
                               "; run the same extract command again to " +
                               "finish it, or take what is there with --allow-partial");
  }
  if (options.allow_partial && !fs::exists(run / "manifest.json")) return result;
  check_manifest(run, result.plan_, result.commits_);
  return result;
}

bool Run::complete() const noexcept {
  return static_cast<std::int64_t>(commits_.size()) == plan_.shards;
}

std::string Run::missing() const {
  if (complete()) return "";
  const std::int64_t missing = plan_.shards - static_cast<std::int64_t>(commits_.size());
  return std::to_string(missing) + " of " + std::to_string(plan_.shards) + " shards are missing";
}

std::vector<std::int64_t> Run::shards() const {
  std::vector<std::int64_t> shards;
  shards.reserve(commits_.size());
  for (const Commit& commit : commits_) shards.push_back(commit.shard);
  return shards;
}

std::size_t Run::commit_index(std::int64_t shard) const {
  const auto found =
      std::lower_bound(commits_.begin(), commits_.end(), shard,
                       [](const Commit& commit, std::int64_t k) { return commit.shard < k; });
  if (found == commits_.end() || found->shard != shard) {
    throw std::invalid_argument("Run: shard " + std::to_string(shard) + " is not committed");
  }
  return static_cast<std::size_t>(found - commits_.begin());
}

NpyFile Run::open_file(std::size_t commit, std::size_t file, Dtype dtype,
                       const std::vector<std::uint64_t>& row_shape) const {
  const CommittedFile& committed = commits_[commit].files[file];
  NpyFile array(path_ / committed.file);
  check_array(array, committed, dtype, row_shape);
  if (verified_ == nullptr) return array;
  std::once_flag& flag = verified_->files[commit * commits_[commit].files.size() + file];
  // The bytes that are hashed are those that will be read, from the same mapping.
  std::call_once(flag, [&] { check_hash(array.path(), sha256(array.file_bytes()), committed); });
  return array;
}

NpyFile Run::side_array(const std::string& name, const std::vector<std::uint64_t>& shape) const {
  NpyFile array(path_ / name);
  if (array.shape() != shape) {
    throw FormatError(array.path(),
                      "shape is " + shape_text(array.shape()) + ", expected " + shape_text(shape));
  }
  const auto planned = plan_.files.find(name);
  if (verified_ != nullptr && planned != plan_.files.end()) {
    check_planned_hash(array.path(), sha256(array.file_bytes()), planned->second);
  }
  return array;
}

NpyFile Run::array(std::string_view name, std::int64_t shard) const {
  const std::size_t commit = commit_index(shard);
  for (std::size_t i = 0; i < plan_.arrays.size(); ++i) {
    const ArrayPlan& array = plan_.arrays[i];
    if (array.name == name) return open_file(commit, i, array.dtype, array.row_shape);
  }
  throw std::invalid_argument("Run: the plan has no array '" + std::string(name) + "'");
}

NpyFile Run::keys(std::string_view row_space, std::int64_t shard) const {
  const std::size_t commit = commit_index(shard);
  for (std::size_t i = 0; i < plan_.row_spaces.size(); ++i) {
    const RowSpace& space = plan_.row_spaces[i];
    if (space.name == row_space) {
      return open_file(commit, plan_.arrays.size() + i, Dtype::i8, {space.key.size()});
    }
  }
  throw std::invalid_argument("Run: the plan has no row space '" + std::string(row_space) + "'");
}

}  // namespace phiscope::shard
