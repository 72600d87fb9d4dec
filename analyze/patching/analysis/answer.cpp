// SPDX-License-Identifier: MIT
#include "patching/analysis/answer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <locale>
#include <sstream>
#include <string>

namespace phiscope::analyze::patching {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// As written in JSON and in C, whatever the locale. More digits than a double has are rounded.
std::optional<double> to_number(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double number = 0.0;
  stream >> number;
  if (stream.fail() || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
               [](char c) { return c != ','; });
  // From left to right as a regular expression finds them: "1.2.3" is 1.2 and 3.
  std::string last;
  for (std::size_t i = 0; i < plain.size();) {
    const std::size_t digits = i + (plain[i] == '-' ? 1U : 0U);
    if (digits >= plain.size() || !is_digit(plain[digits])) {
      ++i;
      continue;
    }
    std::size_t end = digits;
    while (end < plain.size() && is_digit(plain[end])) ++end;
    if (end < plain.size() && plain[end] == '.') ++end;
    while (end < plain.size() && is_digit(plain[end])) ++end;
    last = plain.substr(i, end - i);
    i = end;
  }
  if (last.empty()) return std::nullopt;
  return to_number(last);
}

std::string_view greedy_answer_name(GreedyAnswer answer) noexcept {
  constexpr std::array<std::string_view, greedy_answers> names = {
      "flipped_to_clean", "other_number", "unchanged", "no_number"};
  return names[static_cast<std::size_t>(answer)];
}

GreedyAnswer greedy_answer(std::string_view patched, std::string_view unpatched,
                           std::optional<double> clean) {
  const auto number = number_in(patched);
  if (!number) return GreedyAnswer::no_number;
  // Asked first: a run that gives the clean answer by itself has not been flipped.
  if (number == number_in(unpatched)) return GreedyAnswer::unchanged;
  return number == clean ? GreedyAnswer::flipped_to_clean : GreedyAnswer::other_number;
}

GreedyCounts count_greedy(std::span<const std::optional<GreedyAnswer>> answers) {
  GreedyCounts counts;
  for (const auto& answer : answers) {
    ++(answer ? counts.of[static_cast<std::size_t>(*answer)] : counts.absent);
  }
  return counts;
}

}  // namespace phiscope::analyze::patching
