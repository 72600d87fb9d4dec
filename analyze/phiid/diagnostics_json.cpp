// SPDX-License-Identifier: MIT
#include "phiid/tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace phiscope::analyze::phiid {
namespace {

using Json = nlohmann::ordered_json;

Json json_number(const Value& value) {
  return value.ok() ? Json(value.value()) : Json(nullptr);
}

template <class Is>
Json ids_where(const RunResult& run, Is is) {
  Json ids = Json::array();
  for (const PromptDiagnosis& prompt : run.prompts) {
    if (is(prompt)) ids.push_back(prompt.id);
  }
  return ids;
}

Json flat_ids(const RunResult& run, const std::vector<std::size_t>& heads) {
  Json ids = Json::array();
  for (const std::size_t head : heads) ids.push_back(run.input.flat_id(head));
  return ids;
}

Json prompts_json(const RunResult& run) {
  const auto& all = run.prompts;
  std::size_t checked = 0;
  std::size_t after = 0;
  std::size_t ends_known = 0;
  for (const PromptDiagnosis& prompt : all) {
    checked += prompt.knows_loop ? 1 : 0;
    ends_known += prompt.after_end ? 1 : 0;
    after += prompt.after_end.value_or(0);
  }
  return {{"n", all.size()},
          {"planned", run.input.prompts_planned},
          {"loops_checked", checked},
          {"looping", ids_where(run, [](const auto& p) { return p.loop_period.has_value(); })},
          {"text_end_checked", ends_known},
          {"tokens_after_end", after},
          {"with_tokens_after_end",
           ids_where(run, [](const auto& p) { return p.after_end.value_or(0) > 0; })},
          {"with_unknown_tokens",
           ids_where(run, [](const auto& p) { return p.unknown.value_or(0.0) > unknown_limit; })}};
}

Json series_json(const RunResult& run) {
  std::vector<std::size_t> dead, unranked;
  for (std::size_t head = 0; head < run.series.heads; ++head) {
    if (run.series.dead[head]) dead.push_back(head);
    if (run.scores.n_pairs[head] == 0) unranked.push_back(head);
  }
  const auto count = [&run](Status status) {
    return std::count_if(run.series.broken.begin(), run.series.broken.end(),
                         [status](const auto& broken) { return broken.status == status; });
  };
  return {{"heads", run.series.heads},
          {"heads_with_trend", severe(run.prompts, run.series).trended},
          {"dead_heads", flat_ids(run, dead)},
          {"unranked_heads", flat_ids(run, unranked)},
          {"constant_series", count(Status::constant_series)},
          {"nonfinite_series", count(Status::nonfinite)}};
}

Json pairs_json(const RunResult& run) {
  const Matrices& matrices = run.matrices;
  const PhiidCounts& counts = matrices.counts;
  return {{"pairs", pair_count(matrices.heads)},
          {"decomposed", matrices.pairs},
          {"ok_in_some_prompt", matrices.pairs_ok},
          {"ok_in_all_prompts", matrices.pairs_ok_in_all},
          {"decompositions",
           {{"ok", counts.ok},
            {"too_short", counts.too_short},
            {"constant_series", counts.constant_series},
            {"nonfinite", counts.nonfinite},
            {"singular", counts.singular}}}};
}

Json bias_json(const RunResult& run, const Options& options) {
  const Bias& bias = run.bias;
  return {{"unit", options.unit()},
          {"transitions", bias.transitions},
          {"effective_transitions", json_number(bias.effective)},
          {"tdmi_bias", json_number(bias.tdmi_bias)},
          {"tdmi_bias_effective", json_number(bias.tdmi_bias_effective)},
          {"mean_tdmi", json_number(bias.mean_tdmi)},
          {"mean_sts", json_number(bias.mean_sts)},
          {"mean_rtr", json_number(bias.mean_rtr)},
          {"corrected", bias.corrected}};
}

}  // namespace

nlohmann::ordered_json diagnostics_json(const RunResult& run, const Options& options) {
  Json ties = Json::object();
  for (const Ranking ranking : rankings) {
    ties[std::string(ranking_column(ranking))] = tied_heads(run.scores.of(ranking));
  }
  Json surrogates = {{"n", run.surrogates.surrogates}};
  for (std::size_t k = 0; k < tested_names.size(); ++k) {
    const HeadTests& tests = run.surrogates.tests[k];
    if (run.surrogates.surrogates == 0) break;
    surrogates[std::string(tested_names[k])] = {{"tested", tests.tested},
                                                {"p_at_most_0.05", tests.below_5_percent},
                                                {"family_p_at_most_0.05", tests.family},
                                                {"holm_p_at_most_0.05", tests.holm}};
  }
  return {{"run", run.input.label},
          {"warnings", run.warnings},
          {"prompts", prompts_json(run)},
          {"series", series_json(run)},
          {"pairs", pairs_json(run)},
          {"bias", bias_json(run, options)},
          {"tied_heads", std::move(ties)},
          {"bootstrap_resamples", run.resamples},
          {"surrogates", std::move(surrogates)}};
}

}  // namespace phiscope::analyze::phiid
