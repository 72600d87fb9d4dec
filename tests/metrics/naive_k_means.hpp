// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/matrix_view.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace phiscope::test {

/// Points on a line for which the second cluster empties in the first iteration: all of its rows
/// are nearer to the third. The row farthest from its centre, 12, refills it.
inline const std::vector<double> emptying_points{0, 1, 10, 12, 5};
inline const KMeansSeeds emptying_seeds{.rows = {0, 1, 4}, .nearest = {0, 1, 1, 0, 2}};
inline const std::vector<std::size_t> emptying_labels{2, 2, 0, 1, 2};

/// Lloyd's iteration as it is written in books: centres are means, every distance is measured.
/// Empty clusters do not occur in the data it is used for.
template <class T>
std::vector<std::size_t> naive_lloyd(MatrixView<T> rows, const KMeansSeeds& seeds) {
  std::vector<std::size_t> labels = seeds.nearest;
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<std::vector<double>> centres(seeds.rows.size(),
                                             std::vector<double>(rows.cols(), 0.0));
    std::vector<double> counts(seeds.rows.size(), 0.0);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      counts[labels[i]] += 1.0;
      for (std::size_t j = 0; j < rows.cols(); ++j) {
        centres[labels[i]][j] += static_cast<double>(rows.row(i)[j]);
      }
    }
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      std::size_t best = 0;
      double least = INFINITY;
      for (std::size_t c = 0; c < centres.size(); ++c) {
        double squared = 0.0;
        for (std::size_t j = 0; j < rows.cols(); ++j) {
          const double apart = static_cast<double>(rows.row(i)[j]) - centres[c][j] / counts[c];
          squared += apart * apart;
        }
        if (squared < least) {
          least = squared;
          best = c;
        }
      }
      changed = changed || best != labels[i];
      labels[i] = best;
    }
  }
  return labels;
}

/// Seeds by measuring every distance.
template <class T>
KMeansSeeds naive_seeds(MatrixView<T> rows, std::size_t clusters, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  return k_means_seeds(rows.rows(), clusters, engine, [&](auto candidates, std::span<double> to) {
    for (std::size_t t = 0; t < candidates.size(); ++t) {
      for (std::size_t i = 0; i < rows.rows(); ++i) {
        double squared = 0.0;
        for (std::size_t j = 0; j < rows.cols(); ++j) {
          squared += std::pow(
              static_cast<double>(rows.row(i)[j]) - static_cast<double>(rows.row(candidates[t])[j]),
              2);
        }
        to[t * rows.rows() + i] = squared;
      }
    }
  });
}

}  // namespace phiscope::test
