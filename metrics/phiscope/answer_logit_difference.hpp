// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// How much a row of logits prefers the clean answer to the corrupted one.
struct AnswerLogitDifference {
  Value clean_score;      ///< mean logit of the clean answer's tokens
  Value corrupted_score;  ///< mean logit of the corrupted answer's tokens
  Value difference;       ///< clean_score - corrupted_score
};

/// Mean logit of a set of tokens; a token named twice counts twice.
/// @param logits  [token]
/// @param tokens  [item], ids below the vocabulary
/// @return  in logits; too_few_rows without a token, nonfinite if one of those logits is not finite
/// @throws std::invalid_argument if a token is not in the vocabulary
template <std::floating_point T>
[[nodiscard]] Value mean_token_logit(std::span<const T> logits,
                                     std::span<const std::int64_t> tokens) {
  CompensatedSum sum;
  for (const std::int64_t token : tokens) {
    if (token < 0 || static_cast<std::size_t>(token) >= logits.size()) {
      throw std::invalid_argument("mean_token_logit: token " + std::to_string(token) +
                                  ", expected one of " + std::to_string(logits.size()));
    }
    sum += static_cast<double>(logits[static_cast<std::size_t>(token)]);
  }
  if (tokens.empty()) return Status::too_few_rows;
  return sum.value() / static_cast<double>(tokens.size());
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Logits>
[[nodiscard]] Value mean_token_logit(const Logits& logits, std::span<const std::int64_t> tokens) {
  return mean_token_logit(series_of(logits).span, tokens);
}

/// Mean logit of the clean answer's tokens minus that of the corrupted answer's.
///
/// @param logits  [token], at one read-out
/// @param clean,corrupted  [item], token ids of the two answers
/// @return  each undefined as mean_token_logit() is; the difference names the first reason
/// @throws std::invalid_argument if a token is not in the vocabulary
/// @see  experiment patching
template <std::floating_point T>
[[nodiscard]] AnswerLogitDifference answer_logit_difference(
    std::span<const T> logits, std::span<const std::int64_t> clean,
    std::span<const std::int64_t> corrupted) {
  const Value clean_score = mean_token_logit(logits, clean);
  const Value corrupted_score = mean_token_logit(logits, corrupted);
  return {.clean_score = clean_score,
          .corrupted_score = corrupted_score,
          .difference = difference(clean_score, corrupted_score)};
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Logits>
[[nodiscard]] AnswerLogitDifference answer_logit_difference(
    const Logits& logits, std::span<const std::int64_t> clean,
    std::span<const std::int64_t> corrupted) {
  return answer_logit_difference(series_of(logits).span, clean, corrupted);
}

}  // namespace phiscope
