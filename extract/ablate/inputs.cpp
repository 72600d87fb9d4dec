// SPDX-License-Identifier: MIT
#include "ablate/inputs.hpp"

#include "files/ranking_csv.hpp"
#include "shard/csv.hpp"
#include "shard/format_error.hpp"
#include "shard/run_reader.hpp"
#include "shard/sha256.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// Tokens of a run's prompts, each followed by what was generated.
std::vector<AblationText> texts_of(const shard::Run& run) {
  std::vector<AblationText> texts;
  for (const json& line : run.prompts()) {
    if (!line.contains("input_ids") || !line.at("input_ids").is_array()) {
      throw FormatError(run.path() / "prompts.jsonl", "a prompt without input_ids");
    }
    AblationText text{.tokens = line.at("input_ids").get<std::vector<int>>(), .response = 0};
    text.response = static_cast<int>(text.tokens.size());
    texts.push_back(std::move(text));
  }
  for (const std::int64_t k : run.shards()) {
    const auto ids = run.array("generated_ids", k).read<std::int32_t>();
    const shard::NpyFile key_file = run.keys("generated", k);
    if (key_file.shape().at(1) != 2) {
      throw FormatError(run.path(), "several samples of a prompt, expected one continuation each");
    }
    const auto keys = key_file.read<std::int64_t>();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::int64_t prompt = keys[2 * i];
      if (prompt < 0 || prompt >= std::ssize(texts)) {
        throw FormatError(run.path(), "a row of prompt " + std::to_string(prompt) +
                                          ", expected 0 to " +
                                          std::to_string(std::ssize(texts) - 1));
      }
      AblationText& text = texts[static_cast<std::size_t>(prompt)];
      const std::int64_t next = std::ssize(text.tokens) - text.response;
      if (keys[2 * i + 1] != next) {
        throw FormatError(run.path(), "prompt " + std::to_string(prompt) + ": found step " +
                                          std::to_string(keys[2 * i + 1]) + ", expected " +
                                          std::to_string(next));
      }
      text.tokens.push_back(ids[i]);
    }
  }
  return texts;
}

/// "balance" as a column's name: balance_score where a file has that, else as it is.
std::vector<std::string> column_names(std::string name) {
  std::ranges::replace(name, '-', '_');
  return {name + "_score", name};
}

/// FIRST and LAST of "random:FIRST-LAST" or "random:N".
std::pair<int, int> random_range(const std::string& text) {
  const std::string numbers = text.substr(std::string_view("random:").size());
  const std::size_t dash = numbers.find('-');
  const auto number = [&](const std::string& part) {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 0 || value > 9999) {
      throw std::runtime_error("--orders: found '" + text +
                               "', expected random:FIRST-LAST with numbers up to 9999");
    }
    return value;
  };
  const int first = number(numbers.substr(0, dash));
  const int last = dash == std::string::npos ? first : number(numbers.substr(dash + 1));
  if (last < first) {
    throw std::runtime_error("--orders: found '" + text + "', expected FIRST up to LAST");
  }
  return {first, last};
}

/// The order that a column of one of the files gives.
AblationOrder ranked_order(const AblateOptions& options, const std::string& name,
                           const std::vector<std::string>& columns, const ModelConfig& config) {
  const HeadGrid grid{.layers = config.layers, .heads = config.heads};
  for (const std::string& column : columns) {
    for (const std::filesystem::path& file : options.rankings) {
      if (!shard::Csv::read(file).has(column)) continue;
      const Ranking ranking = read_ranking(file, column, grid);
      const std::vector<std::int64_t> heads = ranking.descending();
      constexpr std::array<std::string_view, 3> decompositions{
          "balance_score", "rank_difference_score", "tdmi_score"};
      const bool ranks = std::ranges::count(decompositions, column) > 0;
      return {.name = name,
              .kind = ranks ? "ranking" : "baseline",
              .heads = {heads.begin(), heads.end()}};
    }
  }
  std::string files;
  for (const std::filesystem::path& file : options.rankings) files += " " + file.string();
  throw std::runtime_error(
      "--orders: found '" + name + "', expected random:FIRST-LAST or a column '" + columns.front() +
      "' or '" + columns.back() + "' of --ranking" + (files.empty() ? " (none given)" : files));
}

}  // namespace

AblationInputs read_ablation_texts(const std::filesystem::path& run, const CheckedModel& model,
                                   int limit) {
  const shard::Run read = shard::Run::open(run);
  const json digests = json::parse(model.description.at("digests").dump());
  const json details = json::parse(read.plan().details.dump());
  const json theirs = details.value("model", json::object()).value("digests", json::object());
  if (theirs != digests) {
    throw FormatError(run / "plan.json",
                      "its texts come from another model, expected the digests of --model");
  }
  AblationInputs inputs{.texts = texts_of(read),
                        .prompts_jsonl = "",
                        .digest = shard::sha256_file(run / "manifest.json")};
  if (limit > 0 && limit < std::ssize(inputs.texts)) {
    inputs.texts.resize(static_cast<std::size_t>(limit));
  }
  for (std::size_t t = 0; t < inputs.texts.size(); ++t) {
    json line = read.prompts()[t];
    line["text_ids"] = inputs.texts[t].tokens;
    line["response"] = inputs.texts[t].response;
    inputs.prompts_jsonl += line.dump() + "\n";
    if (std::ssize(inputs.texts[t].tokens) == inputs.texts[t].response) {
      throw FormatError(run, "prompt " + std::to_string(t) + " has no generated tokens");
    }
  }
  return inputs;
}

std::vector<AblationOrder> read_orders(const AblateOptions& options, const ModelConfig& config) {
  const int heads = static_cast<int>(config.layers * config.heads);
  std::vector<AblationOrder> orders;
  for (const std::string& name : options.orders) {
    if (!name.starts_with("random:")) {
      orders.push_back(ranked_order(options, name, column_names(name), config));
      continue;
    }
    const auto [first, last] = random_range(name);
    for (int number = first; number <= last; ++number) {
      orders.push_back(
          {.name = "random-" + std::to_string(number),
           .kind = "random",
           .heads = random_order(heads, options.run.seed, static_cast<std::uint32_t>(number))});
    }
  }
  for (const std::string& column : options.score_columns) {
    orders.push_back(ranked_order(options, column, {column}, config));
    orders.back().kind = "ranking";
  }
  for (std::size_t o = 0; o < orders.size(); ++o) {
    const bool twice = std::ranges::any_of(
        orders.begin(), orders.begin() + static_cast<std::ptrdiff_t>(o),
        [&](const AblationOrder& other) { return other.name == orders[o].name; });
    if (twice) throw std::runtime_error("--orders: '" + orders[o].name + "' is listed twice");
  }
  if (orders.empty()) throw std::runtime_error("--orders: found nothing, expected orders");
  return orders;
}

}  // namespace phiscope::extract
