// SPDX-License-Identifier: MIT
#include "steps/claims.hpp"

#include "report/estimate_text.hpp"
#include "steps/checks.hpp"

#include <phiscope/mcnemar.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using report::Claim;
using report::Role;

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Lanes that a claim about importance is over: steps of a kind at all layers. The token before the
/// thoughts is none.
std::vector<std::size_t> thought_lanes(const Steps& data, Kind kind) {
  std::vector<std::size_t> lanes;
  for (std::size_t at = 0; at < data.lanes.size(); ++at) {
    if (data.lanes[at].kind == kind && data.lanes[at].step >= 0) lanes.push_back(at);
  }
  return lanes;
}

/// Lanes in which all thoughts are changed: of set all, else the last of cumulative.
std::vector<std::size_t> whole_lanes(const Steps& data) {
  const Kind kind = data.has_kind(Kind::all) ? Kind::all : Kind::cumulative;
  std::vector<std::size_t> lanes = thought_lanes(data, kind);
  std::erase_if(lanes, [&](std::size_t at) { return data.lanes[at].step != data.axes.latents; });
  return lanes;
}

/// The test with the smallest p of a family, where p counts in one direction only.
struct Smallest {
  const Test* test = nullptr;
  double p = 1.0;
  double least_p = 1.0;
  std::size_t family = 0;            ///< tests with a p-value
  Value why = Status::too_few_rows;  ///< of a test without one
};

void take(const Test& test, const Value& p, double least_p, Smallest& smallest) {
  if (!p.ok()) {
    smallest.why = p;
    return;
  }
  ++smallest.family;
  smallest.least_p = std::min(smallest.least_p, least_p);
  if (smallest.test != nullptr && p.value() >= smallest.p) return;
  smallest.test = &test;
  smallest.p = p.value();
}

/// Holm's correction of the smallest p-value of a family is their number.
void set_p(const Smallest& smallest, Claim& claim) {
  if (smallest.test == nullptr) {
    claim.p = smallest.why;
    return;
  }
  const auto family = static_cast<double>(smallest.family);
  claim.p = std::min(1.0, family * smallest.p);
  claim.least_p = std::min(1.0, family * smallest.least_p);
  if (smallest.family > 1) claim.design += ", " + plural(smallest.family, "test");
}

/// p is corrected for the choice of a test among several; the intervals beside it are not.
std::string uncorrected_text(const std::string& what, const Smallest& smallest) {
  if (smallest.family < 2) return {};
  return ", " + what + " not corrected for taking the smallest p of " +
         plural(smallest.family, "test");
}

const Test* baseline_test_of(const Result& result, std::size_t lane) {
  for (const Test& test : result.tests) {
    if (test.contrast == Contrast::baseline && test.group == 0 && test.at == lane) return &test;
  }
  return nullptr;
}

/// That more answers are broken than repaired in some of the lanes.
Claim importance_claim(const Result& result, const std::string& about,
                       const std::vector<std::size_t>& lanes) {
  const std::size_t right = result.groups.front().baseline.counts.baseline_right;
  Claim claim{.about = about, .design = plural(right, "right answer"), .caveats = caveats(result)};
  Smallest smallest;
  for (const std::size_t lane : lanes) {
    const Test* test = baseline_test_of(result, lane);
    if (test == nullptr) continue;
    // Without a broken or repaired answer the lane is the baseline: p is 1, not undefined.
    const bool is_lost = test->p.ok() && test->first_only > test->second_only;
    const bool is_same = test->p.ok() || test->p.status() == Status::no_pairs;
    const Value p = is_lost ? test->p : is_same ? Value(1.0) : test->p;
    // More data of the same design could have broken all right answers, and repaired none.
    take(*test, p, mcnemar(right, 0).least_p, smallest);
  }
  set_p(smallest, claim);
  if (lanes.empty()) claim.design = "no such step set";
  if (smallest.test == nullptr) return claim;
  const Cell& cell = result.cell(0, *smallest.test->at);
  claim.evidence = "importance of " + lane_text(smallest.test->lane, result.data.several_layers()) +
                   " " + report::estimate_text(cell.importance);
  const bool is_one = cell.counts.baseline_wrong() == 0;
  if (!is_one) claim.evidence += ", repaired " + report::estimate_text(cell.repaired);
  claim.evidence += uncorrected_text(is_one ? "interval" : "intervals", smallest);
  return claim;
}

/// How the size of an effect is said: before the step set, between it and the number, after it.
struct EffectText {
  std::string_view before = {};
  std::string_view between = {};
  std::string_view after = {};
};

/// A claim about an effect that is above 0, or (two-sided) not 0.
Claim effect_claim(const Result& result, const std::string& about, Contrast contrast,
                   bool two_sided, const EffectText& text) {
  Claim claim{.about = about, .caveats = caveats(result)};
  Smallest smallest;
  std::size_t units = 0;
  for (const Test& test : result.tests) {
    if (test.contrast != contrast || test.group != 0) continue;
    units = std::max(units, test.units);
    const bool counts = two_sided || (test.effect.value.ok() && test.effect.value.value() > 0.0);
    take(test, test.p.ok() && !counts ? Value(1.0) : test.p, test.least_p, smallest);
  }
  if (smallest.test != nullptr) units = smallest.test->units;
  claim.design = plural(units, "right answer");
  set_p(smallest, claim);
  if (claim.p.status() == Status::constant) claim.design += " of one stratum";
  if (smallest.test == nullptr) return claim;
  std::string of(kind_name(smallest.test->lane.kind));
  if (result.data.several_layers()) {
    of += " at layer " + std::to_string(smallest.test->lane.layer);
  }
  const Estimate& effect = smallest.test->effect;
  claim.evidence = std::string(text.before) + " (" + of + ") " + std::string(text.between) +
                   report::estimate_text(effect) + std::string(text.after);
  if (effect.low.ok()) claim.evidence += uncorrected_text("interval", smallest);
  return claim;
}

/// McNemar's test shows a net loss of right answers, not why they are lost: a change may also just
/// disturb the model.
std::string importance_text(Kind kind) {
  const auto breaks = [](const std::string& change) {
    return change + " breaks more right answers than it repairs wrong ones";
  };
  switch (kind) {
    case Kind::single:
      return breaks("changing thought i alone, for some i,");
    case Kind::cumulative:
      return breaks("changing the first i thoughts, for some i up to all,");
    case Kind::leave_one:
      return breaks("changing all thoughts but thought i, for some i,");
    case Kind::early_exit:
      return breaks("stopping after i thoughts, for some i from none to all but one,");
    default:
      return breaks("changing all thoughts");
  }
}

/// Names of the claims in the order of the report: as plans name them, and the last one by itself.
std::vector<std::string> claim_names(const Steps& data, const std::string& primary) {
  // The claim about set all is the first one by another name.
  std::vector<std::string> names = {primary == "importance:all" ? primary : "needs_thought"};
  for (const Kind kind : {Kind::single, Kind::early_exit}) {
    if (data.has_kind(kind)) names.push_back("importance:" + std::string(kind_name(kind)));
  }
  names.emplace_back("trend");
  if (data.has_kind(Kind::single)) names.emplace_back("halves");
  if (std::find(names.begin(), names.end(), primary) == names.end() && !primary.empty()) {
    names.push_back(primary);
  }
  return names;
}

Claim claim_named(const Result& result, const std::string& name) {
  if (name == "needs_thought") {
    return importance_claim(result, importance_text(Kind::all), whole_lanes(result.data));
  }
  if (name == "trend") {
    return effect_claim(result, "the first thoughts matter more for harder problems",
                        Contrast::early_difficulty, false,
                        {.before = "importance of the first half of the steps",
                         .between = "changes by ",
                         .after = " per stratum"});
  }
  if (name == "halves") {
    return effect_claim(result, "the first and the second half of the steps differ in importance",
                        Contrast::halves, true,
                        {.before = "importance of the first minus the second half of the steps"});
  }
  const Kind kind = kind_named(name.substr(name.find(':') + 1)).value_or(Kind::single);
  return importance_claim(result, importance_text(kind), thought_lanes(result.data, kind));
}

}  // namespace

std::vector<std::string> caveats(const Result& result) {
  std::vector<std::string> found;
  const Steps& data = result.data;
  const Counts& counts = result.groups.front().baseline.counts;
  if (data.published) {
    found.emplace_back("the published run also changes the question's last token");
  }
  if (counts.known() >= least_right && counts.baseline_wrong() == 0) {
    found.push_back("all " + plural(counts.known(), "problem") +
                    " are right in the baseline: selected by it, or too easy");
  }
  if (counts.unknown > 0) {
    found.push_back(std::to_string(counts.unknown) + " of " + plural(counts.problems, "problem") +
                    " have no known answer");
  }
  if (const std::size_t done = data.complete_problems(); done < data.problems.size()) {
    found.push_back("only " + std::to_string(done) + " of " +
                    plural(data.problems.size(), "problem") + " are done");
  }
  for (const Check& check : checklist(result)) {
    const bool is_told = check.name == "all problems done";
    if (check.outcome == Outcome::failed && !is_told) {
      found.push_back("check \"" + check.name + "\" failed (" + check.found + ")");
    }
  }
  return found;
}

std::vector<Claim> claims(const std::vector<Result>& results) {
  std::vector<Claim> all;
  for (const Result& result : results) {
    const std::string primary = result.data.primary.value_or("needs_thought");
    for (const std::string& name : claim_names(result.data, primary)) {
      Claim claim = claim_named(result, name);
      if (name == primary) claim.role = result.data.primary ? Role::primary : Role::unnamed;
      if (results.size() > 1) claim.about = result.label + ": " + claim.about;
      all.push_back(std::move(claim));
    }
  }
  report::correct_primaries(all, "runs");
  return all;
}

}  // namespace phiscope::analyze::steps
