// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// What the terms of a report mean.
[[nodiscard]] std::vector<std::string> definitions(const Options& options);

/// Of importance, as figures say it.
[[nodiscard]] std::string importance_definition();

}  // namespace phiscope::analyze::steps
