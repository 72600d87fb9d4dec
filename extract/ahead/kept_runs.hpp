// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/group_needs.hpp"
#include "files/model/config.hpp"
#include "plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace phiscope::extract {

/// What of runs that are alike (Run::alike) a task keeps from the first to the last: by number,
/// what any of them has to keep for others.
struct KeptRuns {
  std::map<std::int64_t, Wanted> wanted{};
  std::set<std::int64_t> scores{};  ///< of those that others are compared with; the rest of these
                                    ///< compute them again from what follows the final norm
  std::uint64_t bytes = 0;          ///< of all of them, with their rows
};

/// Bytes of kept runs, at most: a quarter of the weights or 256 MiB, whichever is more.
std::uint64_t most_kept_bytes(const ModelConfig& config, std::size_t item_bytes);

/// The runs of a plan that are kept: those that occur twice or more and of which others take
/// nothing but values, in the order of their numbers as long as there is room, and then scores that
/// others are compared with as long as there is still some. Nothing on a device where the bits of a
/// run depend on its batch: there no shard may look at another.
/// @param independent  whether they do not
KeptRuns kept_runs(const Plan& plan, const ModelConfig& config, std::size_t item_bytes,
                   bool independent);

}  // namespace phiscope::extract
