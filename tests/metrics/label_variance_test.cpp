// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/label_variance.hpp>
#include <phiscope/trace_covariance.hpp>

#include <cmath>

using phiscope::label_variance;
using phiscope::LabelVariance;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using RowLabels = std::vector<std::int64_t>;

TEST_CASE("the variance of four points by two labels", "[label_variance]") {
  const std::vector<double> points{0, 2, 10, 12};  // means 1 and 11, of all 6
  const LabelVariance found =
      label_variance(MatrixView<double>(points, 4, 1), RowLabels{-1, -1, 8, 8});
  CHECK(found.total == Value(26.0));
  CHECK(found.within == Value(1.0));
  CHECK(found.between == Value(25.0));
  CHECK(found.share == Value(25.0 / 26.0));
  CHECK(found.labels == 2);
}

TEST_CASE("the parts are those of NumPy and add up to the whole", "[label_variance]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const LabelVariance found = label_variance(one.view(), one.labels);
    const auto expected = one.expected.at("variance").get<std::vector<double>>();
    CHECK(found.total.value() == Approx(expected[0]).epsilon(1e-12));
    CHECK(found.within.value() == Approx(expected[1]).epsilon(1e-12));
    CHECK(found.between.value() == Approx(expected[2]).epsilon(1e-12));
    CHECK(found.within.value() + found.between.value() ==
          Approx(found.total.value()).epsilon(1e-13));
    const auto rows = static_cast<double>(one.rows);
    CHECK(found.total.value() * rows / (rows - 1) ==
          Approx(phiscope::trace_covariance(one.view()).value()).epsilon(1e-13));
  }
  const auto far = phiscope::test::random_rows<float>(1, 40, 6, 1.0, 1e4);
  const LabelVariance found = label_variance(far.view(), phiscope::test::random_labels(3, 40, 4));
  CHECK(found.within.value() + found.between.value() == Approx(found.total.value()).epsilon(1e-12));
}

TEST_CASE("one label is all within, labels of one row are all between", "[label_variance]") {
  const auto x = phiscope::test::random_rows<float>(2, 5, 3);
  const LabelVariance one = label_variance(x.view(), RowLabels{4, 4, 4, 4, 4});
  CHECK(one.between.value() == Approx(0.0).margin(1e-30));
  CHECK(one.within.value() == Approx(one.total.value()).epsilon(1e-14));
  const LabelVariance each = label_variance(x.view(), RowLabels{4, 3, 2, 1, 0});
  CHECK(each.within == Value(0.0));
  CHECK(each.share.value() == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("equal rows of a label vary by exactly 0", "[label_variance]") {
  const std::vector<float> values{0.1F, 0.1F, 0.1F, 0.7F, 0.7F};
  const LabelVariance found =
      label_variance(MatrixView<float>(values, 5, 1), RowLabels{0, 0, 0, 1, 1});
  CHECK(found.within == Value(0.0));
  CHECK(found.share.value() == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("a variance needs two finite rows, a share rows that differ", "[label_variance]") {
  std::vector<double> points{3, 3};
  const LabelVariance equal = label_variance(MatrixView<double>(points, 2, 1), RowLabels{0, 1});
  CHECK(equal.total == Value(0.0));
  CHECK(equal.between == Value(0.0));
  CHECK(equal.share == Value(Status::constant));
  const LabelVariance one = label_variance(MatrixView<double>(points, 1, 2), RowLabels{0});
  CHECK(one.total == Value(Status::too_few_rows));
  CHECK(one.share == Value(Status::too_few_rows));
  points[1] = std::nan("");
  const LabelVariance broken = label_variance(MatrixView<double>(points, 2, 1), RowLabels{0, 1});
  CHECK(broken.total == Value(Status::nonfinite));
  CHECK(broken.share == Value(Status::nonfinite));
  CHECK_THROWS(label_variance(MatrixView<double>(points, 2, 1), RowLabels{0}));
}
