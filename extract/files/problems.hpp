// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/rational.hpp>

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// A question with its answer.
struct Problem {
  std::string id;                ///< of the file, or the number of the entry from 0
  std::string question;          ///< `question`, `problem` or `text`, as it is
  std::string answer;            ///< `answer`, else `solution`, see answer_text()
  std::string gold_text;         ///< the answer without its derivation, see phiscope::gold_text()
  std::optional<Rational> gold;  ///< nothing: status no_gold
  std::optional<std::size_t> steps;  ///< of the derivation; nothing where the file does not say
  nlohmann::json meta = nlohmann::json::object();  ///< `meta`, and every field with no meaning here
};

/// Reads a problem file, JSON lines or a JSON list: GSM8K (`question`, `answer`), MATH-500
/// (`problem`, `solution`, `answer`, `unique_id`), GSM8K-Aug (`question`, `cot` or `steps`,
/// `answer`), Coconut's list (`question`, `steps`, `answer`), and the published stratified list
/// (`question`, `answer`, `reasoning_steps`, `gsm8k_id`).
///
/// Steps are counted in the answer, else in `solution` or `cot` (phiscope::count_steps()), else
/// they are the length of `steps`, else `reasoning_steps`, else 0 where the answer has a
/// derivation ("####"). A problem without a gold number is kept.
/// @throws shard::FormatError naming file and entry: no question or more than one, no answer, a
///         field of another type, two problems with one id, a file without problems
[[nodiscard]] std::vector<Problem> read_problems(const std::filesystem::path& file);

/// As read_problems(), of the text of the file. @param file  its name, for messages
[[nodiscard]] std::vector<Problem> parse_problems(std::string_view text,
                                                  const std::filesystem::path& file);

}  // namespace phiscope::extract
