// SPDX-License-Identifier: MIT
#include "patching/sites.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

namespace {

/// "p:steps" of each patch of a set.
std::vector<std::string> texts(const std::string& name, int count) {
  std::vector<std::string> all;
  for (const SiteSteps& one : steps_of(parse_site_set(name).value(), count)) {
    std::string text = std::to_string(one.step) + ":";
    for (const int step : one.steps) text += std::to_string(step);
    all.push_back(text);
  }
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("sets of steps are those of their names", "[sites]") {
  CHECK(texts("single", 3) == Texts{"0:0", "1:1", "2:2"});
  CHECK(texts("layer", 3) == Texts{"0:012"});
  CHECK(texts("first:2", 3) == Texts{"0:01"});
  CHECK(texts("last:2", 3) == Texts{"0:12"});
  CHECK(texts("prefix", 3) == Texts{"0:0", "1:01", "2:012"});
  CHECK(texts("suffix", 3) == Texts{"0:012", "1:12", "2:2"});
  CHECK(texts("first:4", 3).empty());
  CHECK(texts("last:4", 3).empty());
}

TEST_CASE("other names of sets are refused", "[sites]") {
  for (const char* name : {"", "all", "first", "first:", "first:0", "first:-1", "first:2x",
                           "last:", "Single", "prefix:2"}) {
    CAPTURE(name);
    CHECK_FALSE(parse_site_set(name).has_value());
  }
}
