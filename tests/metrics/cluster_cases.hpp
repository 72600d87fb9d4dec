// SPDX-License-Identifier: MIT
#pragma once

#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope::test {

inline nlohmann::json golden_clusters() {
  return phiscope::shard::read_json(golden() / "metrics/clusters.json");
}

/// Labelled rows of tests/golden/metrics/clusters.py and what scikit-learn and NumPy make of them.
struct ClusterCase {
  std::vector<double> values;
  std::size_t rows = 0;
  std::vector<std::int64_t> labels;
  std::vector<std::int64_t> other;  ///< another partition of the rows
  nlohmann::json expected;

  explicit ClusterCase(const nlohmann::json& one)
      : rows(one.at("rows").size()),
        labels(one.at("labels").get<std::vector<std::int64_t>>()),
        other(one.at("other").get<std::vector<std::int64_t>>()),
        expected(one) {
    for (const auto& row : one.at("rows")) {
      for (const double x : row) values.push_back(x);
    }
  }

  [[nodiscard]] MatrixView<double> view() const { return {values, rows, values.size() / rows}; }
};

inline std::vector<ClusterCase> cluster_cases() {
  std::vector<ClusterCase> cases;
  const nlohmann::json made = golden_clusters();
  for (const auto& one : made.at("cases")) cases.emplace_back(one);
  return cases;
}

}  // namespace phiscope::test
