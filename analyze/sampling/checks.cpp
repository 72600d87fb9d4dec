// SPDX-License-Identifier: MIT
#include "sampling/checks.hpp"

#include "report/estimate_text.hpp"

#include <algorithm>
#include <set>

namespace phiscope::analyze::sampling {
namespace {

using report::Check;
using report::Outcome;
using report::outcome_of;

std::string some_of(std::size_t some, std::size_t all, const std::string& what) {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what;
}

Check steps_done(const Study& study) {
  std::size_t done = 0;
  std::string missing;
  const auto runs = study.runs();
  for (const RunInfo* info : runs) {
    done += info->complete ? 1U : 0U;
    if (!info->complete) missing += " " + std::string(step_name(info->step));
  }
  return {.name = "steps are complete",
          .outcome = outcome_of(done == runs.size()),
          .found = some_of(done, runs.size(), "steps") +
                   (missing.empty() ? "" : "; not complete:" + missing)};
}

/// How many values there are, and how many of them come from numbers that are not finite.
struct Finite {
  std::size_t all = 0;
  std::size_t bad = 0;

  void take(const Value& value) {
    ++all;
    bad += value.status() == Status::nonfinite ? 1U : 0U;
  }
};

Check no_nan(const Study& study) {
  Finite finite;
  if (study.variance) {
    for (const auto& problem : study.variance->cells) {
      for (const SpreadCell& cell : problem) finite.take(cell[Spread::trace_covariance]);
    }
  }
  if (study.manifold) {
    for (const auto& problem : study.manifold->measured) {
      for (const Aparts& layer : problem) {
        for (const Value& value : layer) finite.take(value);
      }
    }
  }
  if (study.sensitivity) {
    for (const auto& problem : study.sensitivity->measured) {
      for (const BranchMeasure& branch : problem) {
        for (const Value& value : branch.divergence) finite.take(value);
      }
    }
  }
  if (study.attribution) {
    for (const auto& point : study.attribution->points) finite.take(point[0].total);
  }
  return {.name = "no NaN",
          .outcome = outcome_of(finite.bad == 0),
          .found = some_of(finite.bad, finite.all, "measures are not finite")};
}

Check cosines_in_range(const Variance& result) {
  std::size_t all = 0;
  double largest = -1.0;
  for (const auto& problem : result.cells) {
    for (const SpreadCell& cell : problem) {
      if (!cell[Spread::cosine].ok()) continue;
      ++all;
      largest = std::max(largest, cell[Spread::cosine].value());
    }
  }
  if (all == 0) return {.name = "cosines up to 1", .found = "no cosine is defined"};
  return {.name = "cosines up to 1",
          .outcome = outcome_of(largest <= 1.0 + 1e-9),
          .found = "largest of " + std::to_string(all) + " is " + report::short_text(largest)};
}

Check not_all_copies(const Samples& run) {
  const Identical found = identical_samples(run);
  const std::string name =
      "not all problems of " + std::string(step_name(run.info.step)) + " have one text only";
  if (found.cells == 0) return {.name = name, .found = "no problem has two texts"};
  return {.name = name,
          .outcome = outcome_of(found.same < found.cells),
          .found = some_of(found.same, found.cells,
                           "problems and temperatures have one text for all samples")};
}

Check contributions_add_up(const Attribution& result) {
  const std::string name = "frozen contributions add up to the logits' difference";
  if (result.run.soft_cap) {
    return {.name = name, .found = "logits are capped: the sum is of the uncapped difference"};
  }
  const SumError error = sum_error(result);
  if (error.points == 0) return {.name = name, .found = "no point was run"};
  return {.name = name,
          .outcome = outcome_of(error.largest <= error.allowed),
          .found = "largest relative error of " + std::to_string(error.points) + " points " +
                   report::short_text(error.largest) + ", allowed " +
                   report::short_text(error.allowed)};
}

}  // namespace

Identical identical_samples(const Samples& run) {
  Identical found;
  for (const auto& problem : run.samples) {
    for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
      if (run.temperatures[t] == 0.0) continue;
      std::set<std::string> texts;
      std::size_t known = 0;
      for (const Sample& sample : problem[t]) {
        if (!sample.text) continue;
        ++known;
        texts.insert(*sample.text);
      }
      if (known < 2) continue;
      ++found.cells;
      found.same += texts.size() == 1 ? 1U : 0U;
    }
  }
  return found;
}

SumError sum_error(const Attribution& result) {
  // A difference of two logits of float32 holds about six digits of them, of half precision two, of
  // float64 fourteen.
  const std::string& dtype = result.run.info.dtype;
  const bool is_half = dtype == "float16" || dtype == "bfloat16";
  SumError found{.allowed = is_half ? 3e-2 : dtype == "float64" ? 1e-10 : 1e-5};
  for (const auto& point : result.points) {
    if (!point[0].error.ok()) continue;
    ++found.points;
    found.largest = std::max(found.largest, point[0].error.value() / point[0].scale.value());
  }
  return found;
}

double share_ended(const Variance& result) {
  std::size_t all = 0;
  std::size_t ended = 0;
  for (std::size_t p = 0; p < result.axes.problems; ++p) {
    for (std::size_t t = 0; t < result.axes.temperatures; ++t) {
      if (result.run.temperatures[t] == 0.0) continue;
      const SpreadCell& cell = result.cell(p, t, 0, result.axes.checkpoints - 1);
      all += result.run.samples[p][t].size() - cell.missing;
      ended += cell.ended;
    }
  }
  return all == 0 ? 0.0 : static_cast<double>(ended) / static_cast<double>(all);
}

std::vector<Check> checklist(const Study& study) {
  std::vector<Check> checks = {steps_done(study), no_nan(study)};
  if (study.variance) {
    checks.push_back(cosines_in_range(*study.variance));
    checks.push_back(not_all_copies(study.variance->run));
  }
  if (study.clusters) checks.push_back(not_all_copies(study.clusters->run));
  if (study.attribution) checks.push_back(contributions_add_up(*study.attribution));
  return checks;
}

}  // namespace phiscope::analyze::sampling
