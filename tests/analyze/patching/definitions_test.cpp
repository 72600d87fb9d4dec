// SPDX-License-Identifier: MIT
#include "patching/definitions.hpp"

#include "catch.hpp"

#include <set>

namespace phiscope::analyze::patching::definitions_test {

TEST_CASE("every measure has a definition of its own", "[definitions]") {
  std::set<std::string> texts;
  for (const Measure measure : all_measures()) texts.insert(definition(measure));
  CHECK(texts.size() == measure_count);
  CHECK_THAT(definition(Measure::kl_divergence), Contains("KL(patched || unpatched)"));
  CHECK_THAT(definition(Measure::kl_from_baseline), Contains("KL(unpatched || patched)"));
  CHECK_THAT(definition(Measure::recovery),
             Contains("(patched - unpatched)") || Contains("(answer_diff patched - unpatched)"));
  CHECK_THAT(definition(Measure::recovery), Contains("below 0.01 nats"));
}

TEST_CASE("the report's definitions begin with the measures", "[definitions]") {
  const auto lines = definitions();
  REQUIRE(lines.size() == measure_count + 4);
  CHECK(lines[15] == "recovery: " + definition(Measure::recovery));
  CHECK_THAT(lines[16], Contains("Read-outs: eot"));
  CHECK_THAT(lines[17], Contains("iterative patching is prefix"));
}

}  // namespace phiscope::analyze::patching::definitions_test
