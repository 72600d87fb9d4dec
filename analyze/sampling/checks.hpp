// SPDX-License-Identifier: MIT
#pragma once

#include "report/check.hpp"
#include "sampling/analysis/study.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// What must hold of every study: steps that are done, finite numbers, cosines up to 1, some
/// problem with different samples, contributions that add up. Those of absent steps are left out.
[[nodiscard]] std::vector<report::Check> checklist(const Study& study);

/// Problems at a temperature above 0 whose samples are all one text: the sign of a generation that
/// was drawn once and copied.
struct Identical {
  std::size_t cells = 0;  ///< problem x temperature with at least two texts
  std::size_t same = 0;   ///< of them: all texts are equal
};
[[nodiscard]] Identical identical_samples(const Samples& run);

/// The largest error of the frozen contributions' sum, relative to what rounding goes with.
struct SumError {
  std::size_t points = 0;  ///< compared
  double largest = 0.0;
  double allowed = 0.0;  ///< by the model's dtype
};
[[nodiscard]] SumError sum_error(const Attribution& result);

/// Share of the samples at the last checkpoint that ended before it, at temperatures above 0.
[[nodiscard]] double share_ended(const Variance& result);

}  // namespace phiscope::analyze::sampling
