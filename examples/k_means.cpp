// SPDX-License-Identifier: MIT
// Clusters the rows of a matrix; the same seed gives the same clusters on every machine.
#include <phiscope/k_means.hpp>

#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  const std::vector<double> points{0, 0, 1, 0, 0, 1, 10, 10, 11, 10, 20, 0, 20, 2};
  const phiscope::MatrixView<double> rows(points, 7, 2);
  const phiscope::KMeans found =
      phiscope::k_means(rows, {.clusters = 3, .restarts = 20, .seed = 1});
  std::cout << "inertia " << found.inertia << ", labels";
  for (const std::int64_t label : found.labels) std::cout << ' ' << label;
  std::cout << '\n';
}
