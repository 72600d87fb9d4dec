// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/options.hpp"
#include "ablate/orders.hpp"
#include "files/model/config.hpp"

#include <string>
#include <vector>

namespace phiscope::extract {

/// The orders of --orders and --score-column: random:FIRST-LAST; the name of a column of the
/// ranking files, with or without "_score", highest first; and last, for every ranking among these,
/// random-in-layer:FIRST-LAST.
/// @throws std::runtime_error or shard::FormatError naming what was found and expected
std::vector<AblationOrder> read_orders(const AblateOptions& options, const ModelConfig& config);

/// What --primary names: an order against the random orders, or "NAME:in-layer", a ranking against
/// the random orders within its layers.
/// @param given  empty: the first ranking, else the first order that is not random
/// @return  empty if there is nothing but random orders
/// @throws std::runtime_error naming what was found and expected
std::string primary_comparison(const std::string& given, const std::vector<AblationOrder>& orders);

}  // namespace phiscope::extract
