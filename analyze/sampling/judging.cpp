// SPDX-License-Identifier: MIT
#include "sampling/judging.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"
#include "sampling/figure_parts.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/text/keyed_texts.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace phiscope::analyze::sampling {
namespace {

using shard::JsonObject;
using Json = nlohmann::ordered_json;

/// The id of a request holds a digest of its texts: a verdict on other texts is not taken for one
/// on these.
std::string request_id(const std::string& start, const std::string& first,
                       const std::string& second) {
  const std::string both = first + '\n' + std::to_string(first.size()) + '\n' + second;
  return start + "/" + shard::sha256(std::as_bytes(std::span(both))).substr(0, 16);
}

const Member* representative_of(const ProblemClusters& clusters, std::int64_t cluster) {
  for (const Member& member : clusters.members) {
    if (member.cluster == cluster && member.representative) return &member;
  }
  return nullptr;
}

void add_pairs(const std::vector<Study>& studies, std::size_t study, const ProblemClusters& each,
               std::vector<JudgedPair>& pairs) {
  const Clusters& result = *studies[study].clusters;
  const auto& samples = result.run.samples[each.problem][each.temperature];
  const std::string start = (studies.size() > 1 ? studies[study].label + "/" : std::string()) +
                            result.run.info.problems[each.problem].id + "/T" +
                            number_text(result.run.temperatures[each.temperature]);
  const auto clusters = static_cast<std::int64_t>(each.clusters);
  for (std::int64_t a = 0; a < clusters; ++a) {
    for (std::int64_t b = a + 1; b < clusters; ++b) {
      const Member* const first = representative_of(each, a);
      const Member* const second = representative_of(each, b);
      if (first == nullptr || second == nullptr) continue;
      JudgedPair pair{.study = study,
                      .problem = each.problem,
                      .temperature = each.temperature,
                      .clusters = {a, b},
                      .samples = {first->sample, second->sample},
                      .texts = {samples[first->sample].text.value_or(""),
                                samples[second->sample].text.value_or("")}};
      pair.ids = {request_id(start, pair.texts[0], pair.texts[1]),
                  request_id(start, pair.texts[1], pair.texts[0])};
      // Two solutions of one text are no question.
      if (pair.ids[0] != pair.ids[1]) pairs.push_back(std::move(pair));
    }
  }
}

void take_verdicts(const Verdicts& verdicts, Judging& judging) {
  std::set<std::string> known;
  for (JudgedPair& pair : judging.pairs) {
    for (std::size_t order = 0; order < 2; ++order) {
      const auto found = verdicts.find(pair.ids[order]);
      known.insert(pair.ids[order]);
      if (found != verdicts.end()) pair.verdicts[order] = found->second;
    }
  }
  judging.foreign = static_cast<std::size_t>(
      std::count_if(verdicts.begin(), verdicts.end(),
                    [&known](const auto& verdict) { return !known.contains(verdict.first); }));
}

/// Shares of distinct pairs among the judged ones, problem by problem.
std::vector<Value> distinct_shares(const Judging& judging) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::pair<double, double>> counts;
  for (const JudgedPair& pair : judging.pairs) {
    auto& [distinct, judged] = counts[{pair.study, pair.problem, pair.temperature}];
    const Agreement outcome = agreement_of(pair);
    if (outcome != Agreement::distinct && outcome != Agreement::same) continue;
    judged += 1.0;
    distinct += outcome == Agreement::distinct ? 1.0 : 0.0;
  }
  std::vector<Value> shares;
  shares.reserve(counts.size());
  for (const auto& [problem, count] : counts) {
    shares.push_back(count.second > 0.0 ? Value(count.first / count.second)
                                        : Value(Status::no_pairs));
  }
  return shares;
}

/// Why there is no verdict on an order.
std::string missing_reason(const std::optional<Verdict>& verdict) {
  if (!verdict) return "not_asked";
  return verdict->distinct ? "" : verdict->reason;
}

phiscope::Cell verdict_cell(const std::optional<Verdict>& verdict) {
  if (!verdict || !verdict->distinct) return Undefined{missing_reason(verdict)};
  return std::int64_t{*verdict->distinct ? 1 : 0};
}

}  // namespace

std::string_view agreement_name(Agreement outcome) noexcept {
  constexpr std::array<std::string_view, 4> names = {"distinct", "same", "inconsistent", "missing"};
  return names[static_cast<std::size_t>(outcome)];
}

Agreement agreement_of(const JudgedPair& pair) noexcept {
  for (const auto& verdict : pair.verdicts) {
    if (!verdict || !verdict->distinct) return Agreement::missing;
  }
  if (*pair.verdicts[0]->distinct != *pair.verdicts[1]->distinct) return Agreement::inconsistent;
  return *pair.verdicts[0]->distinct ? Agreement::distinct : Agreement::same;
}

Verdicts read_verdicts(const std::filesystem::path& file) {
  Verdicts verdicts;
  const bool found =
      shard::read_lines(file, [&verdicts](const auto& where, const JsonObject& line) {
        const std::string status = line.text("status");
        const Json& distinct = line.member("distinct");
        Verdict verdict{.reason = line.text("reason")};
        if (status == "ok" && distinct.is_boolean()) {
          verdict.distinct = distinct.get<bool>();
        } else if (status != "missing" || !distinct.is_null()) {
          line.refuse("distinct", "true or false with status ok, null with status missing");
        }
        if (!verdicts.emplace(line.text("id"), std::move(verdict)).second) {
          throw shard::FormatError(where, "id: found that of an earlier line");
        }
      });
  if (!found) throw shard::FormatError(file, "is missing, expected the verdicts of `judge`");
  return verdicts;
}

Judging judge_pairs(const std::vector<Study>& studies, const std::optional<Verdicts>& verdicts,
                    const Options& options) {
  Judging judging{.has_verdicts = verdicts.has_value()};
  for (std::size_t study = 0; study < studies.size(); ++study) {
    if (!studies[study].clusters) continue;
    for (const ProblemClusters& each : studies[study].clusters->problems) {
      add_pairs(studies, study, each, judging.pairs);
    }
  }
  if (verdicts) take_verdicts(*verdicts, judging);
  judging.shares = distinct_shares(judging);
  judging.distinct = cell_of(judging.shares, options);
  return judging;
}

std::string requests_text(const std::vector<Study>& studies, const Judging& judging) {
  std::string text;
  std::set<std::string> written;
  for (const JudgedPair& pair : judging.pairs) {
    const RunInfo& info = studies[pair.study].clusters->run.info;
    for (std::size_t order = 0; order < 2; ++order) {
      if (!written.insert(pair.ids[order]).second) continue;
      const Json line = {{"id", pair.ids[order]},
                         {"problem", info.problems[pair.problem].question},
                         {"first", pair.texts[order]},
                         {"second", pair.texts[1 - order]}};
      text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }
  }
  return text;
}

report::NamedTable judgement_table(const std::vector<Study>& studies, const Judging& judging) {
  Table table;
  table.columns = {"run",      "problem",  "temperature", "cluster_a", "cluster_b",
                   "sample_a", "sample_b", "outcome",     "a_first",   "b_first"};
  for (const JudgedPair& pair : judging.pairs) {
    const Clusters& result = *studies[pair.study].clusters;
    table.rows.push_back({studies[pair.study].label, result.run.info.problems[pair.problem].id,
                          result.run.temperatures[pair.temperature], pair.clusters[0],
                          pair.clusters[1], report::count_cell(pair.samples[0]),
                          report::count_cell(pair.samples[1]),
                          std::string(agreement_name(agreement_of(pair))),
                          verdict_cell(pair.verdicts[0]), verdict_cell(pair.verdicts[1])});
  }
  return {"judgements.csv",
          "representatives of two clusters of a problem and whether a judge calls them distinct, "
          "in both orders",
          std::move(table)};
}

std::string judge_line(const Judging& judging) {
  if (!judging.has_verdicts) {
    return "Judge: " + std::to_string(judging.pairs.size()) +
           " pairs of representatives are not judged; " + requests_name +
           " holds the questions for `judge`.";
  }
  std::array<std::size_t, 4> counts = {};
  std::map<std::string, std::size_t> reasons;
  for (const JudgedPair& pair : judging.pairs) {
    ++counts[static_cast<std::size_t>(agreement_of(pair))];
    for (const auto& verdict : pair.verdicts) {
      if (const std::string why = missing_reason(verdict); !why.empty()) ++reasons[why];
    }
  }
  std::string line = "Judge: of " + std::to_string(judging.pairs.size()) + " pairs ";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    line += (i == 0 ? "" : ", ") + std::to_string(counts[i]) + " " +
            std::string(agreement_name(static_cast<Agreement>(i)));
  }
  line += "; share distinct " + report::estimate_text(judging.distinct.mean);
  for (const auto& [why, count] : reasons) {
    line += "; verdict missing: " + why + " " + std::to_string(count);
  }
  if (judging.foreign > 0) {
    line += "; " + std::to_string(judging.foreign) + " verdicts are on other requests";
  }
  return line + ".";
}

std::vector<figure::Figure> judge_figures(const Judging& judging) {
  constexpr std::size_t bars = 10;
  figure::Histogram histogram;
  for (std::size_t i = 0; i <= bars; ++i) {
    histogram.edges.push_back(static_cast<double>(i) / static_cast<double>(bars));
  }
  std::vector<double> counts(bars, 0.0);
  bool is_empty = true;
  for (const Value& share : judging.shares) {
    if (!share.ok()) continue;
    is_empty = false;
    const auto bar = static_cast<std::size_t>(share.value() * static_cast<double>(bars));
    counts[std::min(bar, bars - 1)] += 1.0;
  }
  if (is_empty) return {};
  figure::Figure figure = figure_about(
      {"judge", "Pairs of clusters that a judge calls distinct",
       "Problems by the share of their judged pairs of representatives that are distinct in both "
       "orders; inconsistent and missing pairs are left out.",
       "share: distinct pairs / (distinct pairs + same pairs) of a problem.", "judgements.csv"});
  figure::BarSeries series = bars_named("problems", 0);
  series.values.assign(counts.begin(), counts.end());
  histogram.series.push_back(std::move(series));
  figure.panels.push_back(panel_of("", "share distinct", "problems", std::move(histogram)));
  return {figure};
}

}  // namespace phiscope::analyze::sampling
