// SPDX-License-Identifier: MIT
#pragma once

#include "files/latent_config.hpp"
#include "files/tokenizer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// A question as the training code of latent models reads it: without the white space around it,
/// and with each pair of spaces made one, once.
[[nodiscard]] std::string stripped_question(std::string_view text);

/// The tokens of a question text and its suffix, tokenised as one.
/// @param special  let the tokenizer add its tokens, BOS mostly
[[nodiscard]] std::vector<int> question_tokens(const Tokenizer& tokenizer,
                                               const LatentConfig& latent, std::string_view text,
                                               bool special);

/// What follows a question before the thoughts: [bot], or [eos, bot].
[[nodiscard]] std::vector<int> before_thoughts(const LatentConfig& latent);

/// What ends the thoughts: [eot], or [eot, eos].
[[nodiscard]] std::vector<int> after_thoughts(const LatentConfig& latent);

}  // namespace phiscope::extract
