// SPDX-License-Identifier: MIT
#pragma once

#include "report/unit_mean.hpp"
#include "steps/analysis/contrast.hpp"
#include "steps/analysis/measure.hpp"

#include <phiscope/estimate.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// How runs are analysed.
struct Options {
  std::size_t resamples = 1000;      ///< of every bootstrap interval
  std::size_t permutations = 10000;  ///< of every test that draws
  std::uint64_t seed = 0;            ///< of both
  std::size_t threads = 1;           ///< changes no result
  Grader grader = Grader::last_number;
  bool published_scores = false;  ///< flips both ways count in the published files
};

/// What some problems do in a lane.
struct Cell {
  Counts counts = {};
  Estimate accuracy = {};    ///< right in the lane, of the known
  Estimate importance = {};  ///< broken, of those right in the baseline
  Estimate repaired = {};    ///< repaired, of those not right in the baseline
  std::array<report::UnitMean, measure_count> means = {};

  [[nodiscard]] const report::UnitMean& mean(Measure measure) const {
    return means[static_cast<std::size_t>(measure)];
  }
  /// exp of the mean surprisal and of its interval: each problem weighs the same.
  [[nodiscard]] Estimate perplexity() const;
};

/// Problems of one sample and difficulty, or of all.
struct Group {
  std::string name = {};  ///< "all", a name of stratum_names, "unknown"
  Part part = Part::sweep;
  std::optional<std::size_t> stratum = {};
  std::vector<std::size_t> problems = {};  ///< complete ones
  Cell baseline = {};
};

/// With fewer right answers in the baseline a stratum is shown, but not tested and not coloured.
inline constexpr std::size_t least_right = 5;

/// All results of one run, or of several that were pooled.
struct Result {
  Steps data = {};
  std::string label = {};                            ///< unique among those of a report
  std::vector<Graded> graded = {};                   ///< [problem]
  std::vector<std::vector<Measured>> measured = {};  ///< [problem][lane]; empty: incomplete
  std::vector<Measured> baselines = {};              ///< [problem]
  /// The first is all problems of the chief sample, then its strata; then the other sample's.
  std::vector<Group> groups = {};
  std::vector<Cell> cells = {};  ///< [group, lane]
  std::vector<Test> tests = {};  ///< of the chief sample

  [[nodiscard]] const Cell& cell(std::size_t group, std::size_t lane) const {
    return cells[group * data.lanes.size() + lane];
  }
  /// The sample that is tested and drawn: the sweep, or the validation where there is none.
  [[nodiscard]] Part chief() const { return groups.front().part; }
  /// Right in the baseline and not in the lane: 1 or 0; nothing for other problems, or where an
  /// answer is not known.
  [[nodiscard]] std::optional<double> broken(std::size_t problem, std::size_t lane) const;
};

/// Rates and means of problems in a lane. @param lane  nothing: in the baseline
[[nodiscard]] Cell cell_of(const Result& result, const std::vector<std::size_t>& problems,
                           std::optional<std::size_t> lane, const Options& options);

/// Analyses one run; Holm's correction is correct()'s.
[[nodiscard]] Result analyze(Steps data, const Options& options);

/// Reads, pools and analyses runs in the order given; their labels are made unique, and Holm's
/// correction is over all p-values. All are read before the first is analysed.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<Result> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                               const shard::ReadOptions& reading,
                                               const Options& options);

}  // namespace phiscope::analyze::steps
