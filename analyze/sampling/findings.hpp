// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// What the steps show, a sentence each; they describe and claim nothing.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Study>& studies,
                                                const Options& options);

/// What a reader must know before believing any of it.
[[nodiscard]] std::vector<std::string> warnings(const std::vector<Study>& studies);

/// Problems, samples and checks of every study, a line each.
[[nodiscard]] std::vector<std::string> diagnostic_lines(const std::vector<Study>& studies);

}  // namespace phiscope::analyze::sampling
