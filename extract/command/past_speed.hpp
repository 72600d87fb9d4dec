// SPDX-License-Identifier: MIT
#pragma once

#include "plan/timed_work.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace phiscope::extract {

/// How fast a run like another one was on this machine.
struct PastSpeed {
  TimedWork timed;
  std::string day;       ///< "2026-11-29"
  bool is_alike = true;  ///< false: another experiment with the same model and device
};

/// Speeds of a user's runs on this machine, in small files of a folder, for the time that --dry-run
/// tells: nothing else depends on them, and a file that is damaged counts as absent.
class PastSpeeds {
 public:
  explicit PastSpeeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// @param experiment  "loo"
  /// @param conditions  model, device and number format: whatever the speed depends on most
  [[nodiscard]] std::optional<PastSpeed> find(const std::string& experiment,
                                              const std::string& conditions) const;
  /// Runs of less than a second tell nothing and are not kept.
  /// @return  why a speed could not be kept; empty: it was, or is none
  [[nodiscard]] std::string keep(const std::string& experiment, const std::string& conditions,
                                 const TimedWork& timed, const std::string& day) const;

 private:
  std::filesystem::path folder_;
};

/// "about 3 min, at the pace that such a run had here on 2026-11-29 (5188 tokens/s)", or that it is
/// unknown and what would tell; above an hour also how to divide or shorten the run.
[[nodiscard]] std::string time_text(const std::optional<PastSpeed>& speed, const Tokens& tokens);

/// What a run that takes longer than an hour is told; empty for others.
[[nodiscard]] std::string advice_for(double seconds);

}  // namespace phiscope::extract
