// SPDX-License-Identifier: MIT
#include "shard/commit.hpp"

#include "shard/file/file_identity.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/plan_check.hpp"
#include "shard/text/json_file.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <charconv>

namespace phiscope::shard {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view commit_schema = "phiscope-commit/1";
constexpr std::string_view manifest_schema = "phiscope-manifest/1";

Json file_json(const CommittedFile& file) {
  return {{"file", file.file}, {"rows", file.rows}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

CommittedFile file_from(const JsonObject& json, const std::string& expected_name) {
  json.allow_only({"file", "rows", "bytes", "sha256"});
  CommittedFile file{.file = json.text("file"),
                     .rows = json.count("rows"),
                     .bytes = json.count("bytes"),
                     .sha256 = json.text("sha256")};
  if (file.file != expected_name) json.refuse("file", '"' + expected_name + '"');
  if (file.sha256.size() != 64 ||
      file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    json.refuse("sha256", "64 hexadecimal digits");
  }
  return file;
}

/// Place of a row space among the files of a commit.
std::size_t keys_place(const RunPlan& plan, std::string_view row_space) {
  const auto space = std::find_if(plan.row_spaces.begin(), plan.row_spaces.end(),
                                  [&](const RowSpace& s) { return s.name == row_space; });
  return plan.arrays.size() + static_cast<std::size_t>(space - plan.row_spaces.begin());
}

/// {"rows": of all shards, "files": [...]} of the i-th file of every commit.
Json files_json(std::span<const Commit> commits, std::size_t i) {
  std::uint64_t rows = 0;
  Json files = Json::array();
  for (const Commit& commit : commits) {
    rows += commit.files[i].rows;
    files.push_back(file_json(commit.files[i]));
  }
  return {{"rows", rows}, {"files", std::move(files)}};
}

}  // namespace

std::vector<std::string> committed_names(const RunPlan& plan, std::int64_t shard) {
  std::vector<std::string> names;
  names.reserve(plan.arrays.size() + plan.row_spaces.size());
  for (const ArrayPlan& array : plan.arrays) names.push_back(array_file(array.name, shard));
  for (const RowSpace& space : plan.row_spaces) names.push_back(keys_file(space.name, shard));
  return names;
}

std::string commit_bytes(const Commit& commit) {
  Json json = {{"schema", commit_schema}, {"shard", commit.shard}, {"files", Json::array()}};
  for (const CommittedFile& file : commit.files) json["files"].push_back(file_json(file));
  return json.dump(1) + '\n';
}

Commit read_commit(const std::filesystem::path& run, const RunPlan& plan, std::int64_t shard) {
  const MappedFile mapped(run / commit_file(shard));
  return parse_commit(mapped.text(), mapped.path(), plan, shard);
}

Commit parse_commit(std::string_view text, const std::filesystem::path& path, const RunPlan& plan,
                    std::int64_t shard) {
  const Json whole = parse_ordered_json(text, path);
  const JsonObject json(whole, "", path);
  json.require_schema(commit_schema);
  json.allow_only({"schema", "shard", "files"});
  if (json.count("shard") != static_cast<std::uint64_t>(shard)) {
    json.refuse("shard", std::to_string(shard));
  }
  const std::vector<std::string> names = committed_names(plan, shard);
  const std::vector<JsonObject> files = json.objects("files");
  if (files.size() != names.size()) {
    throw FormatError(
        path, std::to_string(files.size()) + " files, expected " + std::to_string(names.size()));
  }
  Commit commit{.shard = shard, .files = {}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    commit.files.push_back(file_from(files[i], names[i]));
  }
  for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
    const CommittedFile& keys = commit.files[keys_place(plan, plan.arrays[i].row_space)];
    if (commit.files[i].rows != keys.rows) {
      files[i].refuse("rows", std::to_string(keys.rows) + ", the rows of " + keys.file);
    }
  }
  return commit;
}

std::optional<std::string> missing_file(const std::filesystem::path& run, const Commit& commit) {
  for (const CommittedFile& file : commit.files) {
    const std::optional<FileIdentity> found = identity_of(run / file.file);
    if (!found || found->size != file.bytes) return file.file;
  }
  return std::nullopt;
}

std::optional<std::int64_t> shard_of_file(std::string_view name, std::string_view extension) {
  constexpr std::string_view prefix = "shard-";
  if (!name.starts_with(prefix) || !name.ends_with(extension)) return std::nullopt;
  if (name.size() < prefix.size() + extension.size()) return std::nullopt;
  const std::string_view digits =
      name.substr(prefix.size(), name.size() - prefix.size() - extension.size());
  std::int64_t shard = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), shard);
  if (error != std::errc() || shard < 0) return std::nullopt;
  if (shard_stem(shard) + std::string(extension) != name) return std::nullopt;
  return shard;
}

std::vector<std::int64_t> committed_shards(const std::filesystem::path& run, const RunPlan& plan) {
  std::vector<std::int64_t> shards;
  const std::filesystem::path folder = run / "commit";
  if (!std::filesystem::exists(folder)) return shards;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::optional<std::int64_t> shard = shard_of_file(name, ".json");
    if (!shard) continue;
    if (*shard >= plan.shards) {
      throw FormatError(entry.path(),
                        "the plan has only " + std::to_string(plan.shards) + " shards");
    }
    shards.push_back(*shard);
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

std::string manifest_bytes(const RunPlan& plan, std::string_view prompts_jsonl,
                           std::span<const Commit> commits) {
  Json json = {{"schema", manifest_schema},
               {"prompts",
                {{"file", "prompts.jsonl"},
                 {"bytes", prompts_jsonl.size()},
                 {"sha256", sha256(std::as_bytes(std::span(prompts_jsonl)))}}},
               {"arrays", Json::object()},
               {"row_spaces", Json::object()}};
  for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
    json["arrays"][plan.arrays[i].name] = files_json(commits, i);
  }
  for (std::size_t i = 0; i < plan.row_spaces.size(); ++i) {
    json["row_spaces"][plan.row_spaces[i].name] = files_json(commits, plan.arrays.size() + i);
  }
  json["plan"] = plan_json(plan);
  return json.dump(1) + '\n';
}

}  // namespace phiscope::shard
