// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// One half of a pair.
struct PairSide {
  std::optional<std::string> question;        ///< or `input_ids`
  std::optional<std::vector<int>> input_ids;  ///< the question's ids, fed as they are
  std::string answer;                         ///< "18", see answer_text()
  std::optional<int> steps;                   ///< `reasoning_steps`
  /// Named parts, [begin, end): characters (code points) of `question`, positions of `input_ids`.
  std::map<std::string, std::array<int, 2>> spans{};
  friend bool operator==(const PairSide&, const PairSide&) = default;
};

/// A question and the same question changed so that its answer differs.
struct QuestionPair {
  std::string id;  ///< `pair_id`
  PairSide clean;
  PairSide corrupted;
  bool id_is_text = false;  ///< "7", not 7
};

/// A pair that is not used, and why: "half_missing", "equal_answers", ...
struct DroppedPair {
  std::string id;
  std::string status;
  bool id_is_text = false;
};

/// What a pairs file holds.
struct QuestionPairs {
  std::vector<QuestionPair> pairs;
  std::vector<DroppedPair> dropped;
};

/// Reads a pairs file, a JSON list or JSON lines of {pair_id, clean, corrupted}, each half
/// {question | input_ids, answer, reasoning_steps?, spans?}; an answer is a number, or a text
/// or list with one, `spans` an object of [begin, end] by name.
/// @param skip_bad  drop a pair without a half, or whose answer has no number, instead of refusing
///                  the file
/// @throws shard::FormatError naming the file, the pair, what was found and what is expected
[[nodiscard]] QuestionPairs read_pairs(const std::filesystem::path& file, bool skip_bad);

/// As read_pairs(), of the text of the file. @param file  its name, for messages
[[nodiscard]] QuestionPairs parse_pairs(std::string_view text, const std::filesystem::path& file,
                                        bool skip_bad);

/// Joins the two variants of each pair of a raw file ({pair_id, variant, question, answer, ...}),
/// by ascending pair_id, and drops pairs whose answers are equal as numbers.
/// @throws shard::FormatError as above: a variant twice or missing, one that is neither clean nor
///         corrupted, an answer without a number
[[nodiscard]] QuestionPairs prepare_pairs(const std::filesystem::path& raw);

/// As prepare_pairs(), of the text of the raw file. @param raw  its name, for messages
[[nodiscard]] QuestionPairs prepare_pairs(std::string_view text, const std::filesystem::path& raw);

/// A pairs file as prepare_pairs() leaves it: a JSON list.
[[nodiscard]] std::string pairs_text(const std::vector<QuestionPair>& pairs);

/// An id as JSON, as it was written: an integer or a text, whatever the text.
[[nodiscard]] nlohmann::ordered_json pair_id(const std::string& id, bool is_text);

/// An answer as JSON: a number in digits as one, anything else ("1e3", "3 eggs") as text.
[[nodiscard]] nlohmann::ordered_json number_or_text(const std::string& text);

/// The last number in a text, commas dropped; nothing if there is none.
/// @see the pattern -?\d+\.?\d* of the published experiment
[[nodiscard]] std::optional<double> last_number(std::string_view text);

}  // namespace phiscope::extract
