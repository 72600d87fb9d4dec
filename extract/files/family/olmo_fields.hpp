// SPDX-License-Identifier: MIT
#pragma once

#include "files/family/fields.hpp"

namespace phiscope::extract {

/// Fields that OLMo-2 and OLMo-3 have in common: all but rotary positions and windows.
void read_olmo_sizes(const JsonFields& fields, ModelConfig& config);

}  // namespace phiscope::extract
