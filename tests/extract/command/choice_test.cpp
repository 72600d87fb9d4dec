// SPDX-License-Identifier: MIT
#include "command/choice.hpp"

#include "catch.hpp"
#include "fixture.hpp"

#include <regex>

using namespace phiscope::test;

namespace {

enum class Colour { red, green, blue };
constexpr phiscope::extract::Choices<Colour, 2> colours{
    {{"green", Colour::green}, {"red", Colour::red}}};

}  // namespace

TEST_CASE("a table of names gives values, names and their order", "[choice]") {
  CHECK(phiscope::extract::choice_names(colours) == std::vector<std::string>{"green", "red"});
  CHECK(phiscope::extract::choice_value(colours, "red") == Colour::red);
  CHECK(phiscope::extract::choice_name(colours, Colour::green) == "green");
  CHECK(phiscope::extract::choice_index(colours, Colour::red) == 1);
  CHECK_THROWS_AS(phiscope::extract::choice_value(colours, "blue"), std::invalid_argument);
  CHECK_THROWS_AS(phiscope::extract::choice_name(colours, Colour::blue), std::logic_error);
}

TEST_CASE("a name that an option does not have is wrong use, and the names are listed",
          "[choice]") {
  const TempDir dir;
  for (const auto& [option, names] : std::vector<std::pair<std::string, std::string>>{
           {"--sink dropped", "keep, drop, prefix"},
           {"--occurrence middle", "mean, first, last"},
           {"--conditions semantic,random", "semantic, unrelated, shuffled"},
           {"--dtype float", "float32, bfloat16, float16, float64"}}) {
    const Finished done = extract(small_loo(dir.path() / "run", option), dir.path());
    CAPTURE(option, done.err);
    CHECK(done.status == 2);
    CHECK_THAT(done.err, Contains(option.substr(option.find_last_of(" ,") + 1)));
    CHECK_THAT(done.err, Contains(names));
    const Finished help = extract("loo --help", dir.path());
    CHECK_THAT(std::regex_replace(help.out, std::regex("\\s+"), " "), Contains("[" + names + "]"));
  }
}
