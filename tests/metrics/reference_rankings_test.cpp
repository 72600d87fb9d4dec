// SPDX-License-Identifier: MIT
// The published head rankings and generated tokens of the phiid experiment.
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/head_scores.hpp>
#include <phiscope/loop_period.hpp>

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::Value;

namespace {

/// Columns of a CSV file of numbers, by name.
std::map<std::string, std::vector<double>> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<std::string> names;
  std::istringstream header(line);
  for (std::string name; std::getline(header, name, ',');) names.push_back(name);
  std::map<std::string, std::vector<double>> columns;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::string cell;
    for (const std::string& name : names) {
      std::getline(row, cell, ',');
      columns[name].push_back(std::stod(cell));
    }
  }
  return columns;
}

std::vector<Value> values(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::size_t loops(const std::filesystem::path& file) {
  std::size_t count = 0;
  const json all = phiscope::shard::read_json(file);
  REQUIRE(all.size() == 60);
  for (const json& prompt : all) {
    const std::vector<std::int64_t> tokens = prompt;
    if (phiscope::loop_period<std::int64_t>(tokens)) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("published ranks and scores follow from the published means",
          "[reference_rankings][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::filesystem::path folder = *reference / "published" / "phiid" / "rankings";
  for (const char* name : {"gemma3_4b_head_rankings", "pythia1b_concat_head_rankings",
                           "pythia1b_head_rankings", "qwen3_8b_head_rankings"}) {
    CAPTURE(name);
    auto table = read_csv(folder / (std::string(name) + ".csv"));
    const auto synergy = phiscope::ordinal_ranks(values(table.at("avg_synergy")));
    const auto redundancy = phiscope::ordinal_ranks(values(table.at("avg_redundancy")));
    std::vector<Value> difference;
    std::size_t wrong = 0;
    for (std::size_t h = 0; h < synergy.size(); ++h) {
      wrong += static_cast<double>(synergy[h]) != table.at("syn_rank")[h] ? 1 : 0;
      wrong += static_cast<double>(redundancy[h]) != table.at("red_rank")[h] ? 1 : 0;
      difference.emplace_back(static_cast<double>(synergy[h]) - static_cast<double>(redundancy[h]));
    }
    CHECK(synergy.size() >= 128);
    CHECK(wrong == 0);
    const auto scores = phiscope::min_max(difference);
    for (std::size_t h = 0; h < scores.size(); ++h) {
      CHECK(scores[h].value() == Approx(table.at("syn_red_score")[h]).epsilon(0.0).margin(1e-12));
    }
  }
  for (const char* name :
       {"pythia1b_concat_head_rankings_balanced", "qwen3_8b_head_rankings_balanced"}) {
    CAPTURE(name);
    auto table = read_csv(folder / (std::string(name) + ".csv"));
    const auto scores = phiscope::min_max(values(table.at("syn_balance")));
    for (std::size_t h = 0; h < scores.size(); ++h) {
      CHECK(scores[h].value() == Approx(table.at("syn_red_score")[h]).epsilon(0.0).margin(1e-12));
    }
  }
}

TEST_CASE("39 published Pythia texts and 2 of Qwen end in a loop",
          "[reference_rankings][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::filesystem::path folder = *reference / "published" / "phiid" / "tokens";
  CHECK(loops(folder / "pythia1b_tokens.json") == 39);
  CHECK(loops(folder / "qwen3_8b_tokens.json") == 2);
}
