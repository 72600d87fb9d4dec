// SPDX-License-Identifier: MIT
#include "files/tokenizer.hpp"
#include "input_file.hpp"

#include <array>

using namespace phiscope;

namespace {

constexpr std::array<std::string_view, 6> texts{"",
                                                "cat dog",
                                                " they'd  12345\n\t",
                                                "\u00e9e\u0301 \u6771\u4eac",
                                                "<s><pad>\u2581x<0x41>",
                                                "aaaaaaaaaaaaaaaa"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = test::input_file("tokenizer.json", test::as_text(data, size));
  test::accept_or_refuse(path, [&] {
    const extract::Tokenizer tokenizer = extract::Tokenizer::open(path.parent_path());
    for (const std::string_view text : texts) {
      test::accept_or_refuse(path, [&] {
        const extract::Encoding encoding = tokenizer.encode(text);
        test::require(encoding.ids.size() == encoding.offsets.size(), "tokenizer: offsets");
        for (const auto& [begin, end] : encoding.offsets) {
          test::require(begin <= end && end <= text.size(), "tokenizer: offset out of the text");
        }
        (void)tokenizer.decode(encoding.ids);
        (void)tokenizer.decode(encoding.ids, true);
      });
    }
  });
  return 0;
}
