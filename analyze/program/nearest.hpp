// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phiscope::program {

/// Single letters that must be put in, taken out, changed or swapped with their neighbour to make
/// `a` of `b` (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// ", did you mean X?" for the known word that is nearest to `word`, the first of equally near
/// ones; empty if none is within a third of its letters, or two.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace phiscope::program
