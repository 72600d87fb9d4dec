// SPDX-License-Identifier: MIT
#include "files/problems.hpp"

#include "target.hpp"

#include <set>

namespace phiscope::fuzz {
namespace {

/// What the reader has understood, under the names of GSM8K.
std::string written(const std::vector<extract::Problem>& problems) {
  nlohmann::json list = nlohmann::json::array();
  for (const extract::Problem& problem : problems) {
    list.push_back(
        {{"id", problem.id}, {"question", problem.question}, {"answer", problem.answer}});
    if (problem.steps) list.back()["reasoning_steps"] = *problem.steps;
  }
  return list.dump();
}

}  // namespace

bool try_problems(std::string_view input) {
  return accept_or_refuse("p.json", [&] {
    const auto problems = extract::parse_problems(input, "p.json");
    require(!problems.empty(), "problems: none");
    std::set<std::string> ids;
    for (const extract::Problem& problem : problems) {
      require(ids.insert(problem.id).second, "problems: an id twice");
      require(problem.meta.is_object(), "problems: meta");
    }
    const std::string text = written(problems);
    const auto again = read_again([&] { return extract::parse_problems(text, "p.json"); });
    require(again.size() == problems.size(), "problems: another number");
    for (std::size_t i = 0; i < problems.size(); ++i) {
      const extract::Problem& a = problems[i];
      const extract::Problem& b = again[i];
      require(a.id == b.id && a.question == b.question && a.answer == b.answer &&
                  a.gold_text == b.gold_text && a.gold == b.gold && a.steps == b.steps,
              "problems: do not come back");
    }
  });
}

}  // namespace phiscope::fuzz
