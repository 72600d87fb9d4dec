// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/answer_text.hpp>

#include <random>
#include <regex>
#include <string>

namespace detail = phiscope::detail;

namespace {

/// The same by a regular expression.
std::string last_by_regex(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::string last;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    last = at->str();
  }
  return last;
}

/// Short texts of the characters that matter.
std::string random_text(std::uint64_t seed) {
  constexpr std::string_view letters = "0123..--++,/ x%";
  std::mt19937_64 engine(seed);
  std::string text;
  for (std::uint64_t length = engine() % 12; length > 0; --length) {
    text += letters[engine() % letters.size()];
  }
  return text;
}

}  // namespace

TEST_CASE("patterns find what regular expressions find", "[answer_text]") {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const std::string text = random_text(seed);
    CAPTURE(text);
    CHECK(detail::last_match(text, detail::signed_decimal) ==
          last_by_regex(text, R"(-?\d+\.?\d*)"));
    CHECK(detail::last_match(text, detail::plain_number) ==
          last_by_regex(text, R"(-?\d+(?:\.\d+)?)"));
    CHECK(detail::last_match(text, detail::point_or_digits) ==
          last_by_regex(text, R"([-+]?\d*\.\d+|\d+)"));
  }
}

TEST_CASE("numbers are found as people write them", "[answer_text]") {
  const auto last = [](std::string_view text) {
    return std::string(detail::last_match(text, detail::written_number));
  };
  CHECK(last("so $1,234.50.") == "1,234.50");
  CHECK(last("it is -5, or") == "-5");
  CHECK(last("8-5") == "5");
  CHECK(last("x = 3/4 of it") == "3/4");
  CHECK(last("about 12.5% more") == "12.5%");
  CHECK(last("about 12.5\\% more") == "12.5\\%");
  CHECK(last("is -\\frac{1}{2}.") == "-\\frac{1}{2}");
  CHECK(last("is \\dfrac{10}{3}$") == "\\dfrac{10}{3}");
  CHECK(last("1, 2, 3") == "3");
  CHECK(last("1,23") == "23");
  CHECK(last("none").empty());
  CHECK(last("-").empty());
}

TEST_CASE("braces, spaces and commas", "[answer_text]") {
  CHECK(detail::trimmed(" \n a b\t") == "a b");
  CHECK(detail::trimmed(" \n").empty());
  CHECK(detail::without_commas("1,2,") == "12");
  CHECK(detail::closing_brace("{a{b}c}d", 0) == 6);
  CHECK(detail::closing_brace("{a{b}c", 0) == std::string::npos);
  CHECK_FALSE(detail::latex_fraction("\\frac{1}", 0).has_value());
  CHECK_FALSE(detail::latex_fraction("\\frac{1}{2", 0).has_value());
  CHECK(detail::fraction_parts("\\frac{1}{2}")->second == "2");
  CHECK(detail::fraction_parts("3/4")->first == "3");
  CHECK_FALSE(detail::fraction_parts("34").has_value());
}
