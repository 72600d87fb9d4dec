// SPDX-License-Identifier: MIT
#include "ahead/row_kinds.hpp"

#include <algorithm>

namespace phiscope::extract {
namespace {

bool is_single_token(const Row& row) {
  return row.spans.size() == 1 && row.spans.front().end - row.spans.front().begin == 1;
}

}  // namespace

bool has_means(const Plan& plan, std::size_t space) {
  if (space == 0 && plan.generation.rows == GeneratedRows::pooled) return true;
  return std::ranges::any_of(plan.groups, [&](const Group& group) {
    return std::ranges::any_of(group.runs, [&](const Run& run) {
      return std::ranges::any_of(
          run.rows, [&](const Row& row) { return row.space == space && !is_single_token(row); });
    });
  });
}

bool has_measures(const Plan& plan, std::size_t space) {
  return std::ranges::any_of(plan.captures, [&](const Capture& capture) {
    return capture.space == space && capture.measure != Measure::values;
  });
}

bool stored_as_scores(const Plan& plan, std::size_t capture) {
  const Capture& one = plan.captures[capture];
  return one.hook == Hook::logits && one.measure == Measure::values && !has_means(plan, one.space);
}

}  // namespace phiscope::extract
