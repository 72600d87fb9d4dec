// SPDX-License-Identifier: MIT
// --remove against the same heads changed one by one with `extract activations --interventions`,
// whose sources are listed position by position, and the divergence of the scores that it stores.
#include "ablate_run.hpp"

#include <phiscope/kl_divergence.hpp>

#include <numeric>

using namespace phiscope::test;
using nlohmann::json;
using phiscope::shard::Run;

namespace {

const std::vector<std::int64_t> ranked = {2, 4, 0, 1, 5, 3};  // of the ranking, two heads per layer

/// The texts of an ablation as prompts "0", "1", ...
std::vector<json> write_texts(const Run& run, const std::filesystem::path& file) {
  std::vector<json> texts;
  std::string lines;
  for (const json& line : run.prompts()) {
    texts.push_back(line);
    lines +=
        json{{"id", std::to_string(texts.size() - 1)}, {"input_ids", line.at("text_ids")}}.dump() +
        "\n";
  }
  write_text(file, lines);
  return texts;
}

std::vector<int> numbers_to(std::size_t count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// Scores of every token of every text, [text][token][vocab].
std::vector<std::vector<std::vector<double>>> scores_with(const std::filesystem::path& folder,
                                                          const std::vector<json>& texts,
                                                          const json& interventions) {
  write_text(folder / "actions.json", interventions.dump());
  std::filesystem::remove_all(folder / "scores");
  const Finished done = extract("activations --capture logits --model '" + walk_model() +
                                    "' --prompts '" + (folder / "texts.jsonl").string() +
                                    "' --interventions '" + (folder / "actions.json").string() +
                                    "' --out '" + (folder / "scores").string() + "'",
                                folder);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const Run run = Run::open(folder / "scores");
  const auto file = run.array("logits", 0);
  const auto values = file.read<double>();
  const auto vocab = static_cast<std::ptrdiff_t>(file.shape().at(1));
  auto at = values.begin();
  std::vector<std::vector<std::vector<double>>> scores;
  for (const json& text : texts) {
    scores.emplace_back();
    for (std::size_t t = 0; t < text.at("text_ids").size(); ++t, at += vocab) {
      scores.back().emplace_back(at, at + vocab);
    }
  }
  REQUIRE(at == values.end());
  return scores;
}

/// Mean KL over the positions that predict the response, [text].
std::vector<double> divergences(const std::vector<std::vector<std::vector<double>>>& intact,
                                const std::vector<std::vector<std::vector<double>>>& changed,
                                const std::vector<json>& texts) {
  std::vector<double> means;
  for (std::size_t t = 0; t < texts.size(); ++t) {
    double sum = 0.0;
    const auto first = texts[t].at("response").get<std::size_t>() - 1;
    const std::size_t end = texts[t].at("text_ids").size() - 1;
    for (std::size_t at = first; at < end; ++at) {
      sum += phiscope::kl_divergence<double, double>(std::span(intact[t][at]),
                                                     std::span(changed[t][at]))
                 .kl.value();
    }
    means.push_back(sum / static_cast<double>(end - first));
  }
  return means;
}

json changed_head(const std::string& action, std::size_t text, std::int64_t head,
                  const std::vector<json>& texts) {
  return {{"prompt", std::to_string(text)},
          {"action", action},
          {"hook", "hook_z"},
          {"layer", head / 2},
          {"head", head % 2},
          {"positions", numbers_to(texts[text].at("text_ids").size())}};
}

/// The mean over every position of every text, listed.
json with_means(std::int64_t removed, const std::vector<json>& texts) {
  json list = json::array();
  for (std::size_t t = 0; t < texts.size(); ++t) {
    for (std::int64_t r = 0; r < removed; ++r) {
      list.push_back(changed_head("mean", t, ranked[static_cast<std::size_t>(r)], texts));
      for (std::size_t other = 0; other < texts.size(); ++other) {
        list.back()["source"].push_back({{"prompt", std::to_string(other)}});
      }
    }
  }
  return list;
}

/// The donor's value at the same position, and from its start again where it is too short.
json with_donors(std::int64_t removed, const std::vector<json>& texts,
                 const std::vector<std::size_t>& donors) {
  json list = json::array();
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const std::size_t length = texts[t].at("text_ids").size();
    const std::size_t theirs = texts[donors[t]].at("text_ids").size();
    for (std::size_t begin = 0; begin < length; begin += theirs) {
      std::vector<int> there = numbers_to(std::min(theirs, length - begin));
      std::vector<int> here = there;
      for (int& position : here) position += static_cast<int>(begin);
      for (std::int64_t r = 0; r < removed; ++r) {
        list.push_back(changed_head("patch", t, ranked[static_cast<std::size_t>(r)], texts));
        list.back()["positions"] = here;
        list.back()["source"] = {{"prompt", std::to_string(donors[t])}, {"positions", there}};
      }
    }
  }
  return list;
}

}  // namespace

TEST_CASE("heads are removed by the mean and by another text's values", "[replacement]") {
  const TempDir dir;
  make_inputs(dir.path());
  for (const std::string mode : {"mean", "resample"}) {
    CAPTURE(mode);
    const Run run = ablated(dir.path(), mode, "--orders balance,random:0-1 --remove " + mode);
    const json details = json::parse(run.plan().details.dump());
    CHECK(details.at("options").at("remove") == mode);
    CHECK(details.at("removal").at("mode") == mode);
    const std::vector<json> texts = write_texts(run, dir.path() / "texts.jsonl");
    std::vector<std::size_t> lengths;
    for (const json& text : texts) lengths.push_back(text.at("text_ids").size());
    REQUIRE(lengths == std::vector<std::size_t>{10, 9, 10});  // so a donor is too short
    const auto donors = details.at("removal").value("donors", std::vector<std::size_t>{});
    const auto kl = measured(run, "kl");
    const auto intact = scores_with(dir.path(), texts, json::array());
    for (const std::int64_t removed : {1, 3, 6}) {
      const json list =
          mode == "mean" ? with_means(removed, texts) : with_donors(removed, texts, donors);
      const auto wanted = divergences(intact, scores_with(dir.path(), texts, list), texts);
      for (std::int64_t text = 0; text < 3; ++text) {
        CAPTURE(removed, text);
        const double found = kl.at({0, removed, text});
        CHECK(found > 1e-6);
        CHECK(found == Approx(wanted[static_cast<std::size_t>(text)]).epsilon(1e-6));
      }
    }
    for (std::int64_t text = 0; text < 3; ++text) {
      for (std::int64_t order = 0; order < 3; ++order) {  // once every head is removed
        CHECK(kl.at({order, 0, text}) == 0.0);
        CHECK(kl.at({order, 6, text}) == kl.at({0, 6, text}));
      }
    }
  }
}

TEST_CASE("every head alone is removed the same way", "[replacement]") {
  const TempDir dir;
  make_inputs(dir.path());
  for (const std::string mode : {"zero", "mean", "resample"}) {
    CAPTURE(mode);
    const auto alone =
        measured(ablated(dir.path(), mode + "-alone", "--heads-alone --remove " + mode), "kl");
    const auto one = measured(ablated(dir.path(), mode, "--orders balance --remove " + mode), "kl");
    for (std::int64_t text = 0; text < 3; ++text) {
      CHECK(alone.at({-1, 2, text}) == one.at({0, 1, text}));
    }
  }
}

TEST_CASE("values of another text need another text", "[replacement]") {
  const TempDir dir;
  make_inputs(dir.path());
  const Finished done = extract(
      ablate_call(dir.path(), "no", "--orders balance --limit 1 --remove resample"), dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("--remove resample: found 1 text, expected at least 2"));
}
