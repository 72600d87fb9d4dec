// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/neighbor_consistency.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::neighbor_consistency;
using phiscope::Status;
using phiscope::Value;

namespace {
const std::vector<double> path_weights{0, 1, 0, 1, 0, 1, 0, 1, 0};  // 0 - 1 - 2
const MatrixView<double> path_of_three(path_weights, 3, 3);

std::vector<double> on_circle(const std::vector<double>& degrees) {
  std::vector<double> values;
  for (const double angle : degrees) {
    values.push_back(std::cos(angle * 0.017453292519943295));
    values.push_back(std::sin(angle * 0.017453292519943295));
  }
  return values;
}
}  // namespace

TEST_CASE("the nearest token by angle is or is not a neighbour in the graph",
          "[neighbor_consistency]") {
  const std::vector<std::int64_t> nodes{0, 1, 2};
  // Angles 0, 10, 30: nearest of 0 is 1 (joined), of 1 is 0 (joined), of 2 is 1 (joined).
  const auto near = on_circle({0, 10, 30});
  CHECK(neighbor_consistency(MatrixView<double>(near, 3, 2), nodes, path_of_three, 1) ==
        Value(1.0));
  // Angles 0, 90, 10: nearest of 0 is 2 (not joined), of 1 is 2 (joined), of 2 is 0 (not joined).
  const auto far = on_circle({0, 90, 10});
  CHECK(neighbor_consistency(MatrixView<double>(far, 3, 2), nodes, path_of_three, 1).value() ==
        Approx(1.0 / 3.0).epsilon(1e-15));
}

TEST_CASE("with all others as nearest, every graph neighbour is among them",
          "[neighbor_consistency]") {
  const auto x = phiscope::test::random_rows(1, 6, 4);
  const auto nodes = phiscope::test::random_labels(5, 6, 3);
  CHECK(neighbor_consistency(x.view(), nodes, path_of_three, 5) == Value(1.0));
  CHECK(neighbor_consistency(x.view(), nodes, path_of_three, 500) == Value(1.0));
}

TEST_CASE("neighbor_consistency agrees with sorting all others", "[neighbor_consistency]") {
  const auto seed = GENERATE(range(0U, 10U));
  const std::size_t k = GENERATE(as<std::size_t>{}, 1, 3, 5);
  const auto x = phiscope::test::random_rows<float>(seed, 14, 6);
  const auto nodes = phiscope::test::random_labels(seed, 14, 3);
  double sum = 0;
  double tokens = 0;
  for (std::size_t i = 0; i < 14; ++i) {
    std::vector<std::pair<double, bool>> others;
    double joined = 0;
    for (std::size_t j = 0; j < 14; ++j) {
      if (j == i) continue;
      double ab = 0, bb = 0;
      for (std::size_t unit = 0; unit < 6; ++unit) {
        ab += double{x.view().row(i)[unit]} * double{x.view().row(j)[unit]};
        bb += double{x.view().row(j)[unit]} * double{x.view().row(j)[unit]};
      }
      const bool neighbor = std::abs(nodes[i] - nodes[j]) == 1;
      joined += neighbor ? 1 : 0;
      others.emplace_back(-ab / std::sqrt(bb), neighbor);
    }
    if (joined == 0) continue;
    std::sort(others.begin(), others.end());
    double hits = 0;
    for (std::size_t j = 0; j < k; ++j) hits += others[j].second ? 1 : 0;
    sum += hits / std::min(static_cast<double>(k), joined);
    tokens += 1;
  }
  CHECK(neighbor_consistency(x.view(), nodes, path_of_three, k).value() ==
        Approx(sum / tokens).epsilon(1e-14));
}

TEST_CASE("neighbor_consistency needs edges, rows and directions", "[neighbor_consistency]") {
  std::vector<double> values{1, 0, 1, 1};
  const MatrixView<double> rows(values, 2, 2);
  CHECK(neighbor_consistency(rows, std::vector<std::int64_t>{0, 2}, path_of_three) ==
        Value(Status::no_edges));
  CHECK(neighbor_consistency(MatrixView<double>(values, 1, 4), std::vector<std::int64_t>{0},
                             path_of_three) == Value(Status::too_few_rows));
  values = {1, 0, 0, 0};
  CHECK(neighbor_consistency(MatrixView<double>(values, 2, 2), std::vector<std::int64_t>{0, 1},
                             path_of_three) == Value(Status::zero_norm));
  values[3] = std::nan("");
  CHECK(neighbor_consistency(MatrixView<double>(values, 2, 2), std::vector<std::int64_t>{0, 1},
                             path_of_three) == Value(Status::nonfinite));
  CHECK_THROWS_WITH(neighbor_consistency(rows, std::vector<std::int64_t>{0, 1}, path_of_three, 0),
                    Contains("k is 0"));
}
