// SPDX-License-Identifier: MIT
#pragma once

#include "report/folder.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"

#include <vector>

namespace phiscope::analyze::sampling {

/// All tables of the steps that are there, and dropped.csv and tests.csv.
[[nodiscard]] std::vector<report::NamedTable> tables(const std::vector<Study>& studies,
                                                     const Options& options);

/// variance.csv, variance_means.csv
[[nodiscard]] std::vector<report::NamedTable> variance_tables(const std::vector<Study>& studies);
/// manifold.csv, manifold_layers.csv
[[nodiscard]] std::vector<report::NamedTable> manifold_tables(const std::vector<Study>& studies);
/// sensitivity.csv, sensitivity_points.csv
[[nodiscard]] std::vector<report::NamedTable> sensitivity_tables(const std::vector<Study>& studies);
/// attribution.csv, attribution_means.csv, attribution_points.csv
[[nodiscard]] std::vector<report::NamedTable> attribution_tables(const std::vector<Study>& studies);
/// clusters.csv, cluster_members.csv
[[nodiscard]] std::vector<report::NamedTable> cluster_tables(const std::vector<Study>& studies);
/// grading.csv
[[nodiscard]] std::vector<report::NamedTable> grading_tables(const std::vector<Study>& studies,
                                                             const Options& options);

}  // namespace phiscope::analyze::sampling
