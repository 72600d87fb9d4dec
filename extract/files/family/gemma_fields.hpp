// SPDX-License-Identifier: MIT
#pragma once

#include "files/family/fields.hpp"

namespace phiscope::extract {

/// What holds where a Gemma's file is silent: those for text and images leave most fields out.
struct GemmaDefaults {
  std::int64_t vocab = 0;
  std::int64_t heads = 8;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 256;
  std::int64_t max_positions = 0;
};

/// Fields that Gemma-2 and Gemma-3 have in common: all but rotary positions and windows.
void read_gemma_sizes(const JsonFields& fields, const GemmaDefaults& defaults, ModelConfig& config);

}  // namespace phiscope::extract
