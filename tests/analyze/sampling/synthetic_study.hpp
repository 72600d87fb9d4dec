// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/study.hpp"
#include "synthetic_branches.hpp"
#include "synthetic_paths.hpp"
#include "synthetic_points.hpp"
#include "synthetic_samples.hpp"
#include "temp_dir.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::test {

/// A folder of all five steps.
struct SyntheticStudy {
  SyntheticSamples variance = {};
  SyntheticPaths manifold = {};
  SyntheticBranches sensitivity = {};
  SyntheticPoints attribution = {};
  SyntheticSamples clustering = {};

  /// Right solutions of odd problems are in two groups, those of even ones too few.
  SyntheticStudy() {
    clustering.step = "clustering";
    clustering.temperatures = {0.8};
    clustering.samples = 12;
    clustering.checkpoints = {16};
    clustering.length = [](std::int64_t, std::int64_t, std::int64_t) { return std::int64_t{16}; };
    clustering.said = [](std::int64_t p, std::int64_t, std::int64_t s) {
      const bool is_right = p % 2 == 1 || s == 0;
      return "way " + std::to_string(s) + ": " + std::to_string(p + (is_right ? 1 : 50));
    };
    clustering.place = [](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                          std::int64_t unit) {
      return (s % 3 == 0 ? 4.0 : -4.0) * (unit == 0 ? 1.0 : 0.0) +
             0.3 * noise({p, t, s, layer, unit});
    };
  }

  void write(const std::filesystem::path& folder) const {
    write_samples(folder / "variance", variance);
    synthetic_paths(manifold).write(folder / "manifold");
    write_branches(folder / "sensitivity", sensitivity);
    write_points(folder / "attribution", attribution);
    write_samples(folder / "clustering", clustering);
  }
};

/// The study that a folder gives. The files are removed, but stay mapped.
inline std::vector<analyze::sampling::Study> analyzed_study(
    const SyntheticStudy& options = {}, const analyze::sampling::Options& how = {}) {
  const TempDir folder;
  options.write(folder.path() / "OUT");
  return analyze::sampling::analyze_studies({folder.path() / "OUT"}, {}, how);
}

/// The study that nothing was changed in, analyzed once for all cases of a process.
inline const std::vector<analyze::sampling::Study>& plain_study() {
  static const std::vector<analyze::sampling::Study> study = analyzed_study();
  return study;
}

}  // namespace phiscope::test
