// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/label_means.hpp>

#include <vector>

using phiscope::label_means;
using phiscope::LabelMeans;
using phiscope::MatrixView;

TEST_CASE("means by label, labels ascending", "[label_means]") {
  const std::vector<float> values{1, 10, 2, 20, 5, 50};
  const std::vector<std::int64_t> labels{9, -1, 9};
  const LabelMeans found = label_means(MatrixView<float>(values, 3, 2), labels);
  CHECK(found.labels == std::vector<std::int64_t>{-1, 9});
  CHECK(found.rows == std::vector<std::vector<std::size_t>>{{1}, {0, 2}});
  CHECK(found.means == std::vector<double>{2, 20, 3, 30});
  CHECK(found.view().row(1)[1] == 30.0);
}

TEST_CASE("means of means, weighted by occurrence, are the mean", "[label_means]") {
  const auto x = phiscope::test::random_rows(1, 30, 4);
  const auto labels = phiscope::test::random_labels(2, 30, 5);
  const LabelMeans found = label_means(x.view(), labels);
  for (std::size_t j = 0; j < 4; ++j) {
    double weighted = 0.0;
    double sum = 0.0;
    for (std::size_t k = 0; k < found.labels.size(); ++k) {
      weighted += found.view().row(k)[j] * static_cast<double>(found.rows[k].size());
    }
    for (std::size_t i = 0; i < 30; ++i) sum += x.view().row(i)[j];
    CHECK(weighted == Approx(sum).margin(1e-13));
  }
}

TEST_CASE("the rows of a label are added in their order", "[label_means]") {
  // Labels of one to nine rows, scattered; sums in double depend on the order of the terms.
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 45; ++i) labels.push_back(i * 7 % 45);
  for (auto& label : labels) {
    std::int64_t of = 1;
    while (label >= of) label -= of++;
    label = of;
  }
  const auto x = phiscope::test::random_rows(5, labels.size(), 6);
  const auto found = label_means(x.view(), labels);
  REQUIRE(found.labels == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  for (std::size_t c = 0; c < found.labels.size(); ++c) {
    REQUIRE(found.rows[c].size() == c + 1);
    for (std::size_t j = 0; j < 6; ++j) {
      double sum = 0.0;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == found.labels[c]) sum += x.view().row(i)[j];
      }
      CHECK(found.view().row(c)[j] == sum / static_cast<double>(c + 1));
    }
  }
}

TEST_CASE("label_means needs one label per row", "[label_means]") {
  const auto x = phiscope::test::random_rows(1, 3, 4);
  CHECK_THROWS_WITH(label_means(x.view(), std::vector<std::int64_t>{1, 2}),
                    Contains("2 labels, expected 3"));
  const std::vector<double> none;
  CHECK(label_means(MatrixView<double>(none, 0, 4), {}).labels.empty());
}
