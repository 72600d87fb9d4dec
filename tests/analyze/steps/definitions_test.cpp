// SPDX-License-Identifier: MIT
#include "steps/definitions.hpp"

#include "catch.hpp"

#include <algorithm>

namespace phiscope::analyze::steps::definitions_test {

TEST_CASE("every measure is defined, and the grader that was used", "[definitions]") {
  Options options;
  const auto lines = definitions(options);
  for (const Measure measure : all_measures()) {
    const std::string line =
        std::string(measure_name(measure)) + ": " + measure_definition(measure) + ".";
    CHECK(std::count(lines.begin(), lines.end(), line) == 1);
  }
  CHECK(lines.front() == importance_definition());
  const auto said = [](const std::vector<std::string>& of, const std::string& part) {
    return std::any_of(of.begin(), of.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  CHECK(said(lines, "compared exactly"));
  options.grader = Grader::published;
  CHECK(said(definitions(options), "published patterns"));
  CHECK_FALSE(said(definitions(options), "compared exactly"));
}

}  // namespace phiscope::analyze::steps::definitions_test
