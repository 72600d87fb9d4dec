// SPDX-License-Identifier: MIT
#include "loo/claims.hpp"

#include "loo/analysis/position_zero.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace phiscope::analyze::loo {
namespace {

using report::Claim;
using report::Role;

/// The cell that a claim is about.
struct Place {
  const RunResult& run;
  bool several = false;  ///< runs in the report
  std::size_t length = 0;
  std::size_t layer = 0;
};

/// The longest length of the first condition, in the last layer.
Place last_place(const RunResult& run, bool several) {
  std::size_t length = run.lengths.size() - 1;
  while (length > 0 && !run.has(0, length)) --length;
  return {run, several, length, run.info.layers.size() - 1};
}

/// "keep: semantic, N = 20, layer 2"
std::string where(const Place& place) {
  const RunResult& run = place.run;
  return (place.several ? run.label + ": " : std::string()) + run.info.conditions.front().name +
         ", N = " + std::to_string(run.lengths[place.length]) + ", layer " +
         std::to_string(run.info.layers[place.layer]);
}

std::string walks_text(std::size_t walks) {
  return std::to_string(walks) + (walks == 1 ? " walk" : " walks");
}

/// What makes any claim about this cell doubtful.
std::vector<std::string> caveats(const Place& place, std::size_t walks) {
  const RunResult& run = place.run;
  std::vector<std::string> result;
  const Aggregate& ratio = run.level_at(0, place.length, place.layer, Scale::absolute, 0);
  if (ratio.floored > 0) {
    result.push_back(std::to_string(ratio.floored) + " of " + std::to_string(ratio.events) +
                     " ratios are at the absolute floor");
  }
  if (walks >= least_units && walks < least_studentised_units) {
    result.push_back(walks_text(walks) + " are few");
  }
  return result;
}

/// The same, and what makes a claim about influences doubtful.
std::vector<std::string> influence_caveats(const Place& place, std::size_t walks) {
  std::vector<std::string> result = caveats(place, walks);
  const Value share = zero_share(place.run.position_zero, place.run.info.layers, 0);
  if (share.ok() && share.value() >= 0.5) {
    result.insert(result.begin(),
                  "position 0 alone fits them (R\u00b2 " + report::value_text(share) + ")");
  }
  return result;
}

/// The larger p: a claim has to hold as the numbers are, and beyond what numbers of occurrences
/// alone give them.
Value both(const Value& plain, const Value& beyond_counts) {
  const Status why = first_reason(plain.status(), beyond_counts.status());
  if (why != Status::ok) return why;
  return std::max(plain.value(), beyond_counts.value());
}

/// Said where the adjustment for occurrences decides.
void add_counts_caveat(const Value& plain, const Value& beyond_counts, Claim& claim) {
  if (plain.ok() && beyond_counts.ok() && plain.value() <= report::primary_level &&
      beyond_counts.value() > report::primary_level) {
    claim.caveats.push_back("adjusted for numbers of occurrences " +
                            report::p_text(beyond_counts.value()) + ", without that " +
                            report::p_text(plain.value()));
  }
}

Claim bridge_anchor_claim(const Place& place) {
  const auto& cell = [&place](Anchors anchors) -> const PairedCell& {
    return place.run.bridge_anchor_at(0, place.length, place.layer, anchors, Metric::ratio);
  };
  const PairedCell& all = cell(Anchors::all);
  const PairedCell& rest = cell(Anchors::without_first);
  const PairedCell& beyond =
      place.run.bridge_anchor_beyond_counts.at(place.run.cell_index(0, place.length, place.layer));
  Claim claim{.about = "bridge and anchor influences on the ratio differ (" + where(place) + ")",
              .p = both(all.p, beyond.p),
              .least_p = all.least_p,
              .design = walks_text(all.difference.units),
              .evidence = "bridge - anchor " + report::estimate_text(all.difference),
              .caveats = influence_caveats(place, all.difference.units)};
  add_counts_caveat(all.p, beyond.p, claim);
  const auto is_small = [](const Value& p) { return p.ok() && p.value() <= report::primary_level; };
  if (rest.p.ok() && is_small(all.p) != is_small(rest.p)) {
    claim.caveats.push_back("without position 0 " + report::p_text(rest.p.value()));
  }
  return claim;
}

Claim mixing_claim(const Place& place) {
  Claim claim{.about = "ratio above that of neighbour mixing (" + where(place) + ")"};
  if (!place.run.has_embedding()) {
    claim.design = "a run without its embedding layer";
    return claim;
  }
  const PairedCell& cell = place.run.above_mixing_at(0, place.length, place.layer);
  const bool above = cell.difference.value.ok() && cell.difference.value.value() > 0.0;
  claim.p = cell.p.ok() && !above ? Value(1.0) : cell.p;
  claim.least_p = cell.least_p;
  claim.design = walks_text(cell.difference.units);
  claim.evidence =
      "mixing " +
      report::value_text(place.run.mixing_at(0, place.length, Scale::absolute).mean.value) +
      ", ratio - mixing " + report::estimate_text(cell.difference);
  claim.caveats = caveats(place, cell.difference.units);
  return claim;
}

/// Are the words of a cluster closer before any model?
Value embedding_p(const Place& place) {
  if (!place.run.has_embedding() || place.layer == 0) return Status::too_few_rows;
  return place.run.labels_at(0, place.length, 0).p;
}

Claim cluster_claim(const Place& place) {
  const LabelTest& test = place.run.labels_at(0, place.length, place.layer);
  const Aggregate& ratio = place.run.level_at(0, place.length, place.layer, Scale::absolute, 0);
  std::vector<std::string> doubts = caveats(place, ratio.mean.units);
  if (const Value embedding = embedding_p(place);
      embedding.ok() && embedding.value() <= report::primary_level) {
    doubts.push_back("the embeddings alone have " + report::p_text(embedding.value()));
  }
  const LabelTest& beyond =
      place.run.labels_beyond_counts.at(place.run.cell_index(0, place.length, place.layer));
  Claim claim{.about = "ratio above that of permuted clusters (" + where(place) + ")",
              .p = both(test.p, beyond.p),
              .least_p = test.least_p,
              .design = std::to_string(test.draws) + " permutations of the words",
              .evidence = "ratio " + report::estimate_text(ratio.mean) + ", permuted " +
                          report::value_text(test.null_mean),
              .caveats = std::move(doubts)};
  add_counts_caveat(test.p, beyond.p, claim);
  return claim;
}

/// Bridges against anchors anywhere: the smallest p that is corrected over layers and lengths.
std::optional<Claim> anywhere_claim(const Place& last) {
  const RunResult& run = last.run;
  std::optional<Place> best;
  double smallest = 2.0;
  for (std::size_t length = 0; length < run.lengths.size(); ++length) {
    for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
      const Value p =
          both(run.bridge_anchor_at(0, length, layer, Anchors::all, Metric::ratio).p_max,
               run.bridge_anchor_beyond_counts.at(run.cell_index(0, length, layer)).p_max);
      const PairedCell& cell = run.bridge_anchor_at(0, length, layer, Anchors::all, Metric::ratio);
      const bool is_model = run.info.layers[layer] >= 0;  // not the embedding, which sees no walk
      if (!is_model || cell.difference.units < least_units) continue;
      if (!p.ok() || p.value() >= smallest) continue;
      smallest = p.value();
      best.emplace(Place{run, last.several, length, layer});
    }
  }
  if (!best || run.lengths.size() * run.info.layers.size() < 2) return std::nullopt;
  const PairedCell& cell =
      run.bridge_anchor_at(0, best->length, best->layer, Anchors::all, Metric::ratio);
  return Claim{
      .about = "bridge and anchor influences on the ratio differ in some layer and length",
      .p = smallest,
      .least_p = cell.least_p,
      .design = walks_text(cell.difference.units),
      .evidence = "smallest p in " + where(*best) + ": " + report::estimate_text(cell.difference),
      .caveats = influence_caveats(*best, cell.difference.units)};
}

/// The claims of one run, its primary one first.
std::vector<Claim> claims_of(const RunResult& run, bool several) {
  const Place place = last_place(run, several);
  std::vector<std::pair<std::string, Claim>> named = {{"bridge-anchor", bridge_anchor_claim(place)},
                                                      {"ratio", mixing_claim(place)},
                                                      {"clusters", cluster_claim(place)}};
  const std::string primary = run.info.primary.empty() ? named.front().first : run.info.primary;
  std::vector<Claim> result;
  for (auto& [name, claim] : named) {
    if (name == primary) {
      claim.role = run.info.primary.empty() ? Role::unnamed : Role::primary;
      result.insert(result.begin(), claim);
    } else if (name != "ratio" || run.has_embedding()) {
      result.push_back(claim);
    }
  }
  if (auto anywhere = anywhere_claim(place)) result.push_back(std::move(*anywhere));
  return result;
}

}  // namespace

std::vector<Claim> claims(const std::vector<RunResult>& runs) {
  std::vector<Claim> result;
  for (const RunResult& run : runs) {
    for (Claim& claim : claims_of(run, runs.size() > 1)) result.push_back(std::move(claim));
  }
  report::correct_primaries(result, "runs");
  return result;
}

}  // namespace phiscope::analyze::loo
