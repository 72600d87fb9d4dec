// SPDX-License-Identifier: MIT
#include "loo/report.hpp"

#include "loo/figures.hpp"
#include "loo/provenance.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace phiscope::analyze::loo {
namespace {

/// The shortest text that tells the run from the others of the report.
std::string tag(const RunResult& run, const std::vector<RunResult>& runs) {
  if (runs.size() == 1) return "sink " + run.info.sink_name;
  const auto same_sink = std::count_if(runs.begin(), runs.end(), [&run](const RunResult& other) {
    return other.info.sink == run.info.sink;
  });
  return same_sink == 1 ? "sink " + run.info.sink_name : describe(run);
}

/// Two decimals, without a minus sign before zero.
std::string two_decimals(double value) {
  std::array<char, 400> text{};  // room for the largest double
  const double shown = std::abs(value) < 0.005 ? 0.0 : value;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), shown, std::chars_format::fixed, 2).ptr;
  return {text.data(), end};
}

/// "1.78 [1.60, 1.95]", without the interval where there is none.
std::string with_interval(const Aggregate& aggregate) {
  if (!aggregate.mean.ok()) {
    return "undefined (" + std::string(status_name(main_reason(aggregate))) + ")";
  }
  std::string text = two_decimals(aggregate.mean.value());
  if (aggregate.low.ok() && aggregate.high.ok()) {
    text += " [" + two_decimals(aggregate.low.value()) + ", " +
            two_decimals(aggregate.high.value()) + "]";
  }
  return text;
}

/// "semantic: A with sink keep, B with sink drop; unrelated: ..." with a phrase per run and
/// condition.
template <class Phrase>
std::string by_condition(const std::vector<RunResult>& runs, Phrase phrase) {
  std::string text;
  for (const std::string& name : condition_names(runs)) {
    text += (text.empty() ? "" : "; ") + name + ": ";
    std::string separator;
    for (const RunResult& run : runs) {
      for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
        if (run.info.conditions[condition].name != name) continue;
        text += separator + phrase(run, condition) + " with " + tag(run, runs);
        separator = ", ";
      }
    }
  }
  return text + ".";
}

std::string ratio_at(const RunResult& run, std::size_t condition, bool longest) {
  const std::size_t length = longest ? run.lengths.size() - 1 : 0;
  const std::size_t layer = run.info.layers.size() - 1;
  const Aggregate& ratio = run.level_at(condition, length, layer, Scale::absolute, 0);
  std::string text = with_interval(ratio);
  if (longest && run.has_embedding()) {
    const Aggregate& relative = run.level_at(condition, length, layer, Scale::relative, 0);
    if (relative.mean.ok()) {
      text += " (" + two_decimals(relative.mean.value()) + " times the embedding's)";
    }
  }
  return text;
}

std::string explained_by_zero(const RunResult& run, std::size_t condition) {
  std::vector<double> shares;
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    const ZeroFit& fit = run.position_zero[condition * run.info.layers.size() + layer];
    if (run.info.layers[layer] >= 0 && fit.explained.ok()) shares.push_back(fit.explained.value());
  }
  if (shares.empty()) return "undefined";
  return "R\u00b2 " + two_decimals(median(std::move(shares)));
}

std::string last_layer(const std::vector<RunResult>& runs) {
  const std::int64_t last = runs.front().info.layers.back();
  const bool same = std::all_of(runs.begin(), runs.end(), [last](const RunResult& run) {
    return run.info.layers.back() == last;
  });
  return same ? "last layer (" + std::to_string(last) + ")" : "last layer";
}

std::string length_text(const std::vector<RunResult>& runs, bool longest) {
  std::int64_t found = longest ? runs.front().lengths.back() : runs.front().lengths.front();
  for (const RunResult& run : runs) {
    const std::int64_t other = longest ? run.lengths.back() : run.lengths.front();
    found = longest ? std::max(found, other) : std::min(found, other);
  }
  return "N = " + std::to_string(found);
}

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

const Table& table_named(const std::vector<NamedTable>& tables, const std::string& file) {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&file](const NamedTable& table) { return table.file == file; });
  if (found == tables.end()) throw std::invalid_argument("report: no table " + file);
  return found->table;
}

figure::Section diagnostics(const std::vector<RunResult>& runs,
                            const std::vector<NamedTable>& tables,
                            const std::vector<std::string>& notes) {
  figure::Section section{.title = "Diagnostics", .blocks = {}};
  figure::Points points{notes};
  for (std::string& line : undefined_counts(runs)) points.lines.push_back(std::move(line));
  section.blocks.emplace_back(std::move(points));
  section.blocks.emplace_back(figure::TableBlock{
      .caption = "What was read. A ratio influence is counted once per event and layer; overflows "
                 "are squared pair distances above 65504, infinite in half precision.",
      .file = "runs.csv",
      .table = run_table(runs)});
  section.blocks.emplace_back(
      figure::TableBlock{.caption = "Missing influences and why, per condition and context length",
                         .file = "undefined.csv",
                         .table = table_named(tables, "undefined.csv"),
                         .folded = true});
  section.blocks.emplace_back(
      figure::TableBlock{.caption = "Position-0-only model and half-precision overflows, per layer",
                         .file = "diagnostics.csv",
                         .table = table_named(tables, "diagnostics.csv"),
                         .folded = true});
  return section;
}

}  // namespace

std::vector<std::string> findings(const std::vector<RunResult>& runs) {
  const std::string layer = last_layer(runs);
  return {
      "Cross / within distance, above 1 where words of a cluster lie closer together, " + layer +
          ", " + length_text(runs, true) + ": " +
          by_condition(runs, [](const auto& run, auto c) { return ratio_at(run, c, true); }),
      "The same at " + length_text(runs, false) + ", where position 0 weighs most: " +
          by_condition(runs, [](const auto& run, auto c) { return ratio_at(run, c, false); }),
      "Share of the ratio influences that a model of position 0 alone explains, median layer: " +
          by_condition(runs, explained_by_zero)};
}

figure::Report report(const std::vector<RunResult>& runs, const Options& options,
                      const std::vector<NamedTable>& tables,
                      const std::vector<figure::FigureBlock>& drawn,
                      const std::vector<std::string>& notes) {
  figure::Report result;
  result.title = "Leave-one-out influence, layer by layer";
  for (const RunResult& run : runs) {
    result.subtitle += (result.subtitle.empty() ? "" : " \u00b7 ") + describe(run);
  }
  result.facts = provenance_facts(runs, options);
  result.sections.push_back(diagnostics(runs, tables, notes));
  result.sections.push_back({.title = "Findings", .blocks = {figure::Points{findings(runs)}}});
  figure::Section curve_section{.title = "Curves over the layers", .blocks = {}};
  figure::Section map_section{.title = "Maps of layer and context length", .blocks = {}};
  for (const auto& block : drawn) {
    const bool is_map = block.figure.name.starts_with("heatmap");
    (is_map ? map_section : curve_section).blocks.emplace_back(block);
  }
  result.sections.push_back(std::move(curve_section));
  result.sections.push_back(std::move(map_section));
  figure::Downloads files;
  for (const NamedTable& table : tables) files.files.emplace_back(table.file, table.about);
  result.sections.push_back(
      {.title = "Tables",
       .blocks = {
           figure::Paragraph{"Full precision, beside this report. An empty cell is an "
                             "undefined number; the reasons are counted or named in its row."},
           std::move(files)}});
  result.sections.push_back(
      {.title = "Provenance",
       .blocks = {figure::TableBlock{.caption = "Options and plan of every run",
                                     .file = "provenance.csv",
                                     .table = provenance_table(runs, options),
                                     .folded = true}}});
  return result;
}

}  // namespace phiscope::analyze::loo
