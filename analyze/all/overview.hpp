// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::all {

/// A sentence of a report and its verdict.
struct Finding {
  std::string verdict;  ///< "shown", "not_shown", "cannot_be_shown"
  std::string text;
};

/// What the overview says of an experiment.
struct Summary {
  std::string title;
  std::string folder;          ///< of its report, relative to the page
  std::string runs;            ///< their names
  std::vector<Finding> leads;  ///< the claims that the run is to decide
  std::vector<std::string> warnings;
  std::string picture;  ///< file in the folder; empty: none
  std::string failure;  ///< why there is no report; empty: there is one
};

/// What an analysis told on standard output: its leading findings, warnings and key figure.
/// @throws shard::FormatError if the line is not what analysis programs write
[[nodiscard]] Summary summary_of(std::string_view line);

/// One page with all experiments: leads, warnings, picture, and the way to each report.
[[nodiscard]] std::string overview_page(const std::vector<Summary>& summaries);

}  // namespace phiscope::analyze::all
