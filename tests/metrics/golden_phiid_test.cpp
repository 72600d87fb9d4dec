// SPDX-License-Identifier: MIT
// Gaussian PhiID against references of 50 digits, see tests/golden/phiid/make.py.
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/phiid_pairs.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using nlohmann::json;

TEST_CASE("Gaussian atoms have 14 digits", "[golden_phiid]") {
  const json golden =
      phiscope::shard::read_json(phiscope::test::golden() / "phiid" / "gaussian.json");
  REQUIRE(golden.at("cases").size() == 4);
  for (const json& one : golden.at("cases")) {
    const std::vector<double> x = one.at("x");
    const std::vector<double> y = one.at("y");
    const std::vector<double> atoms = one.at("atoms");
    const double tdmi = one.at("tdmi");
    const std::size_t lag = one.at("lag");
    CAPTURE(x.size(), lag);
    const auto found = phiscope::gaussian_phiid<double>(x, y, {.lag = lag});
    REQUIRE(found.status == phiscope::Status::ok);
    double worst = std::abs(found.information.xytab - tdmi);
    for (std::size_t k = 0; k < 16; ++k) {
      worst = std::max(worst, std::abs(found.atoms[k] - atoms[k]));
    }
    CHECK(worst < 1e-14 * std::max(1.0, tdmi));
    std::vector<double> rows;
    for (std::size_t t = 0; t < x.size(); ++t) rows.insert(rows.end(), {x[t], y[t]});
    const phiscope::MatrixView<double> view(rows, x.size(), 2);
    const auto table = phiscope::phiid<double>(
        std::span(&view, 1),
        {.phiid = {.lag = lag}, .output = phiscope::PhiidOutput::sts_rtr_tdmi});
    // Tiles sum without compensation: the digits that a small determinant costs show here.
    CHECK(table.values[0] == Approx(atoms[15]).epsilon(0.0).margin(1e-13));
    CHECK(table.values[1] == Approx(atoms[0]).epsilon(0.0).margin(1e-13));
    CHECK(table.values[2] == Approx(tdmi).epsilon(0.0).margin(1e-13));
  }
}
