// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "plan/plan.hpp"

namespace phiscope::extract {

/// Where a model's rotary frequencies depend on the length of a pass (dynamic, longrope), the keys
/// of a shared beginning fit only runs whose passes have the same frequencies. A run's given tokens
/// are one pass; each generated token is a pass of its own whose length counts what is cached, as
/// in `generate` of Hugging Face transformers.
/// @throws std::runtime_error naming the run, in one line, if the plan
///         - lets a run share a beginning with one that has other frequencies,
///         - lets a run of latents, or one that quotes others, pass the trained context,
///         - lets a Phi-3 of type longrope generate beyond the trained context after a prompt
///         within
///           it: transformers then computes the whole text anew with other frequencies
void check_pass_lengths(const ModelConfig& config, const Plan& plan);

}  // namespace phiscope::extract
