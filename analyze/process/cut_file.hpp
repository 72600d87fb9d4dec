// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace phiscope::process {

/// From here on a file that is cut while it is mapped, or whose disk fails, ends the process with
/// one line on standard error and status 1 instead of SIGBUS: there is nothing that a reader could
/// be given. As after any kill, what was committed is whole.
/// @param prefix  begins the line, e.g. "error: "; at most 100 bytes of it
void report_cut_files(std::string_view prefix);

}  // namespace phiscope::process
