// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"
#include "patching/inputs.hpp"
#include "patching/options.hpp"

#include <string>

namespace phiscope::extract {

/// Fills Plan::donors and PatchLayout::donor_row from the clean_latents of --donors, where the
/// donor is mean, resample or noise: the mean over the other pairs at the same layer and step;
/// another pair's, the same at all sites of a pair, drawn by the seed; standard normal numbers of
/// (seed, pair, layer, step, unit) times the standard deviation of that unit over the pairs.
/// @return  SHA-256 of the run's manifest; "" where nothing is needed
/// @throws std::runtime_error or shard::FormatError: a run of another model, hook or layers, or
///         without some pair
std::string take_donors(const PatchingOptions& options, const TokenPairs& read,
                        const CheckedModel& model, PatchLayout& layout, Plan& plan);

}  // namespace phiscope::extract
