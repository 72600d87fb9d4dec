// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <optional>

namespace phiscope::report {

/// What a figure draws of a number: nothing where it is undefined, so that a curve has a gap there.
inline std::optional<double> drawn(const Value& value) {
  return value.ok() ? std::optional<double>(value.value()) : std::nullopt;
}

}  // namespace phiscope::report
