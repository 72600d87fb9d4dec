// SPDX-License-Identifier: MIT
#include "run/divergence.hpp"

#include "run/score_divergence.hpp"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace phiscope::extract {
namespace {

double measured(Measure measure, const LogitDivergence& divergence) {
  if (!divergence.kl.ok()) {
    throw std::runtime_error(
        "logits: not finite where two runs are compared, expected finite "
        "values");
  }
  switch (measure) {
    case Measure::kl:
      return divergence.kl.value();
    case Measure::reverse_kl:
      return divergence.reverse_kl.value();
    case Measure::prediction_changed:
      return divergence.prediction_changed ? 1.0 : 0.0;
    case Measure::values:
      break;
  }
  throw std::invalid_argument("measured: values are no measure");
}

/// Divergences of one span of a run, [position]; none where the run is the first one still.
std::vector<LogitDivergence> divergences(const Model& model, const Reference& reference,
                                         const Span& span, std::int64_t first_row,
                                         const at::Tensor& normed) {
  const std::int64_t count = span.end - span.begin;
  std::vector<LogitDivergence> all;
  constexpr std::int64_t portion_bytes = 16'000'000;
  const std::int64_t portion =
      std::max<std::int64_t>(8, portion_bytes / (8 * model.config.vocab) / 8 * 8);
  for (std::int64_t from = 0; from < count; from += portion) {
    const std::int64_t size = std::min(portion, count - from);
    const at::Tensor scores =
        comparable_scores(logits(model, normed.narrow(0, first_row + from, size)));
    const auto found =
        score_divergences(reference.scores, span.begin - reference.first + from, scores);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace

bool has_measures(const Plan& plan) {
  return std::ranges::any_of(
      plan.captures, [](const Capture& capture) { return capture.measure != Measure::values; });
}

Reference reference_scores(const Model& model, const Plan& plan, const Group& group,
                           const BaseRun& base) {
  Reference reference;
  if (!has_measures(plan)) return reference;
  int first = std::numeric_limits<int>::max();
  int end = 0;
  for (std::size_t r = 1; r < group.runs.size(); ++r) {
    for (const Row& row : group.runs[r].rows) {
      for (const Span& span : row.spans) {
        first = std::min(first, span.begin);
        end = std::max(end, span.end);
      }
    }
  }
  if (first >= end) return reference;
  const at::Tensor normed = base.trace.at({Hook::final_norm, 0});
  reference.first = first;
  reference.scores = comparable_scores(logits(model, normed.narrow(0, first, end - first)));
  return reference;
}

void add_measures(const Model& model, const Plan& plan, const Reference& reference,
                  std::span<const Run* const> runs, const Batch& batch,
                  std::span<const std::size_t> lane_of, const at::Tensor& normed,
                  CapturedRows& rows) {
  std::vector<std::size_t> measures;
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    if (plan.captures[c].measure == Measure::values) continue;
    measures.push_back(c);
    rows.arrays.at(c) = at::zeros({rows.first.back() + rows.count.back()}, at::kDouble);
  }
  for (std::size_t r = 0; r < runs.size() && !measures.empty(); ++r) {
    const Lane& lane = batch.lanes.at(lane_of[r]);
    const auto start = static_cast<int>(lane.start);
    std::int64_t at = rows.first[r];
    for (const Row& row : runs[r]->rows) {
      for (const Span& whole : row.spans) {
        const Span span{std::max(whole.begin, start), whole.end};
        if (span.begin >= span.end) continue;
        const double share =
            1.0 / (static_cast<double>(row.spans.size()) * (whole.end - whole.begin));
        const std::vector<LogitDivergence> found = divergences(
            model, reference, span, batch.begin[lane_of[r]] + span.begin - start, normed);
        for (const std::size_t c : measures) {
          double sum = 0.0;
          for (const LogitDivergence& one : found) sum += measured(plan.captures[c].measure, one);
          rows.arrays[c].mutable_data_ptr<double>()[at] += sum * share;
        }
      }
      ++at;
    }
  }
}

}  // namespace phiscope::extract
