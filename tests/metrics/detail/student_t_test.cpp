// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/detail/student_t.hpp>

TEST_CASE("quantiles of Student's t are SciPy's, for odd and even degrees of freedom",
          "[student_t]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  for (const auto& row : golden.at("student_t_quantile")) {
    CHECK(phiscope::detail::student_t_quantile(row[0], row[1]) ==
          Approx(row[2].get<double>()).epsilon(1e-12));
  }
}
