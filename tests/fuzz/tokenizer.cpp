// SPDX-License-Identifier: MIT
#include "files/tokenizer.hpp"

#include "files/tokenizer/length_limit.hpp"
#include "target.hpp"

#include <array>

namespace phiscope::fuzz {
namespace {

constexpr std::array<std::string_view, 6> texts{"",
                                                "cat dog",
                                                " they'd  12345\n\t",
                                                "\u00e9e\u0301 \u6771\u4eac",
                                                "<s><pad>\u2581x<0x41>",
                                                "aaaaaaaaaaaaaaaa"};

void check(const extract::Tokenizer& tokenizer, std::string_view text) {
  const extract::Encoding encoding = tokenizer.encode(text);
  require(encoding.ids.size() == encoding.offsets.size() &&
              encoding.ids.size() == encoding.special.size(),
          "tokenizer: three lists");
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const auto [begin, end] = encoding.offsets[i];
    require(begin <= end && end <= text.size(), "tokenizer: offset out of the text");
    require(!encoding.special[i] || end == 0, "tokenizer: offset of an added token");
    const auto spelling = tokenizer.token_of(encoding.ids[i]);
    require(spelling.has_value(), "tokenizer: an id without a token");
  }
  (void)tokenizer.decode(encoding.ids);
  (void)tokenizer.decode(encoding.ids, true);
  const extract::Encoding bare = tokenizer.encode(text, false);
  require(bare.ids.size() <= encoding.ids.size(), "tokenizer: more without special tokens");
}

}  // namespace

bool try_tokenizer(std::string_view input) {
  const std::filesystem::path path = "tokenizer.json";
  return accept_or_refuse(path, [&] {
    const auto tokenizer = extract::Tokenizer::parse(input, path);
    for (const std::string_view text : texts) {
      accept_or_refuse(path, [&] {
        try {
          check(tokenizer, text);
        } catch (const extract::tokenizer::OverlongText&) {
          // A refusal of the text: a normalizer may double it forty times.
        }
      });
    }
  });
}

}  // namespace phiscope::fuzz
