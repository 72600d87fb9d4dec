// SPDX-License-Identifier: MIT
#include "sampling/claims.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"
#include "sampling/checks.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace phiscope::analyze::sampling {
namespace {

using report::Claim;
using report::Role;

constexpr std::array<std::string_view, 3> claim_names = {"temperature", "drift", "commitment"};

/// The claim that a plan names; nothing where none does.
std::optional<std::string> named_primary(const std::vector<Study>& studies) {
  for (const Study& study : studies) {
    for (const RunInfo* info : study.runs()) {
      if (!info->details.contains("options") || !info->details.at("options").is_object()) continue;
      const shard::JsonObject options(info->details.at("options"), "options", info->path);
      if (!options.has("primary")) continue;
      std::string name = options.text("primary");
      if (!name.empty() &&
          std::find(claim_names.begin(), claim_names.end(), name) == claim_names.end()) {
        options.refuse("primary", "temperature, drift or commitment");
      }
      return name;
    }
  }
  return std::nullopt;
}

/// p of a claim in the direction of a positive mean.
void decide(const Cell& mean, const Value& p, double least_p, Claim& claim) {
  claim.least_p = least_p;
  claim.design =
      std::to_string(mean.mean.units) + (mean.mean.units == 1 ? " problem" : " problems");
  if (!mean.mean.value.ok()) {
    claim.p = Status::too_few_rows;
    claim.design += " in which it is defined";
    return;
  }
  claim.p = mean.mean.value.value() > 0.0 ? p : (p.ok() ? Value(1.0) : p);
}

std::string layer_text(const RunInfo& info) {
  return "layer " + std::to_string(info.layers[info.target()]);
}

Claim temperature_claim(const Variance& result, const Options& options) {
  const std::size_t layer = result.run.info.target();
  const std::size_t low = lowest_drawn(result.run.temperatures);
  const std::size_t high = result.run.temperatures.size() - 1;
  const std::size_t last = result.axes.checkpoints - 1;
  std::vector<Value> gains;
  gains.reserve(result.axes.problems);
  for (std::size_t p = 0; p < result.axes.problems; ++p) {
    gains.push_back(difference(result.cell(p, high, layer, last)[Spread::trace_covariance],
                               result.cell(p, low, layer, last)[Spread::trace_covariance]));
  }
  const std::string from = number_text(result.run.temperatures[low]);
  const std::string to = number_text(result.run.temperatures[high]);
  Claim claim{.about = "the variance of solutions at " + layer_text(result.run.info) +
                       " is larger at temperature " + to + " than at " + from,
              .caveats = caveats(result)};
  const Cell mean = cell_of(gains, options);
  const LayerTest& test = result.warmer[layer];
  decide(mean, test.p, test.least_p, claim);
  claim.evidence = "difference of Tr(Cov) " + report::estimate_text(mean.mean);
  return claim;
}

Claim drift_claim(const Manifold& result) {
  const std::size_t layer = result.run.info.target();
  const ManifoldLayer& at = result.layers[layer];
  Claim claim{.about = "after a prefix of the oracle's solution the model stays nearer to it (" +
                       layer_text(result.run.info) + ")",
              .caveats = caveats(result)};
  decide(at[Apart::improvement], at.test.p, at.test.least_p, claim);
  claim.evidence = "distance minus drift " + report::estimate_text(at[Apart::improvement].mean) +
                   ", nearer in " + report::estimate_text(at.improved);
  return claim;
}

std::string after_text(std::uint64_t tokens) {
  return std::to_string(tokens) + (tokens == 1 ? " token" : " tokens");
}

/// Latents of a part of the text: the last checkpoint may hold the answer itself. Where there is no
/// other, the claim says so.
Claim commitment_claim(const Variance& result) {
  const std::size_t layer = result.run.info.target();
  const std::size_t high = result.axes.temperatures - 1;
  const std::size_t parts = std::max<std::size_t>(1, result.axes.checkpoints - 1);
  const std::string when = result.axes.checkpoints > 1
                               ? "before the last checkpoint"
                               : "at the only checkpoint (" +
                                     after_text(result.run.checkpoints.front()) +
                                     "; the text may hold the answer)";
  Claim claim{.about = "latents at " + layer_text(result.run.info) + " tell the final answer " +
                       when + ", at temperature " + number_text(result.run.temperatures[high]),
              .caveats = caveats(result)};
  std::size_t best = 0;
  std::size_t tested = 0;
  for (std::size_t c = 0; c < parts; ++c) {
    tested += result.commitment[c].p_max.ok() ? 1U : 0U;
    const auto p_of = [&result](std::size_t at) {
      return result.commitment[at].p_max.value_or(2.0);
    };
    if (p_of(c) < p_of(best)) best = c;
  }
  const Cell& mean = result.mean(high, layer, best, Spread::commitment_excess);
  decide(mean, result.commitment[best].p_max, result.commitment[best].least_p, claim);
  claim.evidence = "accuracy above permuted answers after " +
                   after_text(result.run.checkpoints[best]) + " " +
                   report::estimate_text(mean.mean);
  // The p-value is of the largest statistic of all checkpoints; the interval is not.
  if (tested > 1 && mean.mean.low.ok()) {
    claim.evidence += ", interval not corrected for taking the smallest p of " +
                      std::to_string(tested) + " checkpoints";
  }
  return claim;
}

std::vector<std::string> step_caveats(const RunInfo& info) {
  if (info.complete) return {};
  return {"step " + std::string(step_name(info.step)) + " is not complete"};
}

}  // namespace

std::vector<std::string> caveats(const Manifold& result) {
  return step_caveats(result.run.info);
}

std::vector<std::string> caveats(const Variance& result) {
  std::vector<std::string> found = step_caveats(result.run.info);
  if (const double ended = share_ended(result); ended > 0.25) {
    found.push_back(report::percent_text(ended) +
                    " of the samples ended before the last checkpoint");
  }
  const Identical copies = identical_samples(result.run);
  if (2 * copies.same > copies.cells) {
    found.push_back("samples of a problem are one text in " + std::to_string(copies.same) + " of " +
                    std::to_string(copies.cells) + " cases");
  }
  return found;
}

std::vector<Claim> claims(const std::vector<Study>& studies, const Options& options) {
  const std::optional<std::string> primary = named_primary(studies);
  std::vector<Claim> all;
  bool is_first = true;
  for (const Study& study : studies) {
    const auto add = [&](Claim claim, std::string_view name) {
      const bool is_named = primary && *primary == name;
      if (is_first && (!primary || is_named)) {
        claim.role = primary ? Role::primary : Role::unnamed;
        is_first = false;
      }
      if (studies.size() > 1) claim.about = study.label + ": " + claim.about;
      all.push_back(std::move(claim));
    };
    const bool is_varied = study.variance && lowest_drawn(study.variance->run.temperatures) + 1 <
                                                 study.variance->run.temperatures.size();
    if (is_varied) add(temperature_claim(*study.variance, options), claim_names[0]);
    if (study.manifold) add(drift_claim(*study.manifold), claim_names[1]);
    if (study.variance) add(commitment_claim(*study.variance), claim_names[2]);
  }
  return all;
}

}  // namespace phiscope::analyze::sampling
