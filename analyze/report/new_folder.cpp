// SPDX-License-Identifier: MIT
#include "report/new_folder.hpp"

#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/writer.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

namespace phiscope::report {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view list_schema = "phiscope-report/1";

[[noreturn]] void fail(const fs::path& path, const char* what, int error) {
  if (error == EBUSY) what = "replace this (a mount point? name a folder inside it)";
  throw std::system_error(error, std::generic_category(),
                          shard::path_text(path) + ": cannot " + what);
}

/// The folder itself, behind links, without a slash at its end; its parent is made.
fs::path place_of(const fs::path& folder) {
  fs::path place = fs::absolute(folder).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  try {
    if (fs::exists(place)) return fs::canonical(place);
    fs::create_directories(place.parent_path());
    return fs::canonical(place.parent_path()) / place.filename();
  } catch (const fs::filesystem_error& error) {
    fail(folder, "create", error.code().value());
  }
}

/// `.<name>.part-`: with what all unfinished and replaced folders of `folder` begin.
fs::path hidden(const fs::path& folder, const std::string& end) {
  return folder.parent_path() / ("." + folder.filename().string() + end);
}

/// The names that a report's list holds; nothing if there is no list.
std::set<std::string> listed(const fs::path& folder) {
  const fs::path file = folder / list_name;
  if (!fs::is_regular_file(file)) return {};
  const shard::MappedFile text(file);
  const auto list = shard::parse_json(text.text(), file);
  const auto files = list.find("files");
  const auto schema = list.find("schema");
  if (schema == list.end() || *schema != list_schema || files == list.end()) {
    throw std::runtime_error(shard::path_text(file) +
                             ": is not the list of a report of this "
                             "version; choose another folder");
  }
  std::set<std::string> names = {std::string(list_name)};
  for (const auto& one : *files) {
    if (one.is_object()) names.insert(one.value("file", ""));
  }
  return names;
}

/// Is this `<name>.part-...` of a name of the list?
bool is_part_of(const std::string& name, const std::set<std::string>& names) {
  const std::size_t at = name.rfind(".part-");
  return shard::is_part(fs::path(name).filename().string()) && names.contains(name.substr(0, at));
}

/// Files below a folder that are not of its report, relative, sorted.
std::vector<std::string> others(const fs::path& folder, const std::set<std::string>& names) {
  std::vector<std::string> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (!names.contains(name) && !is_part_of(name, names)) result.push_back(name);
  }
  std::sort(result.begin(), result.end());
  return result;
}

/// What another program left: unfinished folders, and replaced ones that were to be removed.
std::vector<fs::path> leftovers(const fs::path& folder) {
  std::vector<fs::path> result;
  const std::string begin = hidden(folder, ".part-").filename().string();
  for (const auto& entry : fs::directory_iterator(folder.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin) && shard::is_part(name) && entry.is_directory()) {
      result.push_back(entry.path());
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

/// Removes a report that was replaced, after moving what is not of it into the new folder.
void retire(const fs::path& old, const fs::path& folder) {
  for (const std::string& name : others(old, listed(old))) {
    fs::create_directories((folder / name).parent_path());
    if (!fs::exists(fs::symlink_status(folder / name))) fs::rename(old / name, folder / name);
  }
  fs::remove_all(old);
}

/// Ends what a killed program had begun: a list was written last, so a folder with one is whole.
void clear_up(const fs::path& folder) {
  for (const fs::path& left : leftovers(folder)) {
    const bool whole = !listed(left).empty();
    if (whole && !fs::exists(folder)) {
      fs::rename(left, folder);
    } else if (whole) {
      retire(left, folder);
    } else {
      fs::remove_all(left);
    }
  }
}

/// Puts `aside` into the place of `folder`. @return  where the old one is now, or nothing
fs::path exchange(const fs::path& aside, const fs::path& folder) {
  if (!fs::exists(folder) || fs::is_empty(folder)) {
    if (std::rename(aside.c_str(), folder.c_str()) != 0) fail(folder, "rename into place", errno);
    return {};
  }
#ifdef RENAME_EXCHANGE
  if (renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
    return aside;
  }
  if (errno != EINVAL && errno != ENOSYS) fail(folder, "replace", errno);
#endif
  // A file system that cannot exchange two names. Killed between the two, the next program that
  // writes there puts the new report into its place.
  const fs::path old = hidden(folder, shard::part_suffix());
  if (std::rename(folder.c_str(), old.c_str()) != 0) fail(folder, "replace", errno);
  if (std::rename(aside.c_str(), folder.c_str()) != 0) fail(folder, "rename into place", errno);
  return old;
}

}  // namespace

void expect_report_folder(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) {
    throw std::runtime_error(shard::path_text(folder) + ": is not a directory");
  }
  if (fs::is_empty(folder) || !listed(folder).empty()) return;
  throw std::runtime_error(
      shard::path_text(folder) + ": holds " +
      shard::path_text(fs::directory_iterator(folder)->path().filename()) + " but no " +
      std::string(list_name) +
      " of an earlier report; expected an empty folder, or one that does not exist");
}

NewFolder::NewFolder(const fs::path& folder)
    : folder_(place_of(folder)), lock_(shard::LockFile::wait(hidden(folder_, ".lock"))) {
  clear_up(folder_);
  expect_report_folder(folder_);
  aside_ = hidden(folder_, shard::part_suffix());
  fs::create_directory(aside_);
}

NewFolder::~NewFolder() {
  std::error_code ignored;  // a destructor cannot tell; the next program clears up
  if (!committed_) fs::remove_all(aside_, ignored);
}

fs::path NewFolder::file(const std::string& name) {
  if (name == list_name || std::find(names_.begin(), names_.end(), name) != names_.end()) {
    throw std::runtime_error(name + ": two outputs have this name, expected different ones");
  }
  names_.push_back(name);
  const fs::path path = aside_ / name;
  fs::create_directories(path.parent_path());
  return path;
}

void NewFolder::write(const std::string& name, std::string_view bytes) {
  shard::write_file(file(name), bytes);
}

void NewFolder::write(const std::string& name, std::span<const double> values,
                      const std::vector<std::uint64_t>& shape) {
  shard::write_npy<double>(file(name), values, shape);
}

void NewFolder::expect_no_loss() const {
  if (!fs::exists(folder_)) return;
  for (const std::string& name : others(folder_, listed(folder_))) {
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) continue;
    throw std::runtime_error(shard::path_text(folder_ / name) +
                             ": is not of the earlier report and would be replaced");
  }
}

std::vector<std::string> NewFolder::commit() {
  expect_no_loss();
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const std::string& name : names_) {
    files.push_back({{"file", name},
                     {"bytes", fs::file_size(aside_ / name)},
                     {"sha256", shard::sha256_file(aside_ / name)}});
  }
  const nlohmann::ordered_json list = {{"schema", list_schema}, {"files", files}};
  shard::write_file(aside_ / list_name, list.dump(1) + "\n");
  names_.emplace_back(list_name);
  const fs::path old = exchange(aside_, folder_);
  committed_ = true;
  shard::sync_directory(folder_.parent_path());
  if (!old.empty()) retire(old, folder_);
  lock_.release();
  return names_;
}

}  // namespace phiscope::report
