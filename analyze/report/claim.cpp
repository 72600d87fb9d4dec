// SPDX-License-Identifier: MIT
#include "report/claim.hpp"

#include <phiscope/holm.hpp>

#include <algorithm>
#include <array>

namespace phiscope::report {
namespace {

Verdict verdict_of(const Judged& judged) {
  const bool exploratory = judged.claim.role == Role::exploratory;
  const double level = exploratory ? exploratory_level : primary_level;
  if (!judged.p.ok() || judged.least_p > level) return Verdict::cannot_be_shown;
  return judged.p.value() <= level ? Verdict::shown : Verdict::not_shown;
}

/// Holm's correction of the claims or verdicts of a family, all of which have a p-value.
/// @return  [one], their corrected p-values
template <typename Tested>
std::vector<double> corrected(std::span<Tested* const> family) {
  std::vector<double> p_values;
  p_values.reserve(family.size());
  for (Tested* one : family) {
    p_values.push_back(one->p.value());
    one->least_p = std::min(1.0, one->least_p * static_cast<double>(family.size()));
  }
  return holm(p_values);
}

void correct_exploratory(std::vector<Judged>& judged) {
  std::vector<Judged*> family;
  for (Judged& one : judged) {
    if (one.claim.role == Role::exploratory && one.p.ok()) family.push_back(&one);
  }
  const std::vector<double> p_values = corrected<Judged>(family);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->p = p_values[i];
}

/// Two significant digits, or more where rounding would move the number across a level.
std::string rounded_p(double p) {
  for (int digits = 2;; ++digits) {
    const std::string text = rounded_text(p, digits);
    const double shown = std::stod(text);
    const bool keeps_side = (shown <= primary_level) == (p <= primary_level) &&
                            (shown <= exploratory_level) == (p <= exploratory_level);
    if (keeps_side || digits == 6) return text;
  }
}

std::string role_text(Role role) {
  switch (role) {
    case Role::primary:
      return "Primary: ";
    case Role::unnamed:
      return "Primary by default, not named before the run: ";
    case Role::exploratory:
      break;
  }
  return "Exploratory: ";
}

std::string verdict_text(const Judged& judged) {
  if (judged.verdict == Verdict::cannot_be_shown) {
    const std::string why = judged.p.ok() ? "no p below " + rounded_text(judged.least_p, 2)
                                          : std::string(status_name(judged.p.status()));
    return "cannot be shown with " + judged.claim.design + " (" + why + ")";
  }
  std::string p = p_text(judged.claim.p.value());
  if (judged.p != judged.claim.p) p += ", corrected " + rounded_p(judged.p.value());
  return (judged.verdict == Verdict::shown ? "shown (" : "not shown (") + p + ")";
}

Cell cell_of(const Value& value) {
  if (value.ok()) return value.value();
  return Undefined{std::string(status_name(value.status()))};
}

}  // namespace

void correct_primaries(std::vector<Claim>& claims, std::string_view runs) {
  std::vector<Claim*> family;
  for (Claim& claim : claims) {
    if (claim.role != Role::exploratory && claim.p.ok()) family.push_back(&claim);
  }
  if (family.size() < 2) return;
  const std::vector<double> p_values = corrected<Claim>(family);
  for (std::size_t i = 0; i < family.size(); ++i) {
    family[i]->p_over_runs = p_values[i];
    family[i]->design += ", " + std::to_string(family.size()) + " " + std::string(runs);
  }
}

std::vector<Judged> judge(std::span<const Claim> claims) {
  std::vector<Judged> judged;
  judged.reserve(claims.size());
  for (const Claim& claim : claims) {
    judged.push_back({.claim = claim,
                      .p = claim.p_over_runs ? Value(*claim.p_over_runs) : claim.p,
                      .least_p = claim.least_p});
  }
  std::stable_partition(judged.begin(), judged.end(),
                        [](const Judged& one) { return one.claim.role != Role::exploratory; });
  correct_exploratory(judged);
  for (Judged& one : judged) one.verdict = verdict_of(one);
  return judged;
}

std::string verdict_name(Verdict verdict) {
  constexpr std::array<std::string_view, 3> names = {"shown", "not_shown", "cannot_be_shown"};
  return std::string(names[static_cast<std::size_t>(verdict)]);
}

std::string role_name(Role role) {
  constexpr std::array<std::string_view, 3> names = {"primary", "unnamed", "exploratory"};
  return std::string(names[static_cast<std::size_t>(role)]);
}

std::string sentence(const Judged& judged) {
  const Claim& claim = judged.claim;
  std::string text = role_text(claim.role) + claim.about + ": " + verdict_text(judged);
  if (!claim.evidence.empty()) text += "; " + claim.evidence;
  std::string separator = ", but ";
  for (const std::string& caveat : claim.caveats) {
    text += separator + caveat;
    separator = " and ";
  }
  return text + ".";
}

Table claims_table(std::span<const Judged> judged) {
  Table table{.columns = {"role", "claim", "verdict", "p_value", "p_corrected", "least_p", "design",
                          "evidence", "caveats"},
              .rows = {}};
  for (const Judged& one : judged) {
    std::string caveats;
    for (const std::string& caveat : one.claim.caveats) {
      caveats += (caveats.empty() ? "" : "; ") + caveat;
    }
    table.rows.push_back({role_name(one.claim.role), one.claim.about, verdict_name(one.verdict),
                          cell_of(one.claim.p), cell_of(one.p), number_cell(one.least_p),
                          one.claim.design, one.claim.evidence, caveats});
  }
  return table;
}

std::string p_text(double p) {
  return "p = " + rounded_p(p);
}

}  // namespace phiscope::report
