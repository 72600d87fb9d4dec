// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"

#include <phiscope/value.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::report {

/// Whether a test was chosen before there was anything to choose by.
enum class Role {
  primary,      ///< named in the plan, before the run
  unnamed,      ///< the program's default, since the plan names none: older runs, plain arrays
  exploratory,  ///< every other test
};

enum class Verdict {
  shown,            ///< p at most the level
  not_shown,        ///< a larger p; that is no evidence of the contrary
  cannot_be_shown,  ///< no data of this design could have had a p at most the level
};

/// A sentence that could have turned out otherwise, with the test that decides it.
struct Claim {
  std::string about = {};  ///< what is true if it is shown: "balance is an inverted U over depth"
  Role role = Role::exploratory;
  Value p = Status::too_few_rows;          ///< corrected within the claim (layers, rankings, heads)
  std::optional<double> p_over_runs = {};  ///< made by correct_primaries()
  double least_p = 0.0;                    ///< the smallest p that the design can give
  std::string design = {};    ///< what limits it, after "with": "5 random orders", "4 layers"
  std::string evidence = {};  ///< numbers with their intervals: "AUC ratio 0.775 [...] (...)"
  std::vector<std::string> caveats = {};  ///< severe warnings: "39 of 60 prompts loop"
};

/// p-value at which a claim counts as shown. A test that nobody named before the run is one of many
/// that could have been reported: it is corrected by Holm over all exploratory claims of the report
/// and held to a stricter level, so that a report without any effect claims something in at most 6
/// % of cases.
inline constexpr double primary_level = 0.05;
inline constexpr double exploratory_level = 0.01;

/// Holm's correction of the claims that are not exploratory and have a p-value, where a report has
/// several: one per run. Their smallest possible p grows with their number, which the design names.
/// @param runs  what there are several of: "runs" makes "20 walks" "20 walks, 2 runs"
void correct_primaries(std::vector<Claim>& claims, std::string_view runs);

/// A claim as it is told.
struct Judged {
  Claim claim = {};
  /// The claim's after Holm's correction, if it is exploratory or one of several runs.
  Value p = Status::too_few_rows;
  double least_p = 0.0;  ///< likewise
  Verdict verdict = Verdict::not_shown;
};

/// The claims of one report with their verdicts, those that are not exploratory first.
[[nodiscard]] std::vector<Judged> judge(std::span<const Claim> claims);

/// "shown", "not_shown", "cannot_be_shown"
[[nodiscard]] std::string verdict_name(Verdict verdict);
/// "primary", "unnamed", "exploratory"
[[nodiscard]] std::string role_name(Role role);

/// "Primary: balance is an inverted U over depth: not shown (p = 0.21); 0.31 [...] (...), but 39 of
/// 60 prompts loop."
[[nodiscard]] std::string sentence(const Judged& judged);

/// One row per claim: role, claim, verdict, p_value, p_corrected, least_p, design, evidence,
/// caveats.
[[nodiscard]] Table claims_table(std::span<const Judged> judged);

/// "p = 0.034", "p = 0.0030": two significant digits; more where they would move it across a level
/// ("p = 0.0502").
[[nodiscard]] std::string p_text(double p);

}  // namespace phiscope::report
