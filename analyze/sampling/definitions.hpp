// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/manifold.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"
#include "sampling/analysis/variance.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// What a measure is, in one sentence.
[[nodiscard]] std::string definition(Spread spread);
[[nodiscard]] std::string definition(Apart apart);
[[nodiscard]] std::string divergence_definition();
[[nodiscard]] std::string contribution_definition();
[[nodiscard]] std::string cluster_definition();

/// The unit of a measure's axis.
[[nodiscard]] std::string spread_unit(Spread spread);

/// The terms that the report of these studies uses.
[[nodiscard]] std::vector<std::string> definitions(const std::vector<Study>& studies,
                                                   const Options& options);

}  // namespace phiscope::analyze::sampling
