// SPDX-License-Identifier: MIT
#include "sampling/definitions.hpp"

#include "catch.hpp"
#include "synthetic_study.hpp"

namespace phiscope::analyze::sampling::definitions_test {

TEST_CASE("each measure is defined under its own name", "[definitions]") {
  for (const Spread spread : all_spreads()) {
    CHECK(definition(spread).starts_with(std::string(spread_name(spread)) + ": "));
  }
  for (const Apart apart : all_aparts()) {
    CHECK(definition(apart).starts_with(std::string(apart_name(apart)) + ": "));
  }
  CHECK(spread_unit(Spread::between) == "activation units squared");
  CHECK(spread_unit(Spread::between_share) == "share");
  CHECK(spread_unit(Spread::commitment) == "accuracy");
  CHECK(spread_unit(Spread::effective_rank) == "dimensions");
}

TEST_CASE("only the terms of the steps that are there are defined", "[definitions]") {
  auto studies = test::analyzed_study();
  CHECK(definitions(studies, {}).size() == 1 + 11 + 6 + 3);
  studies[0].variance.reset();
  studies[0].clusters.reset();
  CHECK(definitions(studies, {}).size() == 1 + 6 + 2);
}

}  // namespace phiscope::analyze::sampling::definitions_test
