// SPDX-License-Identifier: MIT
#include "sampling/inputs.hpp"

#include "command/prompt_runs.hpp"
#include "files/json_entries.hpp"
#include "files/model/embedded_ids.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "files/tokenizer/utf8.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace phiscope::extract {
namespace {

using shard::FormatError;

constexpr std::string_view question_place = "{problem}";

/// A text with the place of the question once; a byte order mark is skipped, as in JSON.
std::string prompt_template(const SamplingOptions& options) {
  if (options.prompt_template.empty()) return published_template;
  const shard::MappedFile file(options.prompt_template);
  std::string_view text = file.text();
  if (const std::size_t bad = tokenizer::first_invalid_utf8(text); bad < text.size()) {
    throw FormatError(file.path(), "byte " + std::to_string(bad) + " is " +
                                       shard::quote_bytes(text.substr(bad, 1)) +
                                       ", expected UTF-8");
  }
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  if (text.starts_with(mark)) {
    throw FormatError(file.path(), "found a second byte order mark, expected text");
  }
  std::size_t places = 0;
  for (std::size_t at = text.find(question_place); at != std::string_view::npos;
       at = text.find(question_place, at + question_place.size())) {
    ++places;
  }
  if (places != 1) {
    const std::string found =
        places == 0 ? "no {problem}" : "{problem} " + std::to_string(places) + " times";
    throw FormatError(file.path(), "found " + found + ", expected it once");
  }
  return std::string(text);
}

std::string prompt_text(const std::string& form, const std::string& question) {
  const std::size_t at = form.find(question_place);
  return form.substr(0, at) + question + form.substr(at + question_place.size());
}

/// The prompts of a file, by id.
std::unordered_map<std::string, Prompt> given_prompts(const std::filesystem::path& file) {
  std::unordered_map<std::string, Prompt> prompts;
  for (Prompt& prompt : read_prompts(file)) {
    std::string id = prompt.id;
    prompts.emplace(std::move(id), std::move(prompt));
  }
  return prompts;
}

/// The ids of every problem's prompt: those of a file, or of a text made with the template.
class PromptIds {
 public:
  explicit PromptIds(const SamplingOptions& options)
      : tokenizer_(Tokenizer::open(options.run.model)), file_(options.prompts) {
    if (file_.empty()) {
      template_ = prompt_template(options);
    } else {
      given_ = given_prompts(file_);
    }
  }

  [[nodiscard]] std::vector<int> of(const Problem& problem) const {
    if (file_.empty()) {
      return tokenizer_.encode(prompt_text(template_, problem.question), /*special=*/true).ids;
    }
    const auto found = given_.find(problem.id);
    if (found == given_.end()) {
      throw FormatError(file_, "no prompt " + shard::quote_bytes(problem.id, 40) +
                                   ", expected one of every problem");
    }
    const Prompt& prompt = found->second;
    return prompt.input_ids ? *prompt.input_ids
                            : tokenizer_.encode(prompt.text.value(), /*special=*/true).ids;
  }

  /// Where the prompts are, for errors.
  [[nodiscard]] const std::filesystem::path& file_or(const std::filesystem::path& other) const {
    return file_.empty() ? other : file_;
  }

 private:
  Tokenizer tokenizer_;
  std::filesystem::path file_;
  std::string template_;
  std::unordered_map<std::string, Prompt> given_;
};

/// The first of these fields that there is, read as the answer of a problem is.
std::string field_text(const JsonFields& fields, const std::vector<std::string_view>& keys) {
  constexpr std::string_view expected = "a string, a number or a list of them";
  for (const std::string_view key : keys) {
    if (!fields.has(key)) continue;
    const auto text = answer_text(fields.at(key, expected));
    if (!text) fields.refuse(key, expected);
    return *text;
  }
  fields.refuse(keys.front(), expected);
}

}  // namespace

SamplingProblems sampling_problems(const SamplingOptions& options,
                                   const std::vector<SamplingStep>& steps,
                                   const ModelConfig& config) {
  SamplingProblems made;
  warn_of_blank_lines(options.problems);
  made.problems = read_problems(options.problems);
  if (options.limit > 0 && made.problems.size() > options.limit) {
    for (std::size_t p = options.limit; p < made.problems.size(); ++p) {
      made.left_out.insert(made.problems[p].id);
    }
    made.problems.resize(options.limit);
  }
  int tokens = 0;
  for (const SamplingStep step : steps) {
    if (options.texts.empty()) tokens = std::max(tokens, step_tokens(options, step));
  }
  const PromptIds prompts(options);
  const std::filesystem::path& file = prompts.file_or(options.problems);
  const EmbeddedIds embedded(options.run.model, config.vocab);
  made.prompts.reserve(made.problems.size());
  for (const Problem& problem : made.problems) {
    made.prompts.push_back(prompts.of(problem));
    const std::vector<int>& ids = made.prompts.back();
    embedded.check(ids, file, "problem " + problem.id);
    const std::int64_t length = std::ssize(ids) + tokens;
    if (ids.empty() || length > config.max_positions) {
      throw FormatError(
          file, "problem " + problem.id + ": " + std::to_string(ids.size()) + " tokens and " +
                    std::to_string(tokens) +
                    " to generate, expected at most the context length of the model, " +
                    std::to_string(config.max_positions));
    }
  }
  return made;
}

std::string oracle_text(const std::string& text, OraclePart part) {
  constexpr std::string_view begin = "<think>";
  constexpr std::string_view end = "</think>";
  const std::size_t head = text.find_first_not_of(" \t\r\n");
  if (part == OraclePart::all || head == std::string::npos ||
      text.compare(head, begin.size(), begin) != 0) {
    return part == OraclePart::reasoning ? "" : text;
  }
  const std::size_t close = text.find(end, head);
  const std::size_t inner = head + begin.size();
  if (part == OraclePart::reasoning) {
    return text.substr(inner, close == std::string::npos ? close : close - inner);
  }
  if (close == std::string::npos) return "";  // cut off before there was a solution
  const std::size_t rest = text.find_first_not_of(" \t\r\n", close + end.size());
  return rest == std::string::npos ? "" : text.substr(rest);
}

std::map<std::string, std::vector<int>> read_oracle(const SamplingOptions& options,
                                                    const ModelConfig& config) {
  const Tokenizer tokenizer = Tokenizer::open(options.run.model);
  const EmbeddedIds embedded(options.run.model, config.vocab);
  std::map<std::string, std::vector<int>> solutions;
  const bool of_problems = std::filesystem::equivalent(options.oracle, options.problems);
  std::size_t number = 0;
  for (const JsonEntry& entry : json_entries(options.oracle, "solution")) {
    const JsonFields fields = entry.fields();
    const std::string id = !entry_id_key(fields).empty() ? entry_id(fields, number)
                           : fields.has("problem_id")    ? fields.text("problem_id")
                                                         : std::to_string(number);
    ++number;
    // The text of a problem is its question.
    std::string text = of_problems ? field_text(fields, {"solution", "answer"})
                                   : field_text(fields, {"solution", "text", "answer"});
    if (options.oracle_part != OraclePart::solution && fields.has("reasoning")) {
      const std::string reasoning = fields.text("reasoning");
      text = options.oracle_part == OraclePart::all ? reasoning + "\n" + text : reasoning;
    } else {
      text = oracle_text(text, options.oracle_part);
    }
    std::vector<int> ids;
    if (!text.empty()) {
      ids = tokenizer.encode(options.solution_prefix + text, /*special=*/false).ids;
    }
    embedded.check(ids, entry.place, "solution " + id);
    if (!solutions.emplace(id, std::move(ids)).second) {
      throw FormatError(entry.place, "the id " + shard::quote_bytes(id, 40) +
                                         " twice, expected each problem once");
    }
  }
  return solutions;
}

}  // namespace phiscope::extract
