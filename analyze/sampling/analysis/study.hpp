// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/attribution.hpp"
#include "sampling/analysis/clusters.hpp"
#include "sampling/analysis/manifold.hpp"
#include "sampling/analysis/sensitivity.hpp"
#include "sampling/analysis/variance.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// What `extract sampling` wrote to one folder: the steps that are there.
struct Study {
  std::string label = {};  ///< unique among those of a report
  std::optional<Variance> variance = {};
  std::optional<Manifold> manifold = {};
  std::optional<Sensitivity> sensitivity = {};
  std::optional<Attribution> attribution = {};
  std::optional<Clusters> clusters = {};

  /// What the plans of the steps say, in the order of the steps.
  [[nodiscard]] std::vector<const RunInfo*> runs() const;
};

/// Reads and analyses folders in the order given: each holds run directories of steps, or is one.
/// @throws shard::FormatError naming the folder that has no step, or the file that is not as it
///         should be
[[nodiscard]] std::vector<Study> analyze_studies(const std::vector<std::filesystem::path>& paths,
                                                 const shard::ReadOptions& reading,
                                                 const Options& options);

}  // namespace phiscope::analyze::sampling
