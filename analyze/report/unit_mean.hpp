// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/estimate.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <map>
#include <span>

namespace phiscope::report {

/// A mean over units (pairs, problems), some of which have no value.
struct UnitMean {
  Estimate mean = {};                            ///< over the units where it is defined
  std::size_t count = 0;                         ///< units, defined or not
  std::map<Status, std::size_t> undefined = {};  ///< how many are not, and why

  [[nodiscard]] std::size_t defined() const;
};

/// Mean of values over units with its interval; undefined ones are counted. Where all units have
/// one reason, it is the reason of the mean.
[[nodiscard]] UnitMean unit_mean(std::span<const Value> values, const BootstrapOptions& options);

}  // namespace phiscope::report
