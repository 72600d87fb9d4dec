// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "run/walk.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace phiscope::extract {

struct FinishedRun;

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

/// Whether the bits of a run do not depend on what else is in its batch.
bool has_independent_rows(at::Device device);

/// Runs that are alike, as far as they were computed.
class KnownRuns {
 public:
  KnownRuns(const Plan& plan, const Model& model);

  /// Has runs of a group keep for others what any run like them has to.
  void prepare(GroupWalk& group) const;
  /// Keeps what a finished run leaves, if there is room for it.
  void keep(const Walk& walk, const FinishedRun& left);
  /// Whether a run like this one is kept, once there is one.
  [[nodiscard]] bool keeps(const Walk& walk) const {
    return kept_.wanted.contains(walk.run->alike);
  }
  /// Whether its scores are kept as well.
  [[nodiscard]] bool keeps_scores(const Walk& walk) const {
    return kept_.scores.contains(walk.run->alike);
  }
  /// Whether a run like this one was kept.
  [[nodiscard]] bool has(const Walk& walk) const { return known_.contains(walk.run->alike); }
  /// Puts a run that has set out at its end. @return  its rows @pre has()
  [[nodiscard]] const std::vector<at::Tensor>& recall(Walk& walk) const;

 private:
  struct Known {
    std::vector<at::Tensor> arrays;  ///< see FinishedRun
    RunTrace trace;
    Reference scores;
  };
  KeptRuns kept_;
  std::map<std::int64_t, Known> known_;
};

}  // namespace phiscope::extract
