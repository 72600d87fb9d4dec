// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/correlation.hpp"
#include "phiid/diagnostics.hpp"
#include "phiid/graph.hpp"
#include "phiid/options.hpp"
#include "phiid/profile.hpp"
#include "phiid/scores.hpp"
#include "phiid/series.hpp"
#include "phiid/surrogates.hpp"

#include <array>
#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// All results of one input.
struct RunResult {
  Input input;    ///< without its values
  Series series;  ///< without its values
  Matrices matrices;
  HeadScores scores;
  std::array<std::vector<Estimate>, rankings.size()> intervals;  ///< [ranking][head]
  std::vector<Profile> profiles;
  std::vector<Correlation> correlations;
  std::vector<Graph> graphs;  ///< none with more heads than Options::graph_limit
  SurrogateTests surrogates;
  std::vector<PromptDiagnosis> prompts;
  Bias bias;
  std::vector<std::string> warnings;
  std::size_t resamples = 0;  ///< that were drawn
};

/// Decomposes all pairs and ranks the heads.
[[nodiscard]] RunResult analyze(Input input, const Options& options);

}  // namespace phiscope::analyze::phiid
