// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/group_needs.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>

namespace phiscope::extract {

/// Values of one run at some places, for runs that share its beginning, or take its values.
struct RunTrace {
  std::int64_t first = 0;                ///< position of the first row
  std::map<Place, at::Tensor> values{};  ///< [position from `first` on, ...]; undefined: none yet

  /// Values at `count` positions from `position` on.
  /// @throws std::out_of_range where the place is not kept
  [[nodiscard]] at::Tensor rows(const Place& place, std::int64_t position,
                                std::int64_t count) const {
    return values.at(place).narrow(0, position - first, count);
  }
};

/// Traces that actions of a run take values from, by the run of their Source.
using GroupTraces = std::map<std::size_t, const RunTrace*>;

}  // namespace phiscope::extract
