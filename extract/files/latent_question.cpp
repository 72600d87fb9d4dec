// SPDX-License-Identifier: MIT
#include "files/latent_question.hpp"

namespace phiscope::extract {

std::string stripped_question(std::string_view text) {
  constexpr std::string_view white = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return "";
  const std::size_t last = text.find_last_not_of(white);
  const std::string_view inner = text.substr(first, last - first + 1);
  std::string made;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    made += inner[i];
    if (inner[i] == ' ' && i + 1 < inner.size() && inner[i + 1] == ' ') ++i;
  }
  return made;
}

std::vector<int> question_tokens(const Tokenizer& tokenizer, const LatentConfig& latent,
                                 std::string_view text, bool special) {
  return tokenizer.encode(stripped_question(text) + latent.question_suffix, special).ids;
}

std::vector<int> before_thoughts(const LatentConfig& latent) {
  const auto bot = static_cast<int>(latent.bot_id);
  if (latent.remove_eos) return {bot};
  return {static_cast<int>(latent.eos_id), bot};
}

std::vector<int> after_thoughts(const LatentConfig& latent) {
  const auto eot = static_cast<int>(latent.eot_id);
  if (latent.remove_eos) return {eot};
  return {eot, static_cast<int>(latent.eos_id)};
}

}  // namespace phiscope::extract
