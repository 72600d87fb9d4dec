// SPDX-License-Identifier: MIT
#include "patching/results.hpp"

#include "patching/checks.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using Json = nlohmann::ordered_json;

Json json_number(const Value& value) {
  return value.ok() ? Json(value.value()) : Json(nullptr);
}

/// The measures of the published files, in their order.
constexpr std::array<Measure, 6> published = {
    Measure::kl_divergence,     Measure::l2_difference,      Measure::prediction_change_rate,
    Measure::answer_logit_diff, Measure::clean_answer_score, Measure::corrupted_answer_score};

Json cell_json(const Cell& cell) {
  Json result = {{"mean", json_number(cell.mean.value)},
                 {"ci_low", json_number(cell.mean.low)},
                 {"ci_high", json_number(cell.mean.high)},
                 {"n", cell.count},
                 {"n_ok", cell.mean.units}};
  const Status why = first_reason(cell.mean.value.status(), cell.mean.low.status());
  if (why != Status::ok) result["reason"] = std::string(status_name(why));
  for (const auto& [status, count] : cell.undefined) {
    result["undefined"][std::string(status_name(status))] = count;
  }
  return result;
}

/// The object of a site below mode, set, layer, head and step.
Json& place_of_site(const Patching& data, const Site& site, Json& root) {
  Json& layer = root[data.modes[site.mode]][data.sets[site.set]][std::to_string(site.layer)];
  Json& head = data.has_heads ? layer["head " + std::to_string(site.head)] : layer;
  return head[data.has_steps(site.set) ? std::to_string(site.step) : "all"];
}

Json group_json(const Result& result, std::size_t group) {
  const Patching& data = result.data;
  Json sites = Json::object();
  for (std::size_t site = 0; site < data.sites.size(); ++site) {
    Json& place = place_of_site(data, data.sites[site], sites);
    for (const Measure measure : all_measures()) {
      place[std::string(measure_name(measure))] = cell_json(result.cell(group, site, measure));
    }
    for (std::size_t of = 0; of < tested.size(); ++of) {
      const SiteTest& test = result.test(group, site, of);
      place[std::string(measure_name(tested[of]))]["test"] = {{"p", json_number(test.p)},
                                                              {"p_holm", json_number(test.p_holm)},
                                                              {"p_max", json_number(test.p_max)},
                                                              {"least_p_max", test.least_p}};
    }
  }
  return {{"n_pairs", result.groups[group].pairs.size()}, {"sites", std::move(sites)}};
}

Json run_json(const Result& result) {
  const Patching& data = result.data;
  const Baselines baselines = baselines_of(result);
  Json run = {{"run", result.label},
              {"donor", data.donor},
              {"hook", data.hook},
              {"pairs",
               {{"n", data.pairs.size() + data.dropped.size()},
                {"n_ok", data.complete_pairs()},
                {"unfinished", data.pairs.size() - data.complete_pairs()},
                {"dropped", Json::object()},
                {"no_gap", baselines.no_gap},
                {"scored", baselines.scored},
                {"prefer_own_answers", baselines.prefer_own},
                {"generated", baselines.generated},
                {"right_answers", baselines.right}}},
              {"checks", Json::array()}};
  const ShortGreedy greedy = data.short_greedy();
  run["pairs"]["short_greedy"] = {
      {"readouts", greedy.readouts}, {"missing", greedy.missing}, {"n_pairs", greedy.pairs}};
  for (const auto& [status, count] : dropped_by_reason(data)) {
    run["pairs"]["dropped"][status] = count;
  }
  for (const Check& check : checklist(result)) {
    run["checks"].push_back({{"check", check.name},
                             {"outcome", std::string(outcome_name(check.outcome))},
                             {"found", check.found}});
  }
  run["all_pairs"] = group_json(result, 0);
  run["by_reasoning_steps"] = Json::object();
  for (std::size_t group = 1; group < result.groups.size(); ++group) {
    run["by_reasoning_steps"][result.groups[group].name] = group_json(result, group);
  }
  return run;
}

}  // namespace

Json published_results(const Result& result, std::size_t mode, std::size_t set) {
  const Patching& data = result.data;
  const std::vector<std::size_t> sites = sites_of(data, mode, set);
  Json all = Json::array();
  for (const std::size_t i : result.groups.front().pairs) {
    const Pair& pair = data.pairs[i];
    Json by_layer = Json::object();
    for (const std::size_t site : sites) {
      Json numbers = Json::object();
      for (const Measure measure : published) {
        numbers[std::string(measure_name(measure))] =
            json_number(result.measured[i][site][measure]);
      }
      by_layer[std::to_string(data.sites[site].layer)][std::to_string(data.sites[site].step)] =
          std::move(numbers);
    }
    all.push_back({{"pair_id", pair.id},
                   {"clean_question", pair.clean.question},
                   {"corrupted_question", pair.corrupted.question},
                   {"clean_answer", pair.clean.answer},
                   {"corrupted_answer", pair.corrupted.answer},
                   {"layer_position_results", std::move(by_layer)}});
  }
  return all;
}

Json published_aggregate(const Result& result, std::size_t mode, std::size_t set) {
  const Patching& data = result.data;
  Json kl = Json::object();
  Json answer = Json::object();
  std::vector<std::size_t> order = sites_of(data, mode, set);
  const auto mean = [&](std::size_t site, Measure measure) -> const Value& {
    return result.cell(0, site, measure).mean.value;
  };
  for (const std::size_t site : order) {
    const std::string layer = std::to_string(data.sites[site].layer);
    const std::string step = std::to_string(data.sites[site].step);
    kl[layer][step] = json_number(mean(site, Measure::kl_divergence));
    answer[layer][step] = json_number(mean(site, Measure::answer_logit_diff));
  }
  std::erase_if(order, [&](std::size_t site) { return !mean(site, Measure::kl_divergence).ok(); });
  // Sites are in the order of layers and then steps, which a stable sort keeps among equals.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return mean(a, Measure::kl_divergence).value() > mean(b, Measure::kl_divergence).value();
  });
  order.resize(std::min<std::size_t>(order.size(), 5));
  Json top = Json::array();
  for (const std::size_t site : order) {
    top.push_back({{"layer", data.sites[site].layer},
                   {"position", data.sites[site].step},
                   {"kl_div", json_number(mean(site, Measure::kl_divergence))},
                   {"ans_diff", json_number(mean(site, Measure::answer_logit_diff))}});
  }
  return {{"layer_position_kl_means", std::move(kl)},
          {"layer_position_ans_diff_means", std::move(answer)},
          {"top_5_critical", std::move(top)}};
}

Json statistics(const std::vector<Result>& results) {
  Json runs = Json::array();
  for (const Result& result : results) runs.push_back(run_json(result));
  return {{"unit", "pairs"},
          {"interval", "95 % over pairs: t below 10 pairs, studentised bootstrap from there on"},
          {"test",
           "two-sided sign flips of whole pairs against 0; p_holm and p_max over the sites of a "
           "mode and a set"},
          {"runs", std::move(runs)}};
}

std::string why_unpublished(const Patching& data) {
  if (data.has_heads) return "patched per head";
  const auto set = std::find(data.sets.begin(), data.sets.end(), "single");
  if (set == data.sets.end()) return "without set single";
  return {};
}

std::vector<report::OutputFile> result_files(const std::vector<Result>& results) {
  std::vector<report::OutputFile> files;
  for (const Result& result : results) {
    const Patching& data = result.data;
    if (!why_unpublished(data).empty()) continue;
    const auto set = static_cast<std::size_t>(
        std::find(data.sets.begin(), data.sets.end(), "single") - data.sets.begin());
    for (std::size_t mode = 0; mode < data.modes.size(); ++mode) {
      std::string suffix = results.size() > 1 ? "_" + report::file_part(result.label) : "";
      if (mode > 0) suffix += "_" + report::file_part(data.modes[mode]);
      files.push_back({"position_patching_results" + suffix + ".json",
                       published_results(result, mode, set).dump(2) + "\n"});
      files.push_back({"aggregate_statistics" + suffix + ".json",
                       published_aggregate(result, mode, set).dump(2) + "\n"});
    }
  }
  files.push_back({"patching_statistics.json", statistics(results).dump(1) + "\n"});
  return files;
}

}  // namespace phiscope::analyze::patching
