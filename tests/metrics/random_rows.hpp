// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/random.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace phiscope::test {

/// Rows with their own memory, [row, unit], values in [-1, 1) times scale, plus offset.
template <class T = double>
struct Rows {
  std::vector<T> values;
  std::size_t rows = 0;
  std::size_t units = 0;
  [[nodiscard]] MatrixView<T> view() const { return {values, rows, units}; }
};

template <class T = double>
Rows<T> random_rows(std::uint64_t seed, std::size_t rows, std::size_t units, double scale = 1.0,
                    double offset = 0.0) {
  std::mt19937_64 engine(seed);
  Rows<T> result{std::vector<T>(rows * units), rows, units};
  for (T& x : result.values) {
    const double uniform = std::generate_canonical<double, 53>(engine);
    x = static_cast<T>(offset + scale * (2.0 * uniform - 1.0));
  }
  return result;
}

/// `count` labels below `below`.
inline std::vector<std::int64_t> random_labels(std::uint64_t seed, std::size_t count,
                                               std::uint64_t below) {
  std::mt19937_64 engine(seed);
  std::vector<std::int64_t> labels(count);
  for (auto& label : labels) label = static_cast<std::int64_t>(uniform_below(engine, below));
  return labels;
}

/// The experiment's 12 words: 3 clusters of 4, cluster-major, so word w is in group w % 4.
inline Partition twelve_words() {
  Partition partition;
  for (std::int64_t word = 0; word < 12; ++word) {
    partition.cluster.push_back(word / 4);
    partition.group.push_back(word % 4);
  }
  return partition;
}

/// The words 0 .. count - 1.
inline std::vector<std::int64_t> first_words(std::size_t count) {
  std::vector<std::int64_t> words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<std::int64_t>(i);
  return words;
}

/// Without row `row`.
template <class T>
Rows<T> drop_row(const Rows<T>& x, std::size_t row) {
  Rows<T> result{{}, x.rows - 1, x.units};
  for (std::size_t i = 0; i < x.rows; ++i) {
    if (i == row) continue;
    const auto kept = x.view().row(i);
    result.values.insert(result.values.end(), kept.begin(), kept.end());
  }
  return result;
}

inline std::vector<std::int64_t> drop(std::vector<std::int64_t> labels, std::size_t place) {
  labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(place));
  return labels;
}

}  // namespace phiscope::test
