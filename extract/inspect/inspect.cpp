// SPDX-License-Identifier: MIT
#include "inspect/inspect.hpp"

#include "files/json_entries.hpp"
#include "files/model/describe.hpp"
#include "files/model/oddities.hpp"
#include "files/problems.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "shard/file/format_error.hpp"
#include "shard/verify.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <array>
#include <iostream>

namespace phiscope::extract {

namespace {

void warn_of_blanks(const std::filesystem::path& file) {
  const std::string warning = blank_lines_warning(file);
  if (!warning.empty()) std::cerr << "warning: " << warning << '\n';
}

}  // namespace

void info(const InfoOptions& options) {
  if (std::filesystem::is_directory(options.path)) {
    const nlohmann::ordered_json described = describe_model(options.path, options.quick);
    for (const std::string& warning : model_warnings(described)) {
      std::cerr << "warning: " << warning << '\n';
    }
    std::cout << described.dump() << '\n';
  } else {
    std::cout << describe_safetensors(options.path).dump() << '\n';
  }
}

namespace {

/// The page for people: sizes, then a line for each oddity.
std::string page_of(const std::filesystem::path& directory, const DirectoryReport& report) {
  std::string page = "model " + shard::path_text(directory) + "\n";
  if (!report.model.is_null()) {
    const auto& model = report.model;
    page += "  " + model["architecture"].get<std::string>();
    for (const char* key : {"layers", "heads", "kv_heads", "head_dim", "hidden", "vocab",
                            "max_positions", "parameters", "dtype", "tied", "bos", "eos"}) {
      page.append(", ").append(key).append(" ").append(
          model[key].is_string() ? model[key].get<std::string>() : model[key].dump());
    }
    page += '\n';
  }
  for (const Oddity& oddity : report.oddities) {
    page += (oddity.warning ? "warning: " : "  ") + text_of(oddity) + "\n";
  }
  page += "unexpected: " + std::to_string(report.oddities.size()) + "\n";
  if (report.refusal) page += "a run would be refused: " + *report.refusal + "\n";
  return page;
}

}  // namespace

void check(const CheckOptions& options) {
  const DirectoryReport report = check_model(options.model, options.quick);
  if (options.json) {
    auto oddities = nlohmann::ordered_json::array();
    for (const Oddity& oddity : report.oddities) oddities.push_back(json_of(oddity));
    nlohmann::ordered_json refusal = nullptr;
    if (report.refusal) refusal = *report.refusal;
    std::cout << nlohmann::ordered_json{{"directory", shard::path_text(options.model)},
                                        {"model", report.model},
                                        {"oddities", oddities},
                                        {"refusal", refusal}}
                     .dump()
              << '\n';
  } else {
    std::cout << page_of(options.model, report);
  }
  if (report.refusal) throw std::runtime_error(*report.refusal);
}

void tokens(const TokensOptions& options) {
  const Tokenizer tokenizer = Tokenizer::open(options.model);
  for (const std::string& warning : tokenizer.warnings()) {
    std::cerr << "warning: " << warning << '\n';
  }
  warn_of_blanks(options.prompts);
  // Everything is read and encoded before the first line is printed: no half output on bad input.
  std::string lines;
  for (const Prompt& prompt : read_prompts(options.prompts)) {
    nlohmann::ordered_json line{{"id", prompt.id}};
    if (prompt.text) {
      const Encoding encoding = tokenizer.encode(*prompt.text, !options.no_special);
      line["ids"] = encoding.ids;
      line["offsets"] = encoding.offsets;
      line["text"] = tokenizer.decode(encoding.ids);
    } else {
      line["ids"] = *prompt.input_ids;
      line["offsets"] = nullptr;  // ids that were given have no place in a text
      line["text"] = tokenizer.decode(*prompt.input_ids);
    }
    lines += line.dump() + "\n";
  }
  std::cout << lines;
}

void problems(const ProblemsOptions& options) {
  warn_of_blanks(options.file);
  const std::vector<Problem> all = read_problems(options.file);
  std::array<std::size_t, stratum_names.size()> strata{};
  std::size_t uncounted = 0;
  auto no_gold = nlohmann::ordered_json::array();
  for (const Problem& problem : all) {
    if (problem.steps) {
      ++strata.at(stratum_of(*problem.steps));
    } else {
      ++uncounted;
    }
    if (!problem.gold) no_gold.push_back({{"id", problem.id}, {"answer", problem.gold_text}});
  }
  nlohmann::ordered_json by_name;
  for (std::size_t i = 0; i < strata.size(); ++i) by_name[stratum_names.at(i)] = strata.at(i);
  by_name["no_steps"] = uncounted;
  std::cout << nlohmann::ordered_json{{"file", shard::path_text(options.file)},
                                      {"problems", all.size()},
                                      {"strata", by_name},
                                      {"no_gold", no_gold}}
                   .dump()
            << '\n';
}

void verify(const VerifyOptions& options) {
  const shard::VerifyReport report = shard::verify(options.run);
  std::cout << nlohmann::ordered_json{{"run", shard::path_text(options.run)},
                                      {"files", report.files},
                                      {"rows", report.rows},
                                      {"nonfinite", report.nonfinite},
                                      {"unhashed", report.unhashed},
                                      {"problems", report.problems}}
                   .dump()
            << '\n';
  if (!report.problems.empty()) {
    throw std::runtime_error(shard::path_text(options.run) + ": " + report.problems.front() +
                             (report.problems.size() > 1
                                  ? " (and " + std::to_string(report.problems.size() - 1) + " more)"
                                  : ""));
  }
}

}  // namespace phiscope::extract
