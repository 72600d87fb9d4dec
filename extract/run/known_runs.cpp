// SPDX-License-Identifier: MIT
#include "run/known_runs.hpp"

#include "model/cpu/matrix_products.hpp"
#include "run/stepper.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {
namespace {

/// Values that are part of no larger memory.
at::Tensor alone(const at::Tensor& values) {
  const bool part =
      values.defined() && values.storage().nbytes() > static_cast<std::size_t>(values.nbytes());
  return part ? values.clone() : values;
}

}  // namespace

bool has_independent_rows(at::Device device) {
  return device.is_cpu() && matrix_products().reproducible;
}

KnownRuns::KnownRuns(const Plan& plan, const Model& model)
    : kept_(kept_runs(plan, model.config, at::elementSize(model.dtype),
                      has_independent_rows(model.device))) {}

void KnownRuns::prepare(GroupWalk& group) const {
  for (Walk& walk : group.walks) {
    const auto kept = kept_.wanted.find(walk.run->alike);
    if (kept == kept_.wanted.end()) continue;
    walk.wanted.places = kept->second.places;
    walk.wanted.first = kept->second.first;
    if (keeps_scores(walk)) walk.wanted.scores_from = kept->second.scores_from;
  }
}

void KnownRuns::keep(const Walk& walk, const FinishedRun& left) {
  if (!keeps(walk) || has(walk)) return;
  Known known{.arrays = left.arrays, .trace = walk.trace, .scores = {}};
  for (auto& [place, values] : known.trace.values) values = alone(values);
  if (keeps_scores(walk)) known.scores = walk.scores;
  known_.emplace(walk.run->alike, std::move(known));
}

const std::vector<at::Tensor>& KnownRuns::recall(Walk& walk) const {
  const Known& known = known_.at(walk.run->alike);
  walk.trace = known.trace;
  walk.scores = known.scores;
  walk.position = walk.length();
  walk.ended = true;
  return known.arrays;
}

}  // namespace phiscope::extract
