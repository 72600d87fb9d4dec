// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"

namespace phiscope::extract {

/// Says what a run would take, without LibTorch: on standard error for people, and as one line of
/// JSON on standard output. The bits of a run are taken not to depend on its batch on the CPU,
/// which is so where LibTorch has MKL's reproducible mode.
void dry_run(const RunOptions& options, const CheckedModel& model, RunRequest request);

}  // namespace phiscope::extract
