// SPDX-License-Identifier: MIT
#pragma once

namespace phiscope::process {

/// Puts something in the place of standard streams that are closed: else the next file that is
/// opened would be one, and what is printed would go into it. Writing to a closed stream fails.
void keep_standard_streams();

/// Writes out what was printed: a program that ends well has told so.
/// @throws std::runtime_error "standard output: cannot write: <reason of the system>"
void flush_standard_output();

}  // namespace phiscope::process
