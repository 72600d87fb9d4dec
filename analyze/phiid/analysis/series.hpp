// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/input.hpp"
#include "phiid/analysis/options.hpp"

#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <vector>

namespace phiscope::analyze::phiid {

/// A head whose series under one prompt cannot be decomposed there.
struct BrokenSeries {
  std::size_t prompt = 0;
  std::size_t head = 0;
  Status status = Status::ok;  ///< nonfinite | constant_series
};

/// The series as they are decomposed, and what is known of each head.
struct Series {
  std::size_t heads = 0;
  std::vector<std::vector<double>> values;  ///< [prompt][step, head], without trend
  std::vector<Value> level;                 ///< [head]: mean of all finite input values
  std::vector<Value> autocorrelation;       ///< [head]: mean over the prompts where it is defined
  std::vector<Value> trend;  ///< [head]: share of the variance that a line explains, likewise
  std::vector<bool> dead;    ///< [head]: 0 at every step of every prompt
  std::vector<BrokenSeries> broken;  ///< by prompt, then head
  std::size_t transitions = 0;       ///< the fewest that enter one decomposition

  /// Each prompt as [step, head]; valid as long as `values`.
  [[nodiscard]] std::vector<MatrixView<double>> views() const;
};

/// Takes the trend out of every series (prompt by prompt) and describes the heads. A series whose
/// logarithm does not exist becomes NaN; what is left of an exact trend, below rounding, is 0.
[[nodiscard]] Series prepare(const Input& input, const Options& options);

}  // namespace phiscope::analyze::phiid
