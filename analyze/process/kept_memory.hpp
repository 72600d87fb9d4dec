// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::process {

/// Keeps memory that is freed, up to 512 MB, for what is asked for next: pages that the system
/// takes back and gives again cost a sixth of an analysis of many heads. Does nothing where the C
/// library is not GNU's, or where the environment sets its thresholds (MALLOC_TRIM_THRESHOLD_).
void keep_freed_memory();

}  // namespace phiscope::process
