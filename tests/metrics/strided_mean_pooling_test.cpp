// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/strided_mean_pooling.hpp>

#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;
using phiscope::strided_mean_pooling;
using phiscope::test::random_rows;

TEST_CASE("pooling takes tokens k, 2k, ... counted from one", "[strided_mean_pooling]") {
  const std::vector<float> tokens{1, 2, 3, 4, 5, 6, 7};
  const MatrixView<float> rows(tokens, 7, 1);
  CHECK(strided_mean_pooling(rows, {.stride = 3}).mean == std::vector<double>{4.5});
  CHECK(strided_mean_pooling(rows, {.stride = 3}).tokens == 2);
  CHECK(strided_mean_pooling(rows, {.stride = 1}).mean == std::vector<double>{4.0});
  CHECK(strided_mean_pooling(rows, {.stride = 7}).mean == std::vector<double>{7.0});
  CHECK(strided_mean_pooling(rows, {.stride = 2, .window = 2}).mean == std::vector<double>{5.0});
  CHECK(strided_mean_pooling(rows, {.stride = 2, .window = 9}).mean == std::vector<double>{4.0});
}

TEMPLATE_TEST_CASE("pooling agrees with a search for multiples", "[strided_mean_pooling]", float,
                   double) {
  const std::size_t length = GENERATE(as<std::size_t>{}, 1, 2, 5, 31, 32, 33, 100);
  const std::size_t stride = GENERATE(as<std::size_t>{}, 1, 2, 7, 32);
  const std::size_t window = GENERATE(as<std::size_t>{}, 0, 1, 3);
  CAPTURE(length, stride, window);
  const auto x = random_rows<TestType>(length, length, 6, 4.0, 1.0);
  std::vector<std::size_t> chosen;
  for (std::size_t token = length; token >= 1; --token) {
    if (token % stride == 0 && (window == 0 || chosen.size() < window)) chosen.push_back(token);
  }
  const auto found = strided_mean_pooling(x.view(), {.stride = stride, .window = window});
  CHECK(found.tokens == chosen.size());
  if (chosen.empty()) {
    CHECK(found.status == Status::too_few_rows);
    CHECK(found.mean.empty());
    return;
  }
  REQUIRE(found.status == Status::ok);
  for (std::size_t j = 0; j < 6; ++j) {
    double sum = 0.0;
    for (const std::size_t token : chosen) sum += static_cast<double>(x.view().row(token - 1)[j]);
    CHECK(found.mean[j] == Approx(sum / static_cast<double>(chosen.size())).epsilon(1e-13));
  }
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(strided_mean_pooling(strided.view(), {.stride = stride, .window = window}).mean ==
        found.mean);
}

TEST_CASE("a token that is not pooled may be broken, another may not", "[strided_mean_pooling]") {
  std::vector<double> tokens{1, 2, 3, 4};
  tokens[2] = std::numeric_limits<double>::quiet_NaN();
  const MatrixView<double> rows(tokens, 4, 1);
  CHECK(strided_mean_pooling(rows, {.stride = 2}).mean == std::vector<double>{3.0});
  CHECK(strided_mean_pooling(rows, {.stride = 3}).status == Status::nonfinite);
  CHECK(strided_mean_pooling(rows, {.stride = 3}).mean.empty());
  CHECK(strided_mean_pooling(MatrixView<double>({}, 0, 3)).status == Status::too_few_rows);
  CHECK_THROWS_WITH(strided_mean_pooling(rows, {.stride = 0}), Contains("stride is 0"));
}
