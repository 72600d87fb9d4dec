// SPDX-License-Identifier: MIT
#include "mutate.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace phiscope::fuzz {
namespace {

using namespace std::string_view_literals;

constexpr std::array numbers{"0"sv,
                             "1"sv,
                             "-1"sv,
                             "2"sv,
                             "255"sv,
                             "65536"sv,
                             "2147483647"sv,
                             "2147483648"sv,
                             "4294967296"sv,
                             "9223372036854775807"sv,
                             "9223372036854775808"sv,
                             "18446744073709551615"sv,
                             "18446744073709551616"sv,
                             "1e999"sv,
                             "-1e-999"sv,
                             "1e3"sv,
                             "0.5"sv,
                             "00"sv,
                             "nan"sv};

constexpr std::array pieces{"\""sv,   "'"sv,       "\\"sv,       "{"sv,           "}"sv,
                            "["sv,    "]"sv,       "("sv,        ")"sv,           ","sv,
                            ":"sv,    "\n"sv,      "\r\n"sv,     " "sv,           "\0"sv,
                            "\xFF"sv, "\x80"sv,    "\xC3\xA9"sv, "null"sv,        "true"sv,
                            "[]"sv,   "{}"sv,      "\"\""sv,     "\\u0000"sv,     "#"sv,
                            "="sv,    "\\ud800"sv, "\\u2028"sv,  "\xEF\xBB\xBF"sv};

/// A place in [0, size].
std::size_t place_in(std::size_t size, std::mt19937_64& random) {
  return static_cast<std::size_t>(random() % (size + 1));
}

/// A range of at most `longest` bytes: its begin and its length.
std::pair<std::size_t, std::size_t> range_in(const std::string& text, std::size_t longest,
                                             std::mt19937_64& random) {
  const std::size_t begin = place_in(text.size(), random);
  return {begin, place_in(std::min(longest, text.size() - begin), random)};
}

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& list, std::mt19937_64& random) {
  return list[random() % N];
}

/// Another number in the place of one.
void replace_number(std::string& text, std::mt19937_64& random) {
  constexpr std::string_view digits = "0123456789";
  std::size_t begin = text.find_first_of(digits, place_in(text.size(), random));
  if (begin == std::string::npos) begin = text.find_first_of(digits);
  if (begin == std::string::npos) return;
  const std::size_t end = std::min(text.find_first_not_of(digits, begin), text.size());
  text.replace(begin, end - begin, one_of(numbers, random));
}

void change(std::string& text, std::span<const std::string> others, std::mt19937_64& random) {
  const auto [begin, length] = range_in(text, 24, random);
  switch (random() % 9) {
    case 0:
      if (begin < text.size()) text[begin] = static_cast<char>(text[begin] ^ (1 << random() % 8));
      return;
    case 1:
      if (begin < text.size()) text[begin] = static_cast<char>(random() % 256);
      return;
    case 2:
      text.erase(begin, length);
      return;
    case 3:
      text.insert(place_in(text.size(), random), text.substr(begin, length));
      return;
    case 4:
      text.insert(begin, one_of(pieces, random));
      return;
    case 5:
      text.replace(begin, length, one_of(pieces, random));
      return;
    case 6:
      replace_number(text, random);
      return;
    case 7:
      text.resize(begin);
      return;
    default: {
      const std::string& other = others[random() % others.size()];
      text.resize(begin);
      text += other.substr(place_in(other.size(), random));
      return;
    }
  }
}

}  // namespace

std::string mutated(const std::string& seed, std::span<const std::string> others,
                    std::mt19937_64& random) {
  std::string text = seed;
  for (std::uint64_t left = 1 + random() % 4; left > 0; --left) change(text, others, random);
  return text;
}

}  // namespace phiscope::fuzz
