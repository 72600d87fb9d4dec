// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::process {

/// From here on a file that would become larger than the process may make files (ulimit -f) is a
/// write error, "File too large", as a full disk is, instead of SIGXFSZ.
void report_file_size_limit();

}  // namespace phiscope::process
