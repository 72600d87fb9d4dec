// SPDX-License-Identifier: MIT
#include "steps/inputs.hpp"

#include "files/latent_question.hpp"
#include "files/model/embedded_ids.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>

namespace phiscope::extract {
namespace {

using shard::FormatError;

/// Reads questions and answers of one model.
class ProblemReader {
 public:
  ProblemReader(const std::filesystem::path& file, const std::filesystem::path& model,
                const ModelConfig& config, const ProblemReading& how)
      : file_(file),
        model_(model),
        config_(config),
        how_(how),
        tokenizer_(Tokenizer::open(model)),
        prefix_(encoded(how.answer_prefix)) {}

  /// @return  why a problem cannot run; empty where it can
  std::string read(const Problem& problem, StepProblem& made) const {
    if (!problem.gold) return "no_gold";
    made.tokens = question_tokens(tokenizer_, *config_.latent, problem.question, /*special=*/true);
    for (const int id : before_thoughts(*config_.latent)) made.tokens.push_back(id);
    made.forced = encoded(how_.answer_prefix + " " + problem.gold_text);
    for (const std::vector<int>* ids : {&made.tokens, &made.forced}) {
      EmbeddedIds(model_, config_.vocab).check(*ids, file_, "problem " + problem.id);
    }
    const std::string status = find_answer(made);
    if (!status.empty()) return status;
    const std::size_t length = this->length(made);
    if (length <= static_cast<std::size_t>(config_.max_positions)) return "";
    if (how_.skip_bad) return "too_long";
    throw FormatError(file_, "problem " + problem.id + ": " + std::to_string(length) +
                                 " positions (question, thoughts, answer), expected at most the "
                                 "context length of the model, " +
                                 std::to_string(config_.max_positions) +
                                 " (less --max-new-tokens, or --skip-bad-problems)");
  }

 private:
  [[nodiscard]] std::vector<int> encoded(const std::string& text) const {
    return tokenizer_.encode(text, /*special=*/false).ids;
  }

  /// Finds where the answer's own tokens begin. A space that is a token says nothing of the answer.
  [[nodiscard]] std::string find_answer(StepProblem& made) const {
    const std::vector<int>& forced = made.forced;
    if (forced.size() < prefix_.size() ||
        !std::equal(prefix_.begin(), prefix_.end(), forced.begin())) {
      return "prefix_retokenised";
    }
    made.first_scored = prefix_.size();
    // Some decoders leave out the space that a text begins with.
    const auto is_space = [&](int id) {
      const std::string text = tokenizer_.decode(std::vector{id});
      return text.empty() || text == " ";
    };
    if (made.first_scored + 1 < forced.size() && is_space(forced[made.first_scored])) {
      ++made.first_scored;
    }
    return made.first_scored < forced.size() ? "" : "no_answer_tokens";
  }

  [[nodiscard]] std::size_t length(const StepProblem& problem) const {
    const std::size_t ends =
        after_thoughts(*config_.latent).size() + static_cast<std::size_t>(how_.ends) - 1;
    return problem.tokens.size() + static_cast<std::size_t>(how_.thoughts) + ends +
           std::max(problem.forced.size(), static_cast<std::size_t>(how_.generated));
  }

  const std::filesystem::path& file_;
  const std::filesystem::path& model_;
  const ModelConfig& config_;
  const ProblemReading& how_;
  Tokenizer tokenizer_;
  std::vector<int> prefix_;
};

}  // namespace

TokenProblems tokenise_problems(const std::filesystem::path& file, std::vector<Problem> problems,
                                const std::filesystem::path& model, const ModelConfig& config,
                                const ProblemReading& how) {
  const ProblemReader reader(file, model, config, how);
  TokenProblems made;
  made.problems.reserve(problems.size());
  made.tokens.reserve(problems.size());
  for (Problem& problem : problems) {
    StepProblem tokens;
    const std::string status = reader.read(problem, tokens);
    if (!status.empty()) {
      made.dropped.push_back({problem.id, status});
      continue;
    }
    made.problems.push_back(std::move(problem));
    made.tokens.push_back(std::move(tokens));
  }
  if (made.problems.empty()) {
    throw FormatError(file, "none of " + std::to_string(problems.size()) +
                                " problems can run (the first: " + made.dropped.front().status +
                                "), expected at least one");
  }
  return made;
}

}  // namespace phiscope::extract
