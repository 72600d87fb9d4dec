// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace phiscope::report {

enum class Outcome {
  passed,
  failed,
  measured,  ///< a figure that nothing we know is compared with
  not_checked
};

/// "passed", "failed", "measured", "not checked"
[[nodiscard]] std::string_view outcome_name(Outcome outcome) noexcept;
[[nodiscard]] Outcome outcome_of(bool passed) noexcept;

/// One line of a checklist.
struct Check {
  std::string name = {};  ///< "all pairs done"
  Outcome outcome = Outcome::not_checked;
  std::string found = {};  ///< the numbers that decide it
};

/// "Check: all pairs done: passed (6 of 6 pairs)."
[[nodiscard]] std::string check_line(const Check& check);

}  // namespace phiscope::report
