// SPDX-License-Identifier: MIT
#pragma once

#include "files/family/fields.hpp"

namespace phiscope::extract {

/// Fields that Gemma-2 and Gemma-3 have in common: all but rotary positions and windows.
void read_gemma_sizes(const JsonFields& fields, ModelConfig& config);

}  // namespace phiscope::extract
