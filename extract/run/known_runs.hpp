// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/kept_runs.hpp"
#include "model/model.hpp"
#include "plan/plan.hpp"
#include "run/walk.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace phiscope::extract {

struct FinishedRun;

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
