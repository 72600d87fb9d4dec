// SPDX-License-Identifier: MIT
#include "files/oddity.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace phiscope::extract;

TEST_CASE("an oddity is one line with file, thing, value, kind and reason", "[oddity]") {
  Oddity oddity{.kind = OddityKind::ignored,
                .file = "config.json",
                .what = "mystery",
                .found = "7",
                .why = "llama does not read it",
                .warning = true};
  CHECK(text_of(oddity) == "config.json: mystery is 7: ignored, llama does not read it");
  CHECK(json_of(oddity).dump() ==
        R"({"kind":"ignored","file":"config.json","what":"mystery","found":"7",)"
        R"("why":"llama does not read it","warning":true})");
  CHECK(warnings_of({oddity, {}}) == std::vector<std::string>{text_of(oddity)});
  oddity.found.clear();
  oddity.why.clear();
  oddity.kind = OddityKind::skipped;
  CHECK(text_of(oddity) == "config.json: mystery: skipped");
  oddity.warning = false;
  CHECK(warnings_of({oddity}).empty());
}

TEST_CASE("every kind of oddity has a name", "[oddity]") {
  CHECK(name_of(OddityKind::defaulted) == "defaulted");
  CHECK(name_of(OddityKind::added) == "added");
  CHECK(name_of(OddityKind::layout) == "layout");
  CHECK(name_of(OddityKind::converted) == "converted");
  CHECK(name_of(OddityKind::differs) == "differs");
  CHECK_THROWS_AS(name_of(static_cast<OddityKind>(99)), std::invalid_argument);
}
