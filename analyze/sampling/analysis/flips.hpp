// SPDX-License-Identifier: MIT
#pragma once

#include "report/unit_mean.hpp"
#include "sampling/analysis/options.hpp"

#include <phiscope/value.hpp>

#include <span>
#include <vector>

namespace phiscope::analyze::sampling {

/// A mean over problems.
using Cell = report::UnitMean;

/// Mean of values over problems with its interval; undefined ones are counted.
[[nodiscard]] Cell cell_of(std::span<const Value> values, const Options& options);

/// Whether a mean difference over problems is 0, at one of several layers: signs of whole problems
/// are flipped.
struct LayerTest {
  Value p = Status::too_few_rows;           ///< of this layer alone, two-sided
  Value p_holm = Status::too_few_rows;      ///< Holm's correction over the layers
  Value p_max = Status::too_few_rows;       ///< by the largest statistic of the layers
  double least_p = 1.0;                     ///< the smallest p that the design can give
  Value difference = Status::too_few_rows;  ///< mean over problems of what is tested
};

/// Tests of all layers together. @param differences  [problem][layer]
/// @return  [layer]
[[nodiscard]] std::vector<LayerTest> test_layers(const std::vector<std::vector<Value>>& differences,
                                                 std::size_t layers, const Options& options);

}  // namespace phiscope::analyze::sampling
