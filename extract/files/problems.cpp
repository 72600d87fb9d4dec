// SPDX-License-Identifier: MIT
#include "files/problems.hpp"

#include "files/json_entries.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <phiscope/answer_number.hpp>
#include <phiscope/problem_difficulty.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

namespace phiscope::extract {

using nlohmann::json;
using shard::FormatError;

namespace {

constexpr std::array<std::string_view, 3> question_keys{"question", "problem", "text"};

/// The keys of `keys` that an entry has.
std::vector<std::string> present_keys(const JsonFields& fields,
                                      std::span<const std::string_view> keys) {
  std::vector<std::string> present;
  for (const std::string_view key : keys) {
    if (fields.has(key)) present.emplace_back(key);
  }
  return present;
}

std::string question_key(const JsonFields& fields) {
  const std::vector<std::string> given = present_keys(fields, question_keys);
  if (given.empty()) fields.refuse("question", "a string (or problem, or text)");
  if (given.size() > 1) {
    throw FormatError(fields.file(), "both " + fields.name_of(given[0]) + " and " +
                                         fields.name_of(given[1]) +
                                         ", expected one of question, problem, text");
  }
  return given[0];
}

std::string problem_answer(const JsonFields& fields) {
  const std::string key = !fields.has("answer") && fields.has("solution") ? "solution" : "answer";
  constexpr std::string_view expected = "a string, a number or a list of them (or solution)";
  const auto answer = answer_text(fields.at(key, expected));
  if (!answer) fields.refuse(key, expected);
  return *answer;
}

std::optional<std::size_t> problem_steps(const JsonFields& fields, const std::string& answer) {
  if (const auto counted = count_steps(answer)) return counted;
  for (const std::string_view key : {"solution", "cot"}) {
    if (!fields.has(key)) continue;
    if (const auto counted = count_steps(fields.text(key))) return counted;
  }
  if (fields.has("steps")) return fields.array("steps").size();
  if (fields.has("reasoning_steps")) {
    return static_cast<std::size_t>(fields.integer("reasoning_steps", {.least = 0}));
  }
  // A derivation without a calculation has none; a bare answer does not say how many it took.
  if (answer.find("####") != std::string::npos) return 0;
  return std::nullopt;
}

/// `meta`, and what the problem itself does not hold.
json problem_meta(const JsonFields& fields, const std::string& question) {
  json meta = fields.has("meta") ? fields.object("meta").value() : json::object();
  const std::string id = entry_id_key(fields);
  for (const auto& [key, value] : fields.value().items()) {
    if (key == question || key == "answer" || key == "meta") continue;
    if (key == id) continue;
    if (!meta.emplace(key, value).second) {
      fields.refuse(key, "a field that meta does not have as well");
    }
  }
  return meta;
}

}  // namespace

std::vector<Problem> read_problems(const std::filesystem::path& file) {
  return parse_problems(shard::MappedFile(file).text(), file);
}

std::vector<Problem> parse_problems(std::string_view text, const std::filesystem::path& file) {
  const std::vector<JsonEntry> entries = json_entries(text, file, "problem");
  std::vector<Problem> problems;
  problems.reserve(entries.size());
  std::unordered_map<std::string, std::size_t> entry_of;
  for (std::size_t number = 0; number < entries.size(); ++number) {
    const JsonFields fields = entries[number].fields();
    const std::string key = question_key(fields);
    Problem problem;
    problem.id = entry_id(fields, number);
    problem.question = fields.text(key);
    problem.answer = problem_answer(fields);
    problem.gold_text = phiscope::gold_text(problem.answer);
    problem.gold = gold_number(problem.answer);
    problem.steps = problem_steps(fields, problem.answer);
    problem.meta = problem_meta(fields, key);
    const auto [first, is_new] = entry_of.emplace(problem.id, number);
    if (!is_new) {
      throw FormatError(file, "problems " + std::to_string(first->second) + " and " +
                                  std::to_string(number) + " (counted from 0) have the id " +
                                  shard::quote_bytes(problem.id, 40) + ", expected each id once");
    }
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace phiscope::extract
