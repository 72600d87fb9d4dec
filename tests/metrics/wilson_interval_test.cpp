// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/wilson_interval.hpp>

#include <cmath>

using phiscope::Status;
using phiscope::Value;
using phiscope::wilson_interval;

TEST_CASE("Wilson's interval is that of statsmodels", "[wilson_interval]") {
  const auto golden = phiscope::shard::read_json(phiscope::test::golden() / "metrics/rates.json");
  REQUIRE(golden.at("wilson").size() == 27);
  for (const auto& one : golden.at("wilson")) {
    const auto found = wilson_interval(one.at(0), one.at(1), {.confidence = one.at(2)});
    CAPTURE(one.dump());
    CHECK(found.low.value() == Approx(one.at(3).get<double>()).epsilon(1e-12).margin(1e-15));
    CHECK(found.high.value() == Approx(one.at(4).get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("an estimate of a rate says what it was made of", "[wilson_interval]") {
  const auto found = wilson_interval(3, 4, {.covers = "problems"});
  CHECK(found.value == Value(0.75));
  CHECK(found.units == 4);
  CHECK(found.draws == 0);
  CHECK(found.method == "Wilson");
  CHECK(found.covers == "problems");
  CHECK(found.confidence == 0.95);
}

TEST_CASE("ends are rates that lie z standard errors from the observed one", "[wilson_interval]") {
  const auto units = GENERATE(1U, 2U, 9U, 250U);
  for (std::size_t k = 0; k <= units; ++k) {
    const auto found = wilson_interval(k, units, {.confidence = 0.95});
    for (const double end : {found.low.value(), found.high.value()}) {
      if (end == 0.0 || end == 1.0) continue;
      const double error = std::sqrt(end * (1.0 - end) / static_cast<double>(units));
      CHECK(std::abs(found.value.value() - end) == Approx(1.9599639845400545 * error));
    }
    // Failures are successes of the other kind.
    const auto mirrored = wilson_interval(units - k, units);
    CHECK(mirrored.low.value() == Approx(1.0 - found.high.value()).margin(1e-15));
  }
  CHECK(wilson_interval(0, units).low == Value(0.0));
  CHECK(wilson_interval(units, units).high == Value(1.0));
}

TEST_CASE("a 95 % interval covers known rates about that often", "[wilson_interval]") {
  // Exact coverage: the binomial probability of all counts whose interval holds the rate.
  double sum = 0.0;
  int rates = 0;
  for (double rate = 0.05; rate < 0.96; rate += 0.05, ++rates) {
    double weight = std::pow(1.0 - rate, 30);
    double covered = 0.0;
    for (std::size_t k = 0; k <= 30; ++k) {
      const auto found = wilson_interval(k, 30);
      if (found.low.value() <= rate && rate <= found.high.value()) covered += weight;
      weight *= static_cast<double>(30 - k) / static_cast<double>(k + 1) * rate / (1.0 - rate);
    }
    CHECK(covered > 0.91);
    sum += covered;
  }
  CHECK(sum / rates == Approx(0.95).margin(0.01));
}

TEST_CASE("a rate needs a unit", "[wilson_interval]") {
  const auto none = wilson_interval(0, 0);
  CHECK(none.value == Value(Status::too_few_rows));
  CHECK(none.low == Value(Status::too_few_rows));
  CHECK(none.high == Value(Status::too_few_rows));
  CHECK_THROWS_WITH(wilson_interval(3, 2), Contains("3 successes of 2 units"));
  CHECK_THROWS_WITH(wilson_interval(1, 2, {.confidence = 1.0}), Contains("confidence in (0, 1)"));
}
