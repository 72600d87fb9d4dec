// SPDX-License-Identifier: MIT
#include "patching/checks.hpp"

#include "report/estimate_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using report::outcome_of;

std::string of_text(std::size_t some, std::size_t all, const std::string& what) {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what;
}

Check pairs_done(const Result& result) {
  const std::size_t done = result.data.complete_pairs();
  const std::size_t planned = result.data.pairs.size();
  return {.name = "all pairs done",
          .outcome = outcome_of(done == planned),
          .found = of_text(done, planned, "pairs") + ", " +
                   std::to_string(result.data.dropped.size()) + " dropped before the run"};
}

Check no_nan(const Result& result) {
  std::size_t all = 0;
  std::size_t bad = 0;
  for (const auto& pair : result.measured) {
    for (const Measured& site : pair) {
      all += measure_count;
      bad += static_cast<std::size_t>(
          std::count(site.values.begin(), site.values.end(), Value(Status::nonfinite)));
    }
  }
  return {.name = "no NaN",
          .outcome = outcome_of(bad == 0),
          .found = of_text(bad, all, "measures of a pair and a site are not finite")};
}

/// Mean KL divergence of every site, over all pairs; undefined ones left out.
std::vector<std::pair<std::size_t, double>> mean_kl(const Result& result) {
  std::vector<std::pair<std::size_t, double>> means;
  means.reserve(result.data.sites.size());
  for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
    const Value& mean = result.cell(0, site, Measure::kl_divergence).mean.value;
    if (mean.ok()) means.emplace_back(site, mean.value());
  }
  return means;
}

Check not_all_zero(const Result& result) {
  const auto means = mean_kl(result);
  const auto zero = static_cast<std::size_t>(std::count_if(
      means.begin(), means.end(), [](const auto& mean) { return mean.second == 0.0; }));
  return {.name = "not all zero",
          .outcome = outcome_of(zero < means.size()),
          .found = of_text(zero, means.size(), "sites with a mean KL of 0")};
}

Check sites_differ(const Result& result) {
  std::set<double> distinct;
  const auto means = mean_kl(result);
  for (const auto& [site, mean] : means) distinct.insert(mean);
  return {.name = "sites differ",
          .outcome = outcome_of(distinct.size() > 1),
          .found = std::to_string(distinct.size()) + " different mean KL at " +
                   std::to_string(means.size()) + " sites"};
}

Check memory_used(const Result& result) {
  const auto& memory = result.data.memory;
  if (!memory) return {.name = "memory", .found = "not recorded in a log of extract"};
  const auto gigabytes = [](double bytes) { return report::short_text(bytes / 1e9) + " GB"; };
  std::string found = "peak of a task " + gigabytes(memory->bytes);
  if (memory->device_bytes > 0.0) found += ", on the device " + gigabytes(memory->device_bytes);
  return {.name = "memory", .outcome = Outcome::measured, .found = std::move(found)};
}

Check unpatched_is_zero(const Result& result) {
  double largest = 0.0;
  for (const PairRows& pair : result.data.rows) {
    if (!pair.complete) continue;
    for (const auto& row : pair.unpatched) {
      if (!row) continue;
      // A NaN is no 0 either; std::max would drop it.
      const double away = std::abs(row->kl) + std::abs(row->reverse_kl) + std::abs(row->l2);
      largest = away <= largest ? largest : away;
    }
  }
  return {.name = "unpatched run equals itself",
          .outcome = outcome_of(largest == 0.0),
          .found = "largest KL or distance " + report::value_text(largest)};
}

Check unread_is_zero(const Result& result) {
  const auto largest = largest_unread_kl(result);
  return {.name = "KL is 0 where nothing reads the patch",
          .outcome = largest ? outcome_of(*largest == 0.0) : Outcome::not_checked,
          .found = largest
                       ? "largest " + report::value_text(*largest) + " nats after the last layer"
                       : "no such site: the last layer after the last latent step, or in "
                         "frozen or published mode"};
}

/// What rounding of logits between 8 and 24 moves a KL of its own size by, nats.
double rounding_floor(const std::string& dtype) {
  if (dtype == "bfloat16") return 1e-3;
  if (dtype == "float16") return 1e-3 / 64.0;  // 3 bits more; KL goes with the square of a change
  return 0.0;
}

}  // namespace

std::vector<Check> checklist(const Result& result) {
  return {pairs_done(result),    no_nan(result),      not_all_zero(result),
          sites_differ(result),  memory_used(result), unpatched_is_zero(result),
          unread_is_zero(result)};
}

bool is_unread(const Patching& data, const Site& site) {
  const bool is_residual = data.hook.empty() || data.hook.ends_with("hook_resid_post");
  if (!is_residual || data.has_heads || site.layer + 1 != data.model_layers) return false;
  const std::string& mode = data.modes[site.mode];
  if (mode == "frozen" || mode == "published") return true;
  const std::string& set = data.sets[site.set];
  const bool is_last = site.step == data.positions - 1 && (set == "single" || set == "suffix");
  return mode == "rerun" && (is_last || set == "last:1");
}

std::optional<double> largest_unread_kl(const Result& result) {
  std::optional<double> largest;
  for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
    if (!is_unread(result.data, result.data.sites[site])) continue;
    for (const std::size_t pair : result.groups.front().pairs) {
      const Measured& found = result.measured[pair][site];
      const double kl = std::max(std::abs(found[Measure::kl_divergence].value_or(0.0)),
                                 std::abs(found[Measure::kl_from_baseline].value_or(0.0)));
      largest = std::max(largest.value_or(0.0), kl);
    }
  }
  return largest;
}

Rounding rounding_of(const Result& result) {
  Rounding rounding{.floor = rounding_floor(result.data.dtype)};
  for (const auto& [site, mean] : mean_kl(result)) {
    ++rounding.sites;
    rounding.below += mean < rounding.floor ? 1 : 0;
    if (rounding.site && mean <= rounding.largest) continue;
    rounding.site = site;
    rounding.largest = mean;
  }
  return rounding;
}

Baselines baselines_of(const Result& result) {
  const Patching& data = result.data;
  Baselines found{.pairs = result.groups.front().pairs.size()};
  for (const std::size_t pair : result.groups.front().pairs) {
    const PairRows& rows = data.rows[pair];
    const Value clean = scores_of(rows.clean, data.readouts).answer_difference();
    const Value unpatched = scores_of(rows.unpatched, data.readouts).answer_difference();
    if (clean.ok() && unpatched.ok()) {
      ++found.scored;
      found.prefer_own += clean.value() > 0.0 && unpatched.value() < 0.0 ? 1 : 0;
    }
    found.no_gap += recovery(unpatched, unpatched, clean).status() == Status::no_gap ? 1 : 0;
    if (!rows.generated.clean || !rows.generated.unpatched) continue;
    ++found.generated;
    const auto is_right = [](const std::string& text, const Side& side) {
      const auto number = number_in(text);
      return number && number == answer_number(side);
    };
    found.right += is_right(*rows.generated.clean, data.pairs[pair].clean) &&
                           is_right(*rows.generated.unpatched, data.pairs[pair].corrupted)
                       ? 1
                       : 0;
  }
  return found;
}

std::map<std::string, std::size_t> dropped_by_reason(const Patching& data) {
  std::map<std::string, std::size_t> counts;
  for (const Dropped& dropped : data.dropped) ++counts[dropped.status];
  return counts;
}

std::string uncorrected_text(std::size_t sites) {
  return "not corrected for taking the largest of " + std::to_string(sites);
}

std::string site_text(const Patching& data, const Site& site) {
  std::string text = "layer " + std::to_string(site.layer);
  if (data.has_heads) text += ", head " + std::to_string(site.head);
  if (data.has_steps(site.set)) text += ", step " + std::to_string(site.step);
  if (data.sets.size() > 1) text += " of set " + data.sets[site.set];
  if (data.modes.size() > 1) text += " (" + data.modes[site.mode] + ")";
  return text;
}

}  // namespace phiscope::analyze::patching
