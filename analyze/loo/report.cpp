// SPDX-License-Identifier: MIT
#include "loo/report.hpp"

#include "loo/analysis/contrasts.hpp"
#include "loo/claims.hpp"
#include "loo/figures.hpp"
#include "loo/findings.hpp"
#include "loo/tables.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace phiscope::analyze::loo {
namespace {

Table run_table(const std::vector<RunResult>& runs) {
  Table table;
  table.columns = {"run",
                   "sink",
                   "conditions",
                   "contexts",
                   "events",
                   "layers",
                   "ratio influences",
                   "defined",
                   "float16 overflows"};
  for (const RunResult& run : runs) {
    std::int64_t events = 0;
    std::int64_t all = 0;
    std::int64_t defined = 0;
    std::int64_t overflows = 0;
    for (const ContextMeasures& context : run.contexts) {
      events += static_cast<std::int64_t>(context.events.size());
      for (const std::int64_t count : context.float16_overflows) overflows += count;
      for (const Event& event : context.events) {
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          ++all;
          if (influence(context.full[layer], event.without[layer], Metric::ratio).ok()) ++defined;
        }
      }
    }
    std::string conditions;
    for (const Condition& condition : run.info.conditions) {
      if (!conditions.empty()) conditions += ", ";
      conditions += condition.name;
    }
    table.rows.push_back(
        {run.label, run.info.sink_name, conditions, static_cast<std::int64_t>(run.contexts.size()),
         events, static_cast<std::int64_t>(run.info.layers.size()), all, defined, overflows});
  }
  return table;
}

report::Section diagnostics(const std::vector<RunResult>& runs,
                            const std::vector<report::NamedTable>& tables) {
  return {.title = "Diagnostics",
          .lines = undefined_counts(runs),
          .figures = {},
          .tables = {{.caption =
                          "What was read. A ratio influence is counted once per event and layer; "
                          "overflows are squared pair distances above 65504, infinite in half "
                          "precision.",
                      .file = "runs.csv",
                      .table = run_table(runs)},
                     folded(report::table_named(tables, "undefined.csv"),
                            "Missing influences and why, per condition and context length"),
                     folded(report::table_named(tables, "diagnostics.csv"),
                            "Position-0-only model and half-precision overflows, per layer")},
          .links = {},
          .folded = true};
}

std::vector<report::OutputFile> results(const std::vector<RunResult>& runs) {
  std::vector<report::OutputFile> files;
  for (const RunResult& run : runs) {
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      const std::string prefix = runs.size() > 1 ? file_stem(run.label) + "_" : "";
      files.push_back(
          {"results_" + prefix + file_stem(run.info.conditions[condition].name) + ".json",
           results_json(run, condition).dump(1) + "\n"});
    }
  }
  return files;
}

/// The fewest walks of a condition and length, where no test over them can reach 0.05, or few do.
std::string few_walks(const RunResult& run) {
  std::size_t fewest = run.contexts.size();
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    for (const std::int64_t n : run.lengths) {
      const std::size_t walks = contexts_of(run, condition, n).size();
      if (walks > 0) fewest = std::min(fewest, walks);
    }
  }
  if (fewest >= least_studentised_units) return {};
  const double least = std::min(1.0, std::ldexp(2.0, -static_cast<int>(fewest)));
  return "Few walks in " + describe(run) + ": as few as " + std::to_string(fewest) +
         " per condition and length; no sign-flip p below " + report::short_text(least) +
         (fewest < least_units ? ", no intervals." : ", intervals too short on skewed data.");
}

/// Ratios of full contexts that say nothing: equal rows, or distances below the absolute floor.
std::string flat_levels(const RunResult& run) {
  std::int64_t equal = 0;
  std::int64_t floored = 0;
  std::int64_t all = 0;
  for (const ContextMeasures& context : run.contexts) {
    for (const ClusterStructure& layer : context.full) {
      ++all;
      equal += layer.ratio.status() == Status::constant ? 1 : 0;
      floored += layer.floored ? 1 : 0;
    }
  }
  if (equal == 0 && floored == 0) return {};
  return "Collapsed words in " + describe(run) + ": of " + std::to_string(all) +
         " ratios of full contexts " + std::to_string(equal) +
         " are undefined since all rows are equal (constant), " + std::to_string(floored) +
         " are at the absolute floor 1e-10 and depend on the unit (floored).";
}

report::Source source(const RunResult& run) {
  return {.label = run.label,
          .about = "sink " + run.info.sink_name + ", " + std::to_string(run.contexts.size()) +
                   " contexts, " + std::to_string(run.info.layers.size()) + " layers",
          .missing = run.info.missing,
          .plan = run.info.details};
}

}  // namespace

std::vector<std::string> undefined_counts(const std::vector<RunResult>& runs) {
  std::vector<std::string> lines;
  for (const RunResult& run : runs) {
    std::int64_t all = 0;
    std::int64_t undefined = 0;
    std::map<std::string, std::int64_t> by_reason;
    for (const ContextMeasures& context : run.contexts) {
      for (const Event& event : context.events) {
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          const Value value = influence(context.full[layer], event.without[layer], Metric::ratio);
          ++all;
          if (value.ok()) continue;
          ++undefined;
          ++by_reason[std::string(status_name(value.status()))];
        }
      }
    }
    std::string line = "Undefined in " + describe(run) + ": " + std::to_string(undefined) + " of " +
                       std::to_string(all) + " ratio influences";
    std::string separator = " (";
    for (const auto& [reason, count] : by_reason) {
      line += separator + reason + ": " + std::to_string(count);
      separator = ", ";
    }
    lines.push_back(line + (by_reason.empty() ? "." : "). They are left out of every mean."));
  }
  return lines;
}

std::vector<std::string> warnings(const std::vector<RunResult>& runs) {
  std::vector<std::string> lines;
  for (const RunResult& run : runs) {
    if (run.contexts.size() != run.info.walks.size()) {
      lines.push_back("Partial run " + run.label + ": " + std::to_string(run.contexts.size()) +
                      " of " + std::to_string(run.info.walks.size()) + " contexts.");
    }
    if (const std::string few = few_walks(run); !few.empty()) lines.push_back(few);
    if (const std::string flat = flat_levels(run); !flat.empty()) lines.push_back(flat);
  }
  return lines;
}

report::Analysis report_of(const std::vector<RunResult>& runs, const Options& options) {
  report::Analysis result{
      .program = "analyze-loo",
      .title = "Leave-one-out influence, layer by layer",
      .sources = {},
      .left_out = "loo",
      .options = {{"cross pairs", options.cross == Cross::groups ? "groups" : "all"},
                  {"bootstrap resamples", std::to_string(options.resamples)},
                  {"seed", std::to_string(options.seed)}},
      .warnings = warnings(runs),
      .claims = claims(runs),
      .findings = findings(runs),
      .definitions = definitions(),
      .tables = tables(runs),
      .figures = figures(runs),
      .sections = {},
      .files = results(runs),
      .arrays = {}};
  for (const RunResult& run : runs) result.sources.push_back(source(run));
  report::Section curves{.title = "Curves over the layers"};
  report::Section maps{.title = "Maps of layer and context length"};
  for (const figure::Figure& figure : result.figures) {
    const bool is_map = figure.name.starts_with("heatmap");
    (is_map ? maps : curves).figures.push_back(figure.name);
  }
  result.sections = {diagnostics(runs, result.tables), std::move(curves), std::move(maps)};
  return result;
}

}  // namespace phiscope::analyze::loo
