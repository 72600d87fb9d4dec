// SPDX-License-Identifier: MIT
#include "patching/results.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/checks.hpp"

namespace phiscope::analyze::patching::results_test {

using test::analyzed_patching;
using test::made_up_patching;
using test::SyntheticPatching;
using Json = nlohmann::ordered_json;

namespace {

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

std::vector<std::string> file_names(const std::vector<Result>& results) {
  std::vector<std::string> names;
  for (const auto& file : result_files(results)) names.push_back(file.name);
  return names;
}

Json number(const Value& value) {
  return value.ok() ? Json(value.value()) : Json(nullptr);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("position_patching_results.json has the published keys and types", "[results]") {
  const auto results = made_up_patching();
  const Result& result = results[0];
  const Json all = published_results(result, 1, 0);
  REQUIRE(all.is_array());
  REQUIRE(all.size() == 6);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Json& pair = all[i];
    CHECK(keys_of(pair) == Names{"pair_id", "clean_question", "corrupted_question", "clean_answer",
                                 "corrupted_answer", "layer_position_results"});
    CHECK(pair["pair_id"].is_number_integer());
    CHECK(pair["pair_id"] == result.data.pairs[i].id);
    CHECK(pair["clean_question"] == "the clean of " + id_text(result.data.pairs[i].id));
    CHECK(pair["corrupted_question"] == "the corrupted of " + id_text(result.data.pairs[i].id));
    CHECK(pair["clean_answer"] == result.data.pairs[i].clean.answer);
    CHECK(pair["corrupted_answer"] == result.data.pairs[i].corrupted.answer);
    CHECK(keys_of(pair["layer_position_results"]) == Names{"0", "1"});
    std::size_t site = 8;  // the sites of frozen, single
    for (const auto& [layer, steps] : pair["layer_position_results"].items()) {
      CHECK(keys_of(steps) == Names{"0", "1", "2"});
      for (const auto& [step, numbers] : steps.items()) {
        CHECK(keys_of(numbers) == Names{"kl_divergence", "l2_difference", "prediction_change_rate",
                                        "answer_logit_diff", "clean_answer_score",
                                        "corrupted_answer_score"});
        const Site expected = {1, 0, std::stoll(layer), 0, std::stoll(step)};
        CHECK(result.data.sites[site] == expected);
        const Measured& measured = result.measured[i][site];
        CHECK(numbers["kl_divergence"] == measured[Measure::kl_divergence].value());
        CHECK(numbers["l2_difference"] == measured[Measure::l2_difference].value());
        CHECK(numbers["prediction_change_rate"] ==
              measured[Measure::prediction_change_rate].value());
        CHECK(numbers["answer_logit_diff"] == measured[Measure::answer_logit_diff].value());
        CHECK(numbers["clean_answer_score"] == measured[Measure::clean_answer_score].value());
        CHECK(numbers["corrupted_answer_score"] ==
              measured[Measure::corrupted_answer_score].value());
        CHECK(numbers["kl_divergence"].is_number_float());
        ++site;
      }
    }
    CHECK(site == 8 + 6);
  }
}

TEST_CASE("aggregate_statistics.json has the published keys, types and five sites", "[results]") {
  auto results = made_up_patching();
  Result& result = results[0];
  const std::vector<double> kl = {0.5, 0.7, 0.7, 0.1, 0.9, 0.5};
  for (std::size_t i = 0; i < kl.size(); ++i) {
    result.cells[8 + i][static_cast<std::size_t>(Measure::kl_divergence)].mean.value = kl[i];
  }
  const Json all = published_aggregate(result, 1, 0);
  CHECK(keys_of(all) ==
        Names{"layer_position_kl_means", "layer_position_ans_diff_means", "top_5_critical"});
  const auto answer = [&](std::size_t site) {
    return number(result.cell(0, 8 + site, Measure::answer_logit_diff).mean.value);
  };
  CHECK(all["layer_position_kl_means"] == Json{{"0", {{"0", 0.5}, {"1", 0.7}, {"2", 0.7}}},
                                               {"1", {{"0", 0.1}, {"1", 0.9}, {"2", 0.5}}}});
  CHECK(all["layer_position_ans_diff_means"] ==
        Json{{"0", {{"0", answer(0)}, {"1", answer(1)}, {"2", answer(2)}}},
             {"1", {{"0", answer(3)}, {"1", answer(4)}, {"2", answer(5)}}}});
  // Ties in the order of layers and then steps.
  Json top = Json::array();
  for (const auto& [site, layer, step] :
       {std::tuple<std::size_t, int, int>{4, 1, 1}, {1, 0, 1}, {2, 0, 2}, {0, 0, 0}, {5, 1, 2}}) {
    top.push_back(
        {{"layer", layer}, {"position", step}, {"kl_div", kl[site]}, {"ans_diff", answer(site)}});
  }
  CHECK(all["top_5_critical"].dump() == top.dump());
}

TEST_CASE("published numbers are means of the run, worked out from the formula", "[results]") {
  const SyntheticPatching options;
  const Json aggregate = published_aggregate(analyzed_patching(options, "run"), 0, 0);
  double kl = 0.0;
  double answer = 0.0;
  for (std::int64_t pair = 0; pair < 6; ++pair) {
    double sum = 0.0;
    int count = 0;
    for (const std::int64_t readout : {0, 2, 3, 5}) {
      const test::PatchKey key = {.pair = pair, .layer = 1, .step = 2, .readout = readout};
      if (!options.has_row(key)) continue;
      sum += options.reduced(key).reverse_kl;  // KL(patched || unpatched)
      ++count;
    }
    kl += sum / count / 6.0;
    answer += (options.reduced({.pair = pair, .layer = 1, .step = 2, .readout = 0}).token_score -
               options.reduced({.pair = pair, .layer = 1, .step = 2, .readout = 1}).token_score) /
              6.0;
  }
  CHECK(aggregate["layer_position_kl_means"]["1"]["2"].get<double>() == Approx(kl));
  CHECK(aggregate["layer_position_ans_diff_means"]["1"]["2"].get<double>() == Approx(answer));
  CHECK(aggregate["top_5_critical"].size() == 5);
  CHECK(aggregate["top_5_critical"][0]["kl_div"].get<double>() == Approx(kl));
}

TEST_CASE("an undefined number is null in the published files", "[results]") {
  SyntheticPatching options;
  options.readouts = {"eot"};
  options.model_layers = 0;
  const Json all = published_results(analyzed_patching(options, "run"), 0, 0);
  CHECK(all[0]["layer_position_results"]["0"]["0"]["answer_logit_diff"].is_null());
  CHECK(all[0]["layer_position_results"]["0"]["0"]["clean_answer_score"].is_number_float());
}

TEST_CASE("patching_statistics.json has numbers of pairs, intervals, tests and difficulties",
          "[results]") {
  const auto results = made_up_patching();
  const Json all = statistics(results);
  REQUIRE(all["runs"].size() == 2);
  for (std::size_t run = 0; run < 2; ++run) {
    const Result& result = results[run];
    const Patching& data = result.data;
    const Json& found = all["runs"][run];
    CHECK(found["run"] == result.label);
    CHECK(found["donor"] == (run == 0 ? "clean" : "noise:1"));
    CHECK(found["pairs"]["n"] == data.pairs.size() + 3);
    CHECK(found["pairs"]["n_ok"] == data.pairs.size());
    CHECK(found["pairs"]["unfinished"] == 0);
    CHECK(found["pairs"]["dropped"] == Json{{"answer_nested", 1}, {"not_aligned", 2}});
    CHECK(found["pairs"]["short_greedy"] == Json{{"readouts", 0}, {"missing", 0}, {"n_pairs", 0}});
    CHECK(found["pairs"]["scored"] == baselines_of(result).scored);
    CHECK(found["pairs"]["prefer_own_answers"] == baselines_of(result).prefer_own);
    CHECK(found["checks"].size() == 7);
    for (std::size_t group = 0; group < result.groups.size(); ++group) {
      const Json& part =
          group == 0 ? found["all_pairs"] : found["by_reasoning_steps"][result.groups[group].name];
      CHECK(part["n_pairs"] == result.groups[group].pairs.size());
      for (std::size_t site = 0; site < data.sites.size(); ++site) {
        const Site& at = data.sites[site];
        const std::string step = data.has_steps(at.set) ? std::to_string(at.step) : "all";
        const Json& cell =
            part["sites"][data.modes[at.mode]][data.sets[at.set]][std::to_string(at.layer)][step];
        CHECK(cell.size() == measure_count);
        for (const Measure measure : all_measures()) {
          const Json& json = cell[std::string(measure_name(measure))];
          const Cell& expected = result.cell(group, site, measure);
          CHECK(json["mean"] == number(expected.mean.value));
          CHECK(json["ci_low"] == number(expected.mean.low));
          CHECK(json["ci_high"] == number(expected.mean.high));
          CHECK(json["n"] == expected.count);
          CHECK(json["n_ok"] == expected.mean.units);
          CHECK(json["undefined"]["no_gap"] == expected.undefined.at(Status::no_gap));
          CHECK(json.contains("reason") == !expected.mean.value.ok());
          const bool is_tested = measure == Measure::recovery ||
                                 measure == Measure::answer_diff_change ||
                                 measure == Measure::answer_logit_diff_change;
          CHECK(json.contains("test") == is_tested);
        }
        const SiteTest& test = result.test(group, site, 0);
        CHECK(cell["recovery"]["test"] == Json{{"p", number(test.p)},
                                               {"p_holm", number(test.p_holm)},
                                               {"p_max", number(test.p_max)},
                                               {"least_p_max", test.least_p}});
        CHECK(cell["answer_diff_change"]["test"]["p"] == number(result.test(group, site, 1).p));
        CHECK(cell["answer_logit_diff_change"]["test"]["p"] ==
              number(result.test(group, site, 2).p));
      }
    }
  }
}

TEST_CASE("heads have a place of their own in the statistics", "[results]") {
  SyntheticPatching options;
  options.heads = 2;
  const Result result = analyzed_patching(options, "run");
  const Json all = statistics({result});
  std::size_t site = 0;
  while (result.data.sites[site] != Site{0, 0, 1, 1, 2}) ++site;
  CHECK(all["runs"][0]["all_pairs"]["sites"]["rerun"]["single"]["1"]["head 1"]["2"]["recovery"]
           ["mean"] == number(result.cell(0, site, Measure::recovery).mean.value));
}

TEST_CASE("the first mode of a single run has the published names", "[results]") {
  const auto results = made_up_patching();
  CHECK(file_names({results[0]}) ==
        Names{"position_patching_results.json", "aggregate_statistics.json",
              "position_patching_results_frozen.json", "aggregate_statistics_frozen.json",
              "patching_statistics.json"});
  CHECK(file_names(results) ==
        Names{"position_patching_results_clean.json", "aggregate_statistics_clean.json",
              "position_patching_results_clean_frozen.json",
              "aggregate_statistics_clean_frozen.json", "position_patching_results_noise.json",
              "aggregate_statistics_noise.json", "patching_statistics.json"});
  for (const auto& file : result_files({results[0]})) {
    if (file.name == "aggregate_statistics.json") {
      CHECK(Json::parse(file.bytes) == published_aggregate(results[0], 0, 0));
    }
    if (file.name == "position_patching_results_frozen.json") {
      CHECK(Json::parse(file.bytes) == published_results(results[0], 1, 0));
    }
  }
  SyntheticPatching other;
  other.sets = {"prefix"};
  CHECK(why_unpublished(analyzed_patching(other, "run").data) == "without set single");
  CHECK(file_names({analyzed_patching(other, "run")}) == Names{"patching_statistics.json"});
  SyntheticPatching heads;
  heads.heads = 1;
  CHECK(why_unpublished(analyzed_patching(heads, "run").data) == "patched per head");
  CHECK(why_unpublished(results[0].data).empty());
}

TEST_CASE("statistics count the read-outs that short greedy answers do not have", "[results]") {
  test::SyntheticPatching options;
  options.readouts = {"eot", "greedy:0", "greedy:1"};
  options.pairs[1].id = "text";
  options.leave_out = [](const test::PatchKey& key) {
    return key.pair == 2 && key.layer != -2 && key.readout >= 1;
  };
  const Result result = test::analyzed_patching(options, "run");
  CHECK(statistics({result})["runs"][0]["pairs"]["short_greedy"] ==
        Json{{"readouts", 12}, {"missing", 2}, {"n_pairs", 1}});
  CHECK(published_results(result, 0, 0)[1]["pair_id"] == "text");
}

}  // namespace phiscope::analyze::patching::results_test
