// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/analysis/grading.hpp"
#include "sampling/input/samples.hpp"

#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::sampling {

/// Fewest right solutions that are clustered; more where more clusters are asked for.
inline constexpr std::size_t least_correct = 3;
/// Largest number of clusters among which one is chosen.
inline constexpr std::size_t most_clusters = 8;

/// A right solution in the clusters of its problem.
struct Member {
  std::size_t sample = 0;
  std::int64_t cluster = 0;
  double from_centre = 0.0;              ///< |z - centre|, activation units
  bool representative = false;           ///< the nearest to its centre, the first of equal ones
  std::array<double, 2> principal = {};  ///< first two principal components, activation units
};

/// The right solutions of a problem at a temperature.
struct ProblemClusters {
  std::size_t problem = 0;
  std::size_t temperature = 0;
  std::size_t samples = 0;   ///< generated
  std::size_t correct = 0;   ///< of them: right, with a latent
  std::string status = {};   ///< "ok", "too_few_correct", "no_answer", "constant", ...
  std::size_t clusters = 0;  ///< 0 unless the status is ok
  Value inertia = Status::too_few_rows;
  Value silhouette = Status::too_few_rows;
  Value by_gap = Status::too_few_rows;           ///< number that the gap statistic chooses
  Value by_silhouette = Status::too_few_rows;    ///< number of the largest mean silhouette
  Value stability = Status::too_few_rows;        ///< mean adjusted Rand index of resamples
  Value principal_share = Status::too_few_rows;  ///< of the variance, in two components
  std::vector<Member> members = {};
};

/// All results of a step clustering.
struct Clusters {
  Samples run = {};
  std::string label = {};  ///< unique among those of a report
  Grading grading = {};
  std::int64_t layer = 0;                      ///< that is clustered
  std::vector<ProblemClusters> problems = {};  ///< problem by problem, by temperature
  Estimate several = {};  ///< share of the clustered problems that the gap statistic parts, Wilson
  Cell stability = {};    ///< mean over the problems in several clusters
  Cell silhouette = {};
};

/// @throws shard::FormatError if the run does not have the layer of the given options
[[nodiscard]] Clusters analyze_clusters(Samples run, const Options& given);

}  // namespace phiscope::analyze::sampling
