// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/lock_file.hpp"

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::report {

/// The list of its files that a report's folder holds, with their SHA-256.
inline constexpr std::string_view list_name = "files.json";

/// Checks before any work that a report may be written there: nothing, an empty folder, or a folder
/// with the list of an earlier report.
/// @throws std::runtime_error naming what else is there
void expect_report_folder(const std::filesystem::path& folder);

/// A report's folder that takes the place of an earlier report as a whole: it is written aside,
/// as `.<name>.part-<pid>-<random>` in the same directory, and renamed at last, so whenever the
/// program is killed there is the old report or the new one. Files of the old report go; files that
/// were put beside them (judgements.jsonl) stay. A lock keeps two programs apart.
class NewFolder {
 public:
  /// Waits for the lock and clears up after programs that were killed. Makes missing directories.
  /// @throws std::runtime_error as expect_report_folder(), std::system_error
  explicit NewFolder(const std::filesystem::path& folder);
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder();  ///< removes what was written unless commit() was done

  /// @param name  relative, with forward slashes
  /// @throws std::runtime_error if it was written before, std::system_error
  void write(const std::string& name, std::string_view bytes);
  void write(const std::string& name, std::span<const double> values,
             const std::vector<std::uint64_t>& shape);

  /// Writes the list and puts the folder into its place.
  /// @return  the names in the order written, the list last
  /// @throws std::runtime_error if a file that is no report's has the name of a new one,
  ///         std::system_error
  [[nodiscard]] std::vector<std::string> commit();

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& name);
  void expect_no_loss() const;

  std::filesystem::path folder_;  // its parent exists
  shard::LockFile lock_;
  std::filesystem::path aside_;
  std::vector<std::string> names_;
  bool committed_ = false;
};

}  // namespace phiscope::report
