// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/measure.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// What a measure is, in one sentence: below its figures and in the report's definitions.
[[nodiscard]] std::string definition(Measure measure);

/// The terms of the report: of all measures, read-outs, intervals and tests.
[[nodiscard]] std::vector<std::string> definitions();

}  // namespace phiscope::analyze::patching
