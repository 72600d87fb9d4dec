// SPDX-License-Identifier: MIT
#include "phiid/claims.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <optional>

namespace phiscope::analyze::phiid {
namespace {

using report::Claim;
using report::Role;

/// A tenth of the prompts checked: fewer are a warning, not a reason to doubt a claim.
bool is_severe(std::size_t prompts, std::size_t checked) {
  return prompts > 0 && 10 * prompts >= checked;
}

/// Severe warnings in the words of a clause. @param plain,detrended  p-values of the claim with the
/// trend that heads share and without it
std::vector<std::string> caveats(const RunResult& run, const Value& plain, const Value& detrended) {
  const Severe counted = severe(run.prompts, run.series);
  std::vector<std::string> found;
  std::size_t told = 0;  // how many were checked for the clause before
  const auto add = [&](std::size_t prompts, std::size_t checked, const char* what) {
    if (!is_severe(prompts, checked)) return;
    std::string all;
    if (checked != told) {
      all = " of " + std::to_string(checked) + (checked < counted.prompts ? " checked" : "") +
            " prompts";
    }
    told = checked;
    found.push_back(std::to_string(prompts) + all + what);
  };
  add(counted.loops, counted.loops_checked, " loop");
  add(counted.after_end, counted.ends_checked, " run past their end");
  add(counted.unknown, counted.unknown_checked, " hold unknown tokens");
  if (!counted.shares_trend()) return found;
  std::string text = std::to_string(counted.trended) + " of " + std::to_string(counted.heads) +
                     " heads have a trend";
  if (plain.ok() && detrended.ok()) {
    text += " (" + report::p_text(plain.value()) + " with it, " +
            rounded_text(detrended.value(), 2) + " without)";
  }
  found.push_back(std::move(text));
  return found;
}

/// Completes a claim whose p-value is that of the series as they are. Where a trend is shared it
/// has to hold without the trend as well: the larger p-value decides.
/// @param detrended  name of the p-value among the key numbers
void judge_both_ways(const RunResult& run, const std::string& detrended, Claim& claim) {
  const bool twice = !run.detrended.empty();
  const Value without = twice ? key_number(run.detrended, detrended) : claim.p;
  claim.caveats = caveats(run, claim.p, twice ? without : Value(Status::no_pairs));
  if (!claim.p.ok() || !twice) return;
  claim.p = without.ok() ? Value(std::max(claim.p.value(), without.value())) : without;
}

/// Numbers give way to warnings: a sentence that holds both would not be read.
std::string evidence(const std::vector<std::string>& caveats, const std::string& whole,
                     const std::string& brief) {
  if (caveats.size() < 2) return whole;
  return caveats.size() < 4 ? brief : "";
}

bool is_u(std::size_t shape) {
  return shape == 1;
}

/// One ranking and one of both shapes.
struct Candidate {
  std::size_t ranking = 0;
  std::size_t shape = 0;  ///< 0: inverted U, 1: U
};

Value alone(const RunResult& run, Candidate one) {
  const DepthShape& shape = run.shapes.numbers[one.ranking];
  return is_u(one.shape) ? shape.p_u : shape.p_inverted_u;
}

Value corrected(const RunResult& run, Candidate one) {
  const DepthShape& shape = run.shapes.numbers[one.ranking];
  return is_u(one.shape) ? shape.family_p_u : shape.family_p_inverted_u;
}

const Profile& ranking_profile(const RunResult& run, std::size_t ranking) {
  return *std::find_if(run.profiles.begin(), run.profiles.end(), [ranking](const Profile& one) {
    return one.measure == ranking_column(rankings[ranking]);
  });
}

Claim shape_claim(const RunResult& run, Candidate one, Role role) {
  const bool by_itself = role != Role::exploratory;
  const Profile& profile = ranking_profile(run, one.ranking);
  const std::string column(ranking_column(rankings[one.ranking]));
  const std::string shape = is_u(one.shape) ? " u p" : " inverted_u p";
  Claim claim{.about = std::string(ranking_name(rankings[one.ranking])) +
                       (is_u(one.shape) ? " is a U over depth" : " is an inverted U over depth"),
              .role = role,
              .p = by_itself ? alone(run, one) : corrected(run, one),
              .least_p = run.shapes.least_p,
              .design = count_text(run.input.layers.size(), "layer")};
  judge_both_ways(run, column + shape + (by_itself ? "" : "_family"), claim);
  if (!claim.p.ok()) return claim;
  const std::string brief = "slopes " + report::value_text(profile.first_slope.value) + " and " +
                            report::value_text(profile.last_slope.value);
  const std::string whole =
      "slopes " + report::bracket_text(profile.first_slope) + " first, " +
      report::bracket_text(profile.last_slope) + " last" +
      (profile.first_slope.low.ok() ? " (" + report::units_text(profile.first_slope) + ")" : "");
  claim.evidence = evidence(claim.caveats, whole, brief);
  return claim;
}

/// Of all rankings and shapes but `primary` the one with the smallest p-value, which is corrected
/// over all of them.
std::optional<Candidate> best_shape(const RunResult& run, std::optional<Candidate> primary) {
  std::optional<Candidate> best;
  for (std::size_t k = 0; k < run.shapes.numbers.size(); ++k) {
    for (const std::size_t shape : {std::size_t{0}, std::size_t{1}}) {
      if (primary && primary->ranking == k && primary->shape == shape) continue;
      const Value p = corrected(run, {k, shape});
      if (!p.ok()) continue;
      if (!best || p.value() < corrected(run, *best).value()) best = Candidate{k, shape};
    }
  }
  return best;
}

std::string surrogates_text(const RunResult& run) {
  return count_text(run.surrogates.surrogates, "surrogate");
}

Claim correlation_claim(const RunResult& run, Role role) {
  const CorrelationTest& found = run.surrogates.correlation;
  Claim claim{.about = "synergy and redundancy of the heads correlate unlike in surrogates",
              .role = role,
              .p = found.test.p_value,
              .least_p = found.test.least_p,
              .design = surrogates_text(run)};
  judge_both_ways(run, "synergy redundancy p", claim);
  if (!claim.p.ok()) return claim;
  const std::string brief = "partial Spearman " + report::value_text(found.observed);
  claim.evidence = evidence(
      claim.caveats,
      brief + ", surrogates " + report::value_text(found.mean_of_surrogates) + " on average",
      brief);
  return claim;
}

Claim surrogates_claim(const RunResult& run, std::size_t tested, Role role) {
  const HeadTests& tests = run.surrogates.tests[tested];
  const std::string name(tested_names[tested]);
  Claim claim{.about = "a head has more " + name + " than its surrogates",
              .role = role,
              .p = run.surrogates.surrogates == 0 ? Value(Status::too_few_rows) : tests.any_p,
              .least_p = 1.0 / (1.0 + static_cast<double>(run.surrogates.surrogates)),
              .design = surrogates_text(run)};
  judge_both_ways(run, name + " any head p", claim);
  if (!claim.p.ok()) return claim;
  std::optional<std::size_t> most;
  for (std::size_t head = 0; head < tests.family_p.size(); ++head) {
    if (!tests.family_p[head].ok() || !tests.heads[head].z.ok()) continue;
    if (!most || tests.heads[head].z.value() > tests.heads[*most].z.value()) most = head;
  }
  if (!most) return claim;
  // How many heads do is a finding: at another level than the claim's it would contradict it.
  const std::string head = "most in " + run.input.head_name(*most) + " (z " +
                           report::value_text(tests.heads[*most].z) + ")";
  claim.evidence = evidence(claim.caveats, head, head);
  return claim;
}

}  // namespace

std::vector<Claim> claims(const RunResult& run) {
  const Primary primary = run.input.primary.value_or(Primary::inverted_u);
  const auto role = [&](Primary one) {
    if (one != primary) return Role::exploratory;
    return run.input.primary ? Role::primary : Role::unnamed;
  };
  std::vector<Claim> result;
  std::optional<Candidate> shape;
  if (primary == Primary::inverted_u) shape = Candidate{0, 0};
  if (primary == Primary::u) shape = Candidate{0, 1};
  if (shape) result.push_back(shape_claim(run, *shape, role(primary)));
  if (const auto best = best_shape(run, shape)) {
    result.push_back(shape_claim(run, *best, Role::exploratory));
  }
  const auto wanted = [&](Primary one) { return run.surrogates.surrogates > 0 || one == primary; };
  if (wanted(Primary::synergy_redundancy)) {
    result.push_back(correlation_claim(run, role(Primary::synergy_redundancy)));
  }
  if (wanted(Primary::surrogates_synergy)) {
    result.push_back(surrogates_claim(run, tested_synergy, role(Primary::surrogates_synergy)));
  }
  if (wanted(Primary::surrogates_redundancy)) {
    result.push_back(
        surrogates_claim(run, tested_redundancy, role(Primary::surrogates_redundancy)));
  }
  return result;
}

}  // namespace phiscope::analyze::phiid
