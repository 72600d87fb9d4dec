// SPDX-License-Identifier: MIT
#include "patching/analysis/answer.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::analyze::patching::answer_test {

TEST_CASE("the number of a text is its last one, commas dropped", "[answer]") {
  CHECK(number_in("The answer is: 1,234.") == 1234.0);
  CHECK(number_in("3 + 4 = 7 apples") == 7.0);
  CHECK(number_in("it is -2.50 dollars") == -2.5);
  CHECK(number_in("5-3") == -3.0);   // as the regular expression reads it
  CHECK(number_in("1.2.3") == 3.0);  // 1.2 and then 3: the point ends the first
  CHECK(number_in("12..5") == 5.0);
  CHECK(number_in("a .5 b") == 5.0);
  CHECK(number_in("--7") == -7.0);
  CHECK(number_in("0") == 0.0);
  CHECK(number_in("$18") == 18.0);
  for (const char* text : {"", "The", "-", "-.", ".", ",,", "minus"}) {
    CAPTURE(text);
    CHECK_FALSE(number_in(text));
  }
}

TEST_CASE("a free answer is flipped, another number, unchanged or none", "[answer]") {
  CHECK(greedy_answer("= 8", "= 10", 8.0) == GreedyAnswer::flipped_to_clean);
  CHECK(greedy_answer("= 8.0", "= 10", 8.0) == GreedyAnswer::flipped_to_clean);
  CHECK(greedy_answer("= 9", "= 10", 8.0) == GreedyAnswer::other_number);
  CHECK(greedy_answer("it is 10", "= 10", 8.0) == GreedyAnswer::unchanged);
  CHECK(greedy_answer("none", "= 10", 8.0) == GreedyAnswer::no_number);
  CHECK(greedy_answer("none", "none", 8.0) == GreedyAnswer::no_number);
  // The run gave the clean answer without a patch: nothing was flipped.
  CHECK(greedy_answer("= 8", "= 8", 8.0) == GreedyAnswer::unchanged);
  CHECK(greedy_answer("= 8", "none", 8.0) == GreedyAnswer::flipped_to_clean);
  CHECK(greedy_answer("= 8", "= 10", std::nullopt) == GreedyAnswer::other_number);
  CHECK(greedy_answer_name(GreedyAnswer::flipped_to_clean) == "flipped_to_clean");
  CHECK(greedy_answer_name(GreedyAnswer::other_number) == "other_number");
  CHECK(greedy_answer_name(GreedyAnswer::unchanged) == "unchanged");
  CHECK(greedy_answer_name(GreedyAnswer::no_number) == "no_number");
}

TEST_CASE("answers are counted by kind, unknown ones apart", "[answer]") {
  const std::vector<std::optional<GreedyAnswer>> answers = {
      GreedyAnswer::unchanged, std::nullopt,
      GreedyAnswer::unchanged, GreedyAnswer::no_number,
      GreedyAnswer::unchanged, GreedyAnswer::other_number,
      GreedyAnswer::no_number};
  const GreedyCounts counts = count_greedy(answers);
  CHECK(counts.of == std::array<std::size_t, 4>{0, 1, 3, 2});
  CHECK(counts.absent == 1);
  CHECK(counts.known() == 6);
}

TEST_CASE("stored generations give the published counts of answers", "[answer][needs_reference]") {
  const auto folder = phiscope::test::reference();
  if (!folder) SKIP_NO_REFERENCE();
  for (const char* tokens : {"1", "4"}) {
    const auto file = *folder / "published" / "patching" /
                      (std::string("experiment_results_") + tokens + "_tokens.json");
    const auto published = nlohmann::json::parse(phiscope::test::read_text(file));
    REQUIRE(published["valid_results"].size() == 23);
    for (const std::string place : {"early", "middle", "late"}) {
      CAPTURE(tokens, place);
      std::vector<std::optional<GreedyAnswer>> answers;
      for (const auto& pair : published["valid_results"]) {
        answers.emplace_back(greedy_answer(pair["patched"][place]["generated"].get<std::string>(),
                                           pair["corrupted"]["generated"].get<std::string>(),
                                           pair["clean"]["expected"].get<double>()));
      }
      const auto& expected = published["summary"][place]["classifications"];
      const GreedyCounts counts = count_greedy(answers);
      CHECK(counts.of == std::array<std::size_t, 4>{expected["clean_answer"].get<std::size_t>(),
                                                    expected["other_coherent"].get<std::size_t>(),
                                                    expected["corrupted_answer"].get<std::size_t>(),
                                                    expected["gibberish"].get<std::size_t>()});
      CHECK(counts.absent == 0);
    }
  }
}

}  // namespace phiscope::analyze::patching::answer_test
