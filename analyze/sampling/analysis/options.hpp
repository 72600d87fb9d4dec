// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/answer_grade.hpp>
#include <phiscope/logit_attribution.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace phiscope::analyze::sampling {

/// How the number of clusters is found where it is not given.
enum class ChooseClusters { gap, silhouette };

/// How runs are analysed.
struct Options {
  Grader grader = Grader::boxed;
  bool full_length_only = false;  ///< leave out samples that ended before the checkpoint
  AttributionNorm norm = AttributionNorm::frozen;  ///< of the figures and findings
  std::size_t clusters = 0;                        ///< of k-means; 0: chosen for each problem
  ChooseClusters choose = ChooseClusters::gap;
  std::optional<std::uint64_t> layer = {};  ///< that is clustered; none: the run's target layer
  std::size_t resamples = 1000;             ///< of every bootstrap interval
  std::size_t sign_flips = 10000;           ///< of every test over problems
  std::size_t permutations = 200;           ///< of answers among the samples of a problem
  std::uint64_t seed = 0;                   ///< of all of them
  std::size_t threads = 1;                  ///< changes no result
};

}  // namespace phiscope::analyze::sampling
