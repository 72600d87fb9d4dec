// SPDX-License-Identifier: MIT
// The demo model `words` and its held-out problems fit each other.
#include "catch.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "reference.hpp"

#include <algorithm>
#include <map>
#include <regex>

using namespace phiscope::extract;
using phiscope::test::source_dir;

namespace {

/// The calculator annotations `<<a+b=c>>` of a solution, each of them true.
int true_annotations(const std::string& solution) {
  static const std::regex annotation(R"(<<(\d+)([-+*/])(\d+)=(\d+)>>(\d+))");
  int count = 0;
  for (std::sregex_iterator at(solution.begin(), solution.end(), annotation), end; at != end;
       ++at, ++count) {
    const auto number = [&](std::size_t group) { return std::stoi((*at)[group].str()); };
    const int left = number(1);
    const int right = number(3);
    const std::map<char, int> results{
        {'+', left + right}, {'-', left - right}, {'*', left * right}, {'/', left / right}};
    CHECK(results.at((*at)[2].str()[0]) == number(4));
    CHECK(number(5) == number(4));
    if ((*at)[2].str() == "/") CHECK(left % right == 0);
  }
  return count;
}

}  // namespace

TEST_CASE("the tokenizer of words gives its problems back, byte by byte", "[words]") {
  const Tokenizer tokenizer = Tokenizer::open(source_dir() / "datasets/models/words");
  const int unknown = tokenizer.id_of("<unk>").value();
  for (const Prompt& problem : read_prompts(source_dir() / "datasets/words/problems.jsonl")) {
    const std::string text =
        problem.text.value() + "\n" + problem.answer.value().get<std::string>();
    const std::vector<int> ids = tokenizer.encode(text).ids;
    CAPTURE(problem.id);
    CHECK(ids.front() == tokenizer.id_of("<bos>").value());
    CHECK(std::ranges::count(ids, unknown) == 0);
    CHECK(tokenizer.decode(ids, /*skip_special=*/true) == text);
  }
}

TEST_CASE("the problems of words have true solutions of one to four steps", "[words]") {
  std::map<int, int> problems_of_steps;
  for (const Prompt& problem : read_prompts(source_dir() / "datasets/words/problems.jsonl")) {
    CAPTURE(problem.id);
    const std::string& answer = problem.answer.value();
    const int steps = problem.meta.at("steps").get<int>();
    CHECK(true_annotations(answer) == steps);
    ++problems_of_steps[steps];
    // The last line repeats the last result.
    const std::size_t last = answer.rfind("\n#### ");
    REQUIRE(last != std::string::npos);
    const std::string number = answer.substr(last + 6);
    CHECK(answer.find("=" + number + ">>" + number, answer.rfind("<<")) != std::string::npos);
  }
  CHECK(problems_of_steps == std::map<int, int>{{1, 25}, {2, 25}, {3, 25}, {4, 25}});
}
