// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/principal_box.hpp>
#include <phiscope/k_means.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

struct GapOptions {
  std::size_t most_clusters = 8;
  std::size_t references = 50;  ///< sets of rows without clusters to compare with
  std::size_t restarts = 10;    ///< of each k-means
  std::uint64_t seed = 0;
};

/// How many clusters rows have, one included.
struct GapStatistic {
  Value clusters;           ///< the number chosen, from 1
  std::vector<Value> gaps;  ///< [k - 1]: mean log inertia of references - log inertia of the rows
  std::vector<double> errors;  ///< [k - 1]: standard deviation of the references' log inertia times
                               ///< sqrt(1 + 1 / references); 0 where the gap is not ok
};

/// Gap statistic for k-means: the least k whose gap is no smaller than that of k + 1 less its
/// error; the last k with a gap if there is none such. References are uniform in the box around the
/// rows along their principal axes, so that no rotation of the units changes the answer.
///
/// @param rows  [row, unit]
/// @return  a gap is constant where k clusters leave no inertia, or where references have none;
///          too_few_rows for k above the rows; nonfinite. clusters: the status of the gap for k = 1
/// @throws std::invalid_argument if most_clusters or restarts is 0, or with fewer than 2 references
/// @see  Tibshirani, Walther and Hastie 2001; R's cluster::clusGap(spaceH0 = "scaledPCA")
template <std::floating_point T>
[[nodiscard]] GapStatistic gap_statistic(MatrixView<T> rows, GapOptions options = {});

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] GapStatistic gap_statistic(const Rows& rows, GapOptions options = {}) {
  return gap_statistic(rows_of(rows).view, options);
}

namespace detail {

template <std::floating_point T>
[[nodiscard]] Value log_inertia(MatrixView<T> rows, std::size_t clusters, GapOptions options) {
  const Value inertia =
      k_means(rows, {.clusters = clusters, .restarts = options.restarts, .seed = options.seed})
          .inertia;
  if (!inertia.ok()) return inertia;
  if (inertia.value() <= 0.0) return Status::constant;
  return std::log(inertia.value());
}

/// The least k whose gap reaches that of the next one but for its error.
[[nodiscard]] inline Value chosen_by_gap(const GapStatistic& found) {
  if (!found.gaps.front().ok()) return found.gaps.front().status();
  std::size_t k = 1;
  for (; k < found.gaps.size() && found.gaps[k].ok(); ++k) {
    if (found.gaps[k - 1].value() >= found.gaps[k].value() - found.errors[k]) break;
  }
  return static_cast<double>(k);
}

}  // namespace detail

template <std::floating_point T>
GapStatistic gap_statistic(MatrixView<T> rows, GapOptions options) {
  if (options.most_clusters == 0 || options.restarts == 0 || options.references < 2) {
    throw std::invalid_argument("gap_statistic: needs a cluster, a restart and two references");
  }
  GapStatistic found{.clusters = Status::too_few_rows,
                     .gaps = std::vector<Value>(options.most_clusters, Status::too_few_rows),
                     .errors = std::vector<double>(options.most_clusters, 0.0)};
  std::vector<std::vector<double>> references;
  const detail::PrincipalBox box = detail::principal_box(rows);
  std::mt19937_64 engine(options.seed);
  if (box.finite && !box.low.empty()) {
    references.reserve(options.references);
    for (std::size_t r = 0; r < options.references; ++r) {
      references.push_back(box.uniform(rows.rows(), engine));
    }
  }
  for (std::size_t k = 1; k <= options.most_clusters; ++k) {
    Value& gap = found.gaps[k - 1];
    gap = detail::log_inertia(rows, k, options);
    if (!gap.ok()) continue;
    std::vector<double> logs;
    logs.reserve(references.size());
    for (const std::vector<double>& reference : references) {
      const MatrixView<double> view(reference, rows.rows(), box.low.size());
      const Value log = detail::log_inertia(view, k, options);
      if (log.ok()) logs.push_back(log.value());
    }
    if (logs.size() < references.size() || logs.empty()) {
      gap = Status::constant;
      continue;
    }
    const double mean = mean_of(logs);
    CompensatedSum squares;
    for (const double log : logs) squares += (log - mean) * (log - mean);
    const auto count = static_cast<double>(logs.size());
    gap = mean - gap.value();
    found.errors[k - 1] = std::sqrt(squares.value() / count) * std::sqrt(1.0 + 1.0 / count);
  }
  found.clusters = detail::chosen_by_gap(found);
  return found;
}

}  // namespace phiscope
