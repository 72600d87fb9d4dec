// SPDX-License-Identifier: MIT
#pragma once

#include "synthetic_run.hpp"

namespace phiscope::test {

/// The options that wrote tests/golden/loo/run: small, with undefined ratios at N = 4.
inline SyntheticRun golden_run() {
  SyntheticRun options;
  options.sink = "drop";
  options.lengths = {4, 9, 14};
  options.trials = 2;
  options.units = 3;
  return options;
}

}  // namespace phiscope::test
