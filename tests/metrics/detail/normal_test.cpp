// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/detail/normal.hpp>

namespace detail = phiscope::detail;

TEST_CASE("quantiles of the normal are SciPy's, and the distribution gives them back", "[normal]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  for (const auto& row : golden.at("normal_quantile")) {
    const double p = row[0];
    CHECK(detail::normal_quantile(p) == Approx(row[1].get<double>()).epsilon(1e-13).margin(1e-15));
    CHECK(detail::normal_cdf(row[1]) == Approx(p).epsilon(1e-12));
  }
}
