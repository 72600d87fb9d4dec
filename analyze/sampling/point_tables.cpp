// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"
#include "sampling/mean_cells.hpp"
#include "sampling/tables.hpp"

namespace phiscope::analyze::sampling {
namespace {

using report::append;
using report::columns;
using report::count_cell;
using report::TableRow;
using report::value_cell;

phiscope::Cell optional_cell(const std::optional<double>& number, const std::string& reason) {
  if (!number) return Undefined{reason};
  return number_cell(*number);
}

Table attribution_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run", "point", "problem", "t", "norm", "entry", "contribution"};
  for (const Study& study : studies) {
    if (!study.attribution) continue;
    const Attribution& result = *study.attribution;
    for (std::size_t point = 0; point < result.points.size(); ++point) {
      for (std::size_t norm = 0; norm < all_norms.size(); ++norm) {
        for (std::size_t entry = 0; entry < result.entries; ++entry) {
          table.rows.push_back({result.label, count_cell(point), result.run.points[point].problem,
                                count_cell(result.run.points[point].t),
                                std::string(norm_name(all_norms[norm])), result.entry_name(entry),
                                value_cell(result.points[point][norm].entries[entry])});
        }
      }
    }
  }
  return table;
}

Table attribution_mean_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = columns({"run", "norm", "entry"}, mean_columns());
  for (const Study& study : studies) {
    if (!study.attribution) continue;
    const Attribution& result = *study.attribution;
    for (std::size_t norm = 0; norm < all_norms.size(); ++norm) {
      for (std::size_t entry = 0; entry < result.entries; ++entry) {
        TableRow row = {result.label, std::string(norm_name(all_norms[norm])),
                        result.entry_name(entry)};
        append(row, mean_cells(result.means[norm][entry]));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

Table attribution_point_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run",        "point",   "problem",       "t",
                   "top1",       "top2",    "divergence",    "score_difference",
                   "sum_frozen", "sum_raw", "sum_published", "error_frozen",
                   "scale"};
  for (const Study& study : studies) {
    if (!study.attribution) continue;
    const Attribution& result = *study.attribution;
    for (std::size_t i = 0; i < result.points.size(); ++i) {
      const Point& point = result.run.points[i];
      const auto& norms = result.points[i];
      const bool is_capped = result.run.soft_cap.has_value();
      table.rows.push_back(
          {result.label, count_cell(i), point.problem, count_cell(point.t), point.top1, point.top2,
           optional_cell(point.divergence, "not_said"),
           optional_cell(point.score_difference, "not_run"), value_cell(norms[0].total),
           value_cell(norms[1].total), value_cell(norms[2].total),
           is_capped ? phiscope::Cell(Undefined{"soft_cap"}) : value_cell(norms[0].error),
           value_cell(norms[0].scale)});
    }
  }
  return table;
}

Table cluster_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run",     "problem",       "temperature", "layer",          "n",
                   "n_right", "status",        "clusters",    "inertia",        "silhouette",
                   "by_gap",  "by_silhouette", "stability",   "principal_share"};
  for (const Study& study : studies) {
    if (!study.clusters) continue;
    const Clusters& result = *study.clusters;
    for (const ProblemClusters& each : result.problems) {
      const bool is_ok = each.status == "ok";
      table.rows.push_back(
          {result.label, result.run.info.problems[each.problem].id,
           result.run.temperatures[each.temperature], result.layer, count_cell(each.samples),
           count_cell(each.correct), each.status,
           is_ok ? count_cell(each.clusters) : phiscope::Cell(Undefined{each.status}),
           value_cell(each.inertia), value_cell(each.silhouette), value_cell(each.by_gap),
           value_cell(each.by_silhouette), value_cell(each.stability),
           value_cell(each.principal_share)});
    }
  }
  return table;
}

Table member_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run",         "problem",        "temperature", "sample",     "cluster",
                   "from_centre", "representative", "principal_1", "principal_2"};
  for (const Study& study : studies) {
    if (!study.clusters) continue;
    const Clusters& result = *study.clusters;
    for (const ProblemClusters& each : result.problems) {
      for (const Member& member : each.members) {
        table.rows.push_back({result.label, result.run.info.problems[each.problem].id,
                              result.run.temperatures[each.temperature], count_cell(member.sample),
                              member.cluster, number_cell(member.from_centre),
                              flag_cell(member.representative, ""),
                              number_cell(member.principal[0]), number_cell(member.principal[1])});
      }
    }
  }
  return table;
}

}  // namespace

std::vector<report::NamedTable> attribution_tables(const std::vector<Study>& studies) {
  return {{"attribution.csv", "what an entry contributes at a point", attribution_table(studies)},
          {"attribution_means.csv", "mean contribution of an entry over problems",
           attribution_mean_table(studies)},
          {"attribution_points.csv", "a point: its tokens and what the contributions add up to",
           attribution_point_table(studies)}};
}

std::vector<report::NamedTable> cluster_tables(const std::vector<Study>& studies) {
  return {
      {"clusters.csv", "the right solutions of a problem at a temperature", cluster_table(studies)},
      {"cluster_members.csv", "a right solution in its cluster", member_table(studies)}};
}

}  // namespace phiscope::analyze::sampling
