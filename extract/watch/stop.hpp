// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace phiscope::extract {

/// Thrown where the work may be left after SIGTERM, SIGUSR1 or SIGINT; the program exits with
/// stopped_status.
struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Exit status of a run that was stopped and can be resumed: EX_TEMPFAIL.
inline constexpr int stopped_status = 75;

/// From here on SIGTERM, SIGUSR1 and SIGINT ask for a stop, which is said at once. Whoever computes
/// asks stop_if_asked() between tensors, blocks and batches, and finished shards are committed.
/// Where a single step or the disk takes longer, or a second signal comes, the process ends at once
/// with the same status: what is committed is whole, and the rest is what any kill leaves. Signals
/// within a second are one: both Slurm and the script that it runs may send it. A SIGUSR1 that was
/// held while the program was loaded comes now.
/// @param seconds  after which the process has ended
void catch_stop_signals(unsigned seconds = 10);

/// @throws Stopped if one of the signals has come
void stop_if_asked();

}  // namespace phiscope::extract
