// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/measure.hpp"
#include "patching/analysis/run.hpp"
#include "report/unit_mean.hpp"

#include <phiscope/estimate.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// How a run is analysed.
struct Options {
  std::size_t resamples = 1000;    ///< of every bootstrap interval
  std::size_t sign_flips = 10000;  ///< of every test
  std::uint64_t seed = 0;          ///< of both
  std::size_t threads = 1;         ///< changes no result
};

/// A mean over pairs.
using Cell = report::UnitMean;

/// Whether a mean over pairs is 0: sign flips of whole pairs.
struct SiteTest {
  Value p = Status::too_few_rows;       ///< of this site alone, two-sided
  Value p_holm = Status::too_few_rows;  ///< Holm's correction over the sites of mode and set
  Value p_max = Status::too_few_rows;   ///< by the largest statistic of these sites
  double least_p = 1.0;                 ///< the smallest p_max that the design can give
};

/// The measures that are tested: what says that the answer moved.
inline constexpr std::array<Measure, 3> tested = {Measure::recovery, Measure::answer_diff_change,
                                                  Measure::answer_logit_diff_change};

/// Pairs of one difficulty, or all.
struct Group {
  std::string name = {};                ///< "all", "2": reasoning steps, "unknown"
  std::vector<std::size_t> pairs = {};  ///< indices of Patching::pairs, complete ones
};

/// A layer of a mode and a set: mean over its steps and heads, pair by pair.
struct LayerMean {
  std::size_t mode = 0;
  std::size_t set = 0;
  std::int64_t layer = 0;
  std::array<Cell, measure_count> cells = {};
};

/// All results of one run.
struct Result {
  Patching data = {};
  std::string label = {};                                       ///< unique among those of a report
  std::vector<std::vector<Measured>> measured = {};             ///< [pair][site]; empty: incomplete
  std::vector<Group> groups = {};                               ///< the first is all pairs
  std::vector<std::array<Cell, measure_count>> cells = {};      ///< [group, site]
  std::vector<std::array<SiteTest, tested.size()>> tests = {};  ///< [group, site]
  std::vector<LayerMean> layers = {};                           ///< of all pairs

  [[nodiscard]] const Cell& cell(std::size_t group, std::size_t site, Measure measure) const {
    return cells[group * data.sites.size() + site][static_cast<std::size_t>(measure)];
  }
  [[nodiscard]] const SiteTest& test(std::size_t group, std::size_t site, std::size_t of) const {
    return tests[group * data.sites.size() + site][of];
  }
};

/// The sites of one mode and set, which are tested together: indices of Patching::sites.
[[nodiscard]] std::vector<std::size_t> sites_of(const Patching& data, std::size_t mode,
                                                std::size_t set);

/// Mean of values over pairs with its interval; undefined ones are counted.
[[nodiscard]] Cell cell_of(const std::vector<Value>& values, const Options& options);

/// Tests of many sites together. @param values  [pair][site]
[[nodiscard]] std::vector<SiteTest> test_sites(const std::vector<std::vector<Value>>& values,
                                               const Options& options);

/// Analyses one run.
[[nodiscard]] Result analyze(Patching data, const Options& options);

/// Reads and analyses runs in the order given; their labels are made unique. All are read before
/// the first is analysed.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<Result> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                               const shard::ReadOptions& reading,
                                               const Options& options);

}  // namespace phiscope::analyze::patching
