// SPDX-License-Identifier: MIT
#pragma once

#include "extract/run/torch_catch.hpp"
#include "model/model.hpp"
#include "run/forward.hpp"
#include "run/stored_rows.hpp"
#include "shard/npy/npy.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

using namespace phiscope::extract;

/// An array of a shard as a float64 tensor.
inline at::Tensor read_tensor(const std::filesystem::path& file) {
  const shard::NpyFile npy(file);
  std::vector<double> values = npy.read<double>();
  const std::vector<std::int64_t> shape(npy.shape().begin(), npy.shape().end());
  return at::from_blob(values.data(), shape, at::TensorOptions().dtype(at::kDouble)).clone();
}

/// A row for every token of a run.
inline Run token_run(std::vector<int> tokens) {
  Run run{.tokens = std::move(tokens), .rows = {}};
  for (int position = 0; position < static_cast<int>(run.tokens.size()); ++position) {
    run.rows.push_back({.key = {position}, .spans = {{position, position + 1}}});
  }
  return run;
}

/// A plan that captures one hook of some layers.
inline Plan capture_plan(Hook hook, std::vector<int> layers) {
  Plan plan;
  plan.captures.push_back({.array = "x", .hook = hook, .layers = std::move(layers)});
  return plan;
}

inline std::vector<int> all_layers(const Model& model, int first = 0) {
  std::vector<int> layers(static_cast<std::size_t>(model.config.layers - first));
  std::iota(layers.begin(), layers.end(), first);
  return layers;
}

/// Rows of some runs, and where those of each are.
struct CapturedRows {
  std::vector<at::Tensor> arrays;   ///< [capture] as they are stored; undefined without rows
  std::vector<std::int64_t> first;  ///< [run] first row of the first capture
  std::vector<std::int64_t> count;  ///< [run] rows of the first capture
  std::vector<std::vector<int>> generated;
  std::vector<std::vector<float>> log_probabilities;
  std::uint64_t tokens = 0;
};

/// Everything that a plan's groups yield, in their order; donors are left out.
inline CapturedRows run_plan(const Model& model, const Plan& plan, std::size_t batch_size,
                             const GroupTraces& more = {}) {
  Stepper stepper(model, plan, batch_size, more);
  stepper.begin(plan.groups);
  CapturedRows all;
  std::vector<std::vector<at::Tensor>> parts(plan.captures.size());
  std::int64_t rows = 0;
  for (bool going = true; going;) {
    going = stepper.step();
    const std::vector<FinishedRun> finished = stepper.take_finished();
    for (std::size_t c = 0; c < parts.size(); ++c) {
      StoredRows stored(model, plan, c, finished);
      while (const auto some = stored.next()) parts[c].push_back(*some);
    }
    for (const FinishedRun& run : finished) {
      const bool any = !run.arrays.empty() && run.arrays[0].defined();
      all.first.push_back(rows);
      all.count.push_back(any ? run.arrays[0].size(0) : 0);
      rows += all.count.back();
      all.generated.push_back(run.generated);
      all.log_probabilities.push_back(run.log_probabilities);
    }
  }
  for (const auto& part : parts) {
    all.arrays.push_back(part.empty() ? at::Tensor() : at::cat(part, 0));
  }
  all.tokens = stepper.take_timed().tokens.all();
  return all;
}

/// The same of runs that have nothing to do with each other, in one batch.
inline CapturedRows run_alone(const Model& model, Plan plan, std::span<const Run* const> runs) {
  plan.groups.clear();
  for (const Run* run : runs) plan.groups.push_back({.runs = {*run}});
  return run_plan(model, plan, runs.size());
}

/// The same of one group.
inline CapturedRows run_group(const Model& model, Plan plan, const Group& group,
                              std::size_t batch_size) {
  plan.groups = {group};
  return run_plan(model, plan, batch_size);
}

/// One hook of some runs in one batch: [token, layer, ...] or [token, ...].
inline at::Tensor capture_together(const Model& model, Hook hook, const std::vector<int>& layers,
                                   std::span<const Run* const> runs) {
  return run_alone(model, capture_plan(hook, layers), runs).arrays[0];
}

/// One hook of one run, alone.
inline at::Tensor capture_alone(const Model& model, Hook hook, const std::vector<int>& layers,
                                const Run& run) {
  const Run* const runs[] = {&run};
  return capture_together(model, hook, layers, runs);
}

/// Largest |a - b| over max(1, largest |b|), as the tolerances are stated.
inline double scaled_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wanted = b.to(at::kDouble);
  if (a.sizes() != wanted.sizes()) return INFINITY;
  const double scale = std::max(1.0, wanted.abs().max().item<double>());
  return (a.to(at::kDouble) - wanted).abs().max().item<double>() / scale;
}

}  // namespace phiscope::test
