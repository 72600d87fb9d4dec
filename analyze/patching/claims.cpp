// SPDX-License-Identifier: MIT
#include "patching/claims.hpp"

#include "patching/checks.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <optional>

namespace phiscope::analyze::patching {
namespace {

using report::Claim;
using report::Role;

/// The test that the plan names, or the default of a plan that names none.
struct Primary {
  std::size_t of = 0;  ///< index into `tested`
  std::size_t set = 0;
  std::optional<Role> role = Role::primary;  ///< nothing: the plan says that there is none
};

/// Recovery needs scores of both answers, which a run at the end of thought alone does not have.
bool has_answers(const Patching& data) {
  return std::any_of(data.readouts.begin(), data.readouts.end(), [](const Readout& readout) {
    return readout.continuation == Continuation::clean;
  });
}

bool is_scored(const Patching& data, std::size_t of) {
  if (tested[of] != Measure::answer_logit_diff_change) return has_answers(data);
  return std::any_of(data.readouts.begin(), data.readouts.end(), [](const Readout& readout) {
    return readout.continuation == Continuation::eot_corrupted;
  });
}

Primary primary_of(const Patching& data) {
  if (!data.primary) {
    return {.of = has_answers(data) ? 0U : tested.size() - 1, .role = Role::unnamed};
  }
  if (data.primary->empty()) {
    return {.of = has_answers(data) ? 0U : tested.size() - 1, .role = std::nullopt};
  }
  const std::string& name = *data.primary;
  const std::size_t colon = std::min(name.find(':'), name.size());
  const std::string measure = name.substr(0, colon);
  Primary primary;
  primary.of = measure == "recovery" ? 0U : measure == "answer_diff" ? 1U : 2U;
  if (colon == name.size()) return primary;
  const auto set = std::find(data.sets.begin(), data.sets.end(), name.substr(colon + 1));
  primary.set = static_cast<std::size_t>(set - data.sets.begin());
  return primary;
}

/// The smallest p-value of a site whose mean is above 0 (a claim of movement towards the clean
/// answer is not shown by movement away from it), and the site with the largest mean.
struct Best {
  Value p = Status::too_few_rows;
  double least_p = 1.0;
  const Cell* cell = nullptr;  ///< of the largest mean
  const Site* site = nullptr;
  const Cell* p_cell = nullptr;  ///< of the smallest p
  const Site* p_site = nullptr;
  std::size_t sites = 0;  ///< with a mean, among which it was chosen
};

void take_better(const Cell& cell, const SiteTest& test, const Site& site, Best& best) {
  if (!cell.mean.value.ok() || !test.p_max.ok()) return;
  ++best.sites;
  if (best.cell == nullptr || cell.mean.value.value() > best.cell->mean.value.value()) {
    best.cell = &cell;
    best.site = &site;
  }
  best.least_p = test.least_p;
  if (!best.p.ok()) best.p = 1.0;
  if (!(cell.mean.value.value() > 0.0)) return;
  const bool is_first = best.p_cell == nullptr || test.p_max.value() < best.p.value();
  const bool is_as_small = !is_first && test.p_max.value() == best.p.value() &&
                           cell.mean.value.value() > best.p_cell->mean.value.value();
  if (!is_first && !is_as_small) return;
  best.p = std::min(best.p.value(), test.p_max.value());
  best.p_cell = &cell;
  best.p_site = &site;
}

std::string design_text(std::size_t pairs) {
  return std::to_string(pairs) + (pairs == 1 ? " pair" : " pairs");
}

std::string measure_text(Measure measure) {
  if (measure == Measure::recovery) return "recovery";
  if (measure == Measure::answer_diff_change) return "change of answer_diff";
  if (measure == Measure::answer_logit_diff_change) return "change of answer_logit_diff";
  return std::string(measure_name(measure));
}

/// Recovery is relative to the clean run, whichever answer that prefers.
std::string movement_text(Measure measure) {
  return measure == Measure::recovery ? "moves the output towards that of the clean run"
                                      : "moves the answer towards the clean one";
}

void add_best(const Result& result, const Best& best, Measure measure, const std::string& what,
              Claim& claim) {
  claim.p = best.p;
  claim.least_p = best.least_p;
  claim.design = design_text(result.groups.front().pairs.size());
  if (best.cell == nullptr) {
    claim.design += " whose " + measure_text(measure) + " is undefined";
    return;
  }
  claim.design = design_text(best.cell->mean.units);
  claim.evidence = what + " largest at " + site_text(result.data, *best.site) + ": " +
                   report::estimate_text(best.cell->mean);
  // The p-value is of the largest statistic of all these sites; the interval is not.
  if (best.sites > 1 && best.cell->mean.low.ok()) {
    claim.evidence += ", interval " + uncorrected_text(best.sites);
  }
  if (best.p_site != nullptr && best.p_site != best.site) {
    claim.evidence += "; smallest p at " + site_text(result.data, *best.p_site) + ": " +
                      report::bracket_text(best.p_cell->mean);
  }
}

Claim site_claim(const Result& result, std::size_t mode, std::size_t set, std::size_t of) {
  const Patching& data = result.data;
  Claim claim{.about = "patching a site of set " + data.sets[set] + " (" + data.modes[mode] + ") " +
                       movement_text(tested[of]) + ", by " + measure_text(tested[of]),
              .caveats = caveats(result)};
  Best best;
  for (const std::size_t site : sites_of(data, mode, set)) {
    take_better(result.cell(0, site, tested[of]), result.test(0, site, of), data.sites[site], best);
  }
  add_best(result, best, tested[of], measure_text(tested[of]), claim);
  return claim;
}

/// One claim per mode and set, by the primary measure; of the primary mode and set also by the
/// other measures. More would say the same again, in other units.
void add_run(const Result& result, const Primary& primary, bool is_first, bool several,
             std::vector<Claim>& all) {
  const Patching& data = result.data;
  for (std::size_t mode = 0; mode < data.modes.size(); ++mode) {
    for (std::size_t set = 0; set < data.sets.size(); ++set) {
      if (sites_of(data, mode, set).empty()) continue;
      for (std::size_t of = 0; of < tested.size(); ++of) {
        const bool is_chief_set = is_first && mode == 0 && set == primary.set;
        const bool is_primary = is_chief_set && of == primary.of && primary.role.has_value();
        if (of != primary.of && !is_chief_set) continue;
        if (!is_primary && !is_scored(data, of)) continue;
        Claim claim = site_claim(result, mode, set, of);
        if (is_primary) claim.role = *primary.role;
        if (several) claim.about = result.label + ": " + claim.about;
        all.push_back(std::move(claim));
      }
    }
  }
}

/// The first run against one other, in one mode and set, by the primary measure.
void add_comparison(const std::vector<Result>& results, std::size_t run, std::size_t mode,
                    std::size_t set, std::size_t of, const std::vector<Comparison>& comparisons,
                    std::vector<Claim>& all) {
  const Result& first = results.front();
  if (!is_scored(first.data, of) || !is_scored(results[run].data, of)) return;
  Best best;
  std::size_t sites = 0;
  for (const Comparison& each : comparisons) {
    const Site& site = first.data.sites[each.site];
    if (each.run != run || site.mode != mode || site.set != set || each.measure != tested[of]) {
      continue;
    }
    ++sites;
    take_better(each.difference, each.test, site, best);
  }
  if (sites == 0) return;
  Claim claim{.about = first.label + " " + movement_text(tested[of]) + " more than " +
                       results[run].label + " at a site of set " + first.data.sets[set] + " (" +
                       first.data.modes[mode] + "), by " + measure_text(tested[of]),
              .caveats = caveats(first)};
  add_best(first, best, tested[of], "difference", claim);
  all.push_back(std::move(claim));
}

}  // namespace

std::vector<std::string> caveats(const Result& result) {
  std::vector<std::string> found;
  const Rounding rounding = rounding_of(result);
  if (rounding.is_severe()) {
    found.push_back("the largest mean KL, " + report::short_text(rounding.largest) +
                    " nats, is near the rounding of " + result.data.dtype);
  }
  const Baselines baselines = baselines_of(result);
  if (2 * baselines.prefer_own < baselines.scored) {
    found.push_back("only " + std::to_string(baselines.prefer_own) + " of " +
                    std::to_string(baselines.scored) +
                    " pairs prefer their own answers without a patch");
  }
  if (4 * baselines.no_gap > baselines.pairs) {
    found.push_back(std::to_string(baselines.no_gap) + " of " + std::to_string(baselines.pairs) +
                    " pairs have no gap to recover");
  }
  if (const std::size_t done = result.data.complete_pairs(); done < result.data.pairs.size()) {
    found.push_back("only " + std::to_string(done) + " of " +
                    std::to_string(result.data.pairs.size()) + " pairs are done");
  }
  return found;
}

Measure primary_measure(const Patching& data) {
  return tested[primary_of(data).of];
}

std::vector<Claim> claims(const std::vector<Result>& results,
                          const std::vector<Comparison>& comparisons) {
  std::vector<Claim> all;
  const Patching& first = results.front().data;
  const Primary primary = primary_of(first);
  for (const Result& result : results) {
    add_run(result, primary, &result == &results.front(), results.size() > 1, all);
  }
  for (std::size_t run = 1; run < results.size(); ++run) {
    for (std::size_t mode = 0; mode < first.modes.size(); ++mode) {
      for (std::size_t set = 0; set < first.sets.size(); ++set) {
        add_comparison(results, run, mode, set, primary.of, comparisons, all);
      }
    }
  }
  return all;
}

}  // namespace phiscope::analyze::patching
