// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/partial_rank_correlation.hpp>

#include <limits>
#include <vector>

using phiscope::partial_correlation;
using phiscope::partial_rank_correlation;
using phiscope::rank_correlation;
using phiscope::Status;
using Numbers = std::vector<double>;

TEST_CASE("partial rank correlations are those of pingouin's formula",
          "[partial_rank_correlation]") {
  const auto cases =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/partial_rank.json");
  REQUIRE(cases.size() == 4);
  for (const auto& one : cases) {
    const auto x = one.at("x").get<Numbers>();
    const auto y = one.at("y").get<Numbers>();
    const auto fixed = one.at("covariates").get<std::vector<Numbers>>();
    CHECK(partial_rank_correlation(x, y, fixed).value() ==
          Approx(one.at("spearman").get<double>()).epsilon(1e-12));
    CHECK(partial_correlation(x, y, fixed).value() ==
          Approx(one.at("pearson").get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("what is already held fixed adds nothing", "[partial_rank_correlation]") {
  const Numbers x{1, 5, 2, 8, 3, 9, 4};
  const Numbers y{2, 4, 3, 9, 1, 7, 8};
  const Numbers z{3, 1, 4, 1, 5, 9, 2};
  const Numbers same(7, 2.0);
  CHECK(partial_rank_correlation(x, y, {}).value() == Approx(rank_correlation(x, y).value()));
  const auto of = [&](const std::vector<Numbers>& covariates) {
    return partial_rank_correlation(x, y, covariates);
  };
  CHECK(of({same}).value() == Approx(rank_correlation(x, y).value()));
  CHECK(of({z, z}).value() == Approx(of({z}).value()));
}

TEST_CASE("a partial rank correlation that is not defined says why", "[partial_rank_correlation]") {
  const Numbers x{1, 5, 2, 8};
  const Numbers y{2, 4, 3, 9};
  CHECK(partial_rank_correlation(x, y, std::vector<Numbers>{{1, 3, 2, 4}}) == Status::constant);
  CHECK(partial_correlation(x, y, std::vector<Numbers>{{1, 3, 2, 4}}).ok());
  CHECK(partial_correlation(x, Numbers(4, 0.1), std::vector<Numbers>{}) == Status::constant);
  CHECK(partial_rank_correlation(x, y, std::vector<Numbers>{{3, 1, 2, 2}}).ok());
  CHECK(partial_rank_correlation(x, y, std::vector<Numbers>{x, y}) == Status::too_few_rows);
  CHECK(partial_rank_correlation(x, y, std::vector<Numbers>{x}) == Status::constant);
  CHECK(partial_rank_correlation(x, Numbers(4, 1.0), std::vector<Numbers>{}) == Status::constant);
  const double bad = std::numeric_limits<double>::quiet_NaN();
  CHECK(partial_rank_correlation(x, y, std::vector<Numbers>{{1, bad, 2, 3}}) == Status::nonfinite);
  CHECK_THROWS_WITH(partial_rank_correlation(x, y, std::vector<Numbers>{{1, 2}}),
                    "partial_rank_correlation: lengths differ, expected equal ones");
}
