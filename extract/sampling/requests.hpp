// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"
#include "sampling/inputs.hpp"
#include "sampling/options.hpp"
#include "sampling/texts.hpp"

namespace phiscope::extract {

/// What every step of an experiment begins with.
struct SamplingSetting {
  const SamplingOptions& options;
  const CheckedModel& model;
  SamplingProblems problems;
  GivenTexts texts;  ///< where --texts names some
};

/// The run of a step, except attribution.
/// @throws std::runtime_error or shard::FormatError for inputs that it cannot use
RunRequest sampling_request(const SamplingSetting& setting, SamplingStep step);

}  // namespace phiscope::extract
