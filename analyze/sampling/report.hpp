// SPDX-License-Identifier: MIT
#pragma once

#include "report/analysis.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"
#include "sampling/judging.hpp"

#include <optional>
#include <vector>

namespace phiscope::analyze::sampling {

/// The report of some studies as a value. @param verdicts  of `judge`, where there are some
[[nodiscard]] report::Analysis report_of(const std::vector<Study>& studies, const Options& options,
                                         const std::optional<Verdicts>& verdicts = std::nullopt);

}  // namespace phiscope::analyze::sampling
