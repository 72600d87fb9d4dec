// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace phiscope::extract {

/// Thrown at the next batch after SIGTERM, SIGUSR1 or SIGINT; the program exits with 75.
struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From here on SIGTERM, SIGUSR1 and SIGINT ask for a stop instead of ending the process, and a
/// file size limit is a write error instead of a signal.
void catch_stop_signals();

/// @throws Stopped if one of the signals has come
void stop_if_asked();

}  // namespace phiscope::extract
