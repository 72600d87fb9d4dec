// SPDX-License-Identifier: MIT
#include "patching/findings.hpp"

#include "patching/checks.hpp"
#include "patching/results.hpp"
#include "report/estimate_text.hpp"

#include <phiscope/bootstrap_ratio.hpp>

#include <cmath>
#include <optional>

namespace phiscope::analyze::patching {
namespace {

std::string start(const Result& result, const std::vector<Result>& results) {
  return results.size() > 1 ? result.label + ": " : "";
}

/// "3 of 60 pairs"
std::string share(std::size_t some, std::size_t all, const std::string& what = "pairs") {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what;
}

std::string dropped_text(const Patching& data) {
  std::string text;
  for (const auto& [status, count] : dropped_by_reason(data)) {
    text += (text.empty() ? "" : ", ") + status + " " + std::to_string(count);
  }
  return text;
}

/// ", recovery 0.24 [...] (...) at layer 2, step 1": the largest mean over some sites, or nothing.
std::string largest_text(const Result& result, const std::vector<std::size_t>& sites,
                         Measure measure) {
  std::optional<std::size_t> best;
  double largest = 0.0;
  for (const std::size_t site : sites) {
    const Value& mean = result.cell(0, site, measure).mean.value;
    if (!mean.ok() || (best && mean.value() <= largest)) continue;
    best = site;
    largest = mean.value();
  }
  if (!best) return {};
  const Site& at = result.data.sites[*best];
  std::string place = "layer " + std::to_string(at.layer);
  if (result.data.has_heads) place += ", head " + std::to_string(at.head);
  if (result.data.has_steps(at.set)) place += ", step " + std::to_string(at.step);
  return std::string(measure_name(measure)) + " " +
         report::estimate_text(result.cell(0, *best, measure).mean) + " at " + place;
}

/// What the sites of one mode and set reach.
std::string set_line(const Result& result, std::size_t mode, std::size_t set) {
  const std::vector<std::size_t> sites = sites_of(result.data, mode, set);
  std::string line;
  for (const Measure measure :
       {Measure::kl_divergence, Measure::recovery, Measure::answer_logit_diff_change}) {
    const std::string part = largest_text(result, sites, measure);
    if (!part.empty()) line += (line.empty() ? "" : "; ") + part;
  }
  if (line.empty()) return {};
  line = "Largest means of set " + result.data.sets[set] + " (" + result.data.modes[mode] +
         "): " + line;
  if (sites.size() > 1) line += "; intervals " + uncorrected_text(sites.size());
  return line + ".";
}

std::string pair_line(const Result& result) {
  const Patching& data = result.data;
  const std::size_t all = data.pairs.size() + data.dropped.size();
  std::string line = "Pairs: " + share(data.complete_pairs(), all) + " are in the results";
  if (!data.dropped.empty()) {
    line += "; " + std::to_string(data.dropped.size()) + " were dropped before the run (" +
            dropped_text(data) + ")";
  }
  const std::size_t unfinished = data.pairs.size() - data.complete_pairs();
  if (unfinished > 0) line += "; " + std::to_string(unfinished) + " are unfinished";
  return line + ".";
}

std::string baseline_line(const Result& result) {
  const Baselines found = baselines_of(result);
  std::string line = "Baselines: ";
  line += found.generated == 0
              ? "free answers are not known"
              : "both free answers are right in " + share(found.right, found.generated);
  line += found.scored == 0
              ? "; answers are not scored (no read-outs clean:I and corrupted:I)"
              : "; both runs prefer their own answer in " + share(found.prefer_own, found.scored);
  if (found.scored > 0) {
    line += "; recovery is undefined (no_gap) in " + share(found.no_gap, found.pairs);
  }
  return line + ".";
}

std::string rounding_line(const Result& result) {
  const Rounding rounding = rounding_of(result);
  if (!rounding.site) return "Rounding: no KL is defined.";
  std::string line = "Rounding: the largest mean KL is " + report::short_text(rounding.largest) +
                     " nats at " + site_text(result.data, result.data.sites[*rounding.site]);
  if (rounding.floor == 0.0) {
    return line + (result.data.dtype.empty() ? "; the run does not say its dtype."
                                             : "; " + result.data.dtype + " rounds far below.");
  }
  return line + "; rounding of " + result.data.dtype + " logits moves a KL of " +
         report::short_text(rounding.floor) +
         " nats by as much: " + share(rounding.below, rounding.sites, "sites") + " are below.";
}

std::string unread_line(const Result& result) {
  const auto largest = largest_unread_kl(result);
  if (!largest) {
    return "Last layer: no patched site is read by nothing, so there is no KL that must be 0.";
  }
  return "Last layer: the largest KL where nothing reads the patch is " +
         report::short_text(*largest) + " nats, expected exactly 0.";
}

/// Nothing where no read-out follows greedy tokens.
std::string greedy_line(const ShortGreedy& found) {
  if (found.readouts == 0) return {};
  std::string line = "Greedy read-outs: " + std::to_string(found.missing) + " of " +
                     std::to_string(found.readouts) + " are missing";
  if (found.missing > 0) {
    line += ", as the unpatched answers of " + std::to_string(found.pairs) +
            (found.pairs == 1 ? " pair end" : " pairs end") +
            " before them; the means of these pairs are over the others";
  }
  return line + ".";
}

void add_warnings(const Result& result, const std::string& prefix,
                  std::vector<std::string>& lines) {
  const Patching& data = result.data;
  const std::size_t done = data.complete_pairs();
  if (done < data.pairs.size()) {
    lines.push_back(prefix + "Partial run: " + share(done, data.pairs.size()) + " are complete.");
  }
  if (!data.dropped.empty()) {
    lines.push_back(
        prefix + "Dropped: " + share(data.dropped.size(), data.pairs.size() + data.dropped.size()) +
        " were not run (" + dropped_text(data) + ").");
  }
  for (const Check& check : checklist(result)) {
    if (check.outcome != Outcome::failed) continue;
    lines.push_back(prefix + "Check failed: " + check.name + " (" + check.found + ").");
  }
  if (const Rounding rounding = rounding_of(result); rounding.is_severe()) {
    lines.push_back(prefix + rounding_line(result) + " Repeat the run with --dtype float32.");
  }
  const Baselines baselines = baselines_of(result);
  if (2 * baselines.prefer_own < baselines.scored) {
    lines.push_back(prefix + "Baselines: only " + share(baselines.prefer_own, baselines.scored) +
                    " prefer their own answers without a patch: in the others recovery is not "
                    "the change from one answer to the other.");
  }
  if (baselines.no_gap > 0) {
    lines.push_back(prefix + "No gap: recovery is undefined in " +
                    share(baselines.no_gap, baselines.pairs) +
                    ", whose answers score alike in the clean and the corrupted run; they are left "
                    "out of its means.");
  }
  if (done < least_studentised_units) {
    lines.push_back(prefix + "Few pairs: " + std::to_string(done) + "; no sign-flip p below " +
                    report::short_text(std::min(1.0, std::ldexp(2.0, -static_cast<int>(done)))) +
                    (done < least_units ? ", no intervals."
                                        : ", intervals too short on skewed "
                                          "data."));
  }
  if (const std::string why = why_unpublished(data); !why.empty()) {
    lines.push_back(prefix +
                    "No position_patching_results.json and aggregate_statistics.json: the "
                    "published structure has no place for a run " +
                    why + ".");
  }
}

}  // namespace

std::vector<std::string> findings(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) {
    for (std::size_t mode = 0; mode < result.data.modes.size(); ++mode) {
      for (std::size_t set = 0; set < result.data.sets.size(); ++set) {
        const std::string line = set_line(result, mode, set);
        if (!line.empty()) lines.push_back(start(result, results) + line);
      }
    }
  }
  return lines;
}

std::vector<std::string> warnings(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) add_warnings(result, start(result, results), lines);
  for (std::size_t run = 1; run < results.size(); ++run) {
    const std::size_t common = common_pairs(results.front(), results[run]);
    const std::size_t all = results.front().data.complete_pairs();
    if (common == all && common == results[run].data.complete_pairs()) continue;
    lines.push_back("Other pairs: " + results.front().label + " and " + results[run].label +
                    " share " + std::to_string(common) + " of " + std::to_string(all) + " and " +
                    std::to_string(results[run].data.complete_pairs()) +
                    " pairs; they are compared over these alone.");
  }
  return lines;
}

std::vector<std::string> diagnostic_lines(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) {
    const std::string prefix = start(result, results);
    lines.push_back(prefix + pair_line(result));
    lines.push_back(prefix + baseline_line(result));
    lines.push_back(prefix + rounding_line(result));
    lines.push_back(prefix + unread_line(result));
    const std::string greedy = greedy_line(result.data.short_greedy());
    if (!greedy.empty()) lines.push_back(prefix + greedy);
    if (result.data.logits) lines.push_back(prefix + report::logit_line(*result.data.logits));
    for (const Check& check : checklist(result)) {
      lines.push_back(prefix + report::check_line(check));
    }
  }
  return lines;
}

}  // namespace phiscope::analyze::patching
