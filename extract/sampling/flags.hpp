// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::extract {

class Flags;
struct SamplingOptions;

/// Adds the flags of `extract sampling`.
void add_sampling_flags(Flags& flags, SamplingOptions& options);

}  // namespace phiscope::extract
