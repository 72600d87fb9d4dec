// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <array>
#include <fstream>
#include <random>
#include <regex>
#include <string>

using phiscope::count_steps;
using phiscope::stratum_of;

namespace {

std::optional<std::size_t> by_regex(const std::string& text) {
  for (const char* pattern : {"<<[^>]+>>", R"(=\s*\d+)"}) {
    const std::regex expression(pattern);
    const auto found =
        std::distance(std::sregex_iterator(text.begin(), text.end(), expression), {});
    if (found > 0) return static_cast<std::size_t>(found);
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("steps are marked calculations, or else equations", "[problem_difficulty]") {
  CHECK(count_steps("a <<1+1=2>>2 and <<2*3=6>>6 = 6 = 6 = 6") == 2U);
  CHECK(count_steps("1 + 1 = 2, 2 * 3 =\n 6, x = y") == 2U);
  CHECK(count_steps("<<>> = 5") == 1U);
  CHECK_FALSE(count_steps("18").has_value());
  CHECK_FALSE(count_steps("").has_value());
}

TEST_CASE("steps are what regular expressions count", "[problem_difficulty]") {
  constexpr std::string_view letters = "<<<>>>>=1 a";
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 engine(seed);
    std::string text;
    for (std::uint64_t length = engine() % 16; length > 0; --length) {
      text += letters[engine() % letters.size()];
    }
    CAPTURE(text);
    CHECK(count_steps(text) == by_regex(text));
  }
}

TEST_CASE("strata end at two and at five steps", "[problem_difficulty]") {
  CHECK(stratum_of(0) == 0);
  CHECK(stratum_of(1) == 0);
  CHECK(stratum_of(2) == 0);
  CHECK(stratum_of(3) == 1);
  CHECK(stratum_of(4) == 2);
  CHECK(stratum_of(5) == 3);
  CHECK(stratum_of(11) == 3);
  CHECK(phiscope::stratum_names[stratum_of(9)] == "5+");
}

TEST_CASE("strata of the test set of GSM8K", "[problem_difficulty][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  std::array<int, 4> counts{};
  std::ifstream file(*reference / "published/gsm8k/test.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto steps = count_steps(nlohmann::json::parse(line).at("answer").get<std::string>());
    ++counts[stratum_of(steps.value_or(0))];
  }
  CHECK(counts == std::array{431, 367, 293, 228});
}
