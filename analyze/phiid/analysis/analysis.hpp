// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/correlation.hpp"
#include "phiid/analysis/diagnostics.hpp"
#include "phiid/analysis/graph.hpp"
#include "phiid/analysis/options.hpp"
#include "phiid/analysis/profile.hpp"
#include "phiid/analysis/scores.hpp"
#include "phiid/analysis/sensitivity.hpp"
#include "phiid/analysis/series.hpp"
#include "phiid/analysis/surrogates.hpp"

#include <phiscope/depth_shape_test.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::phiid {

/// A number by which two analyses are compared.
struct KeyNumber {
  std::string name;  ///< "balance_score first third", "spearman synergy redundancy", ...
  Value value;
};

/// All results of one input.
struct RunResult {
  Input input;    ///< without its values
  Series series;  ///< without its values
  Matrices matrices;
  HeadScores scores;
  std::array<std::vector<Estimate>, rankings.size()> intervals;  ///< [ranking][head]
  std::vector<Profile> profiles;
  DepthShapeTest shapes;  ///< of the rankings
  std::vector<Correlation> correlations;
  std::vector<Graph> graphs;  ///< none with more heads than Options::graph_limit
  SurrogateTests surrogates;
  std::vector<PromptDiagnosis> prompts;
  Bias bias;
  std::vector<std::string> warnings;
  std::size_t resamples = 0;  ///< that were drawn

  /// The same without the linear trend of every series, where a tenth of the heads have one.
  std::vector<KeyNumber> detrended = {};
  std::vector<SensitivityRow> sensitivity = {};  ///< on demand
  std::vector<RunResult> null_weights = {};      ///< a run with random weights, or none
};

/// The numbers that a reader compares, in a fixed order.
[[nodiscard]] std::vector<KeyNumber> key_numbers(const RunResult& run);
/// The value of that name; no_pairs if there is none.
[[nodiscard]] Value key_number(const std::vector<KeyNumber>& numbers, std::string_view name);

/// Decomposes all pairs and ranks the heads.
[[nodiscard]] RunResult analyze(const Input& input, const Options& options);

}  // namespace phiscope::analyze::phiid
