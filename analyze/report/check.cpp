// SPDX-License-Identifier: MIT
#include "report/check.hpp"

#include <array>
#include <cstddef>

namespace phiscope::report {

std::string_view outcome_name(Outcome outcome) noexcept {
  constexpr std::array<std::string_view, 4> names = {"passed", "failed", "measured", "not checked"};
  return names[static_cast<std::size_t>(outcome)];
}

Outcome outcome_of(bool passed) noexcept {
  return passed ? Outcome::passed : Outcome::failed;
}

std::string check_line(const Check& check) {
  return "Check: " + check.name + ": " + std::string(outcome_name(check.outcome)) + " (" +
         check.found + ").";
}

}  // namespace phiscope::report
