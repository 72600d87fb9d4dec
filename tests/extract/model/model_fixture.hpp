// SPDX-License-Identifier: MIT
#pragma once

// clang-format off: LibTorch defines a CHECK of its own; Catch's must come after it and stay.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Logging.h>
#undef CHECK
#include "catch.hpp"
// clang-format on

#include "model/model.hpp"
#include "run/forward.hpp"
#include "run/group_runs.hpp"
#include "shard/npy.hpp"

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

/// All rows of the first capture, as they would be stored: [row, ...].
inline at::Tensor all_rows(const Model& model, const Plan& plan, const CapturedRows& rows) {
  return stored_rows(model, plan, rows, 0, 0, rows.first.back() + rows.count.back());
}

/// One hook of some runs in one batch: [token, layer, ...] or [token, ...].
inline at::Tensor capture_together(const Model& model, Hook hook, const std::vector<int>& layers,
                                   std::span<const Run* const> runs) {
  const Plan plan = capture_plan(hook, layers);
  return all_rows(model, plan, run_alone(model, plan, runs));
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
