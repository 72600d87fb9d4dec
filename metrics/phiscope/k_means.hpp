// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/k_means_gram.hpp>
#include <phiscope/detail/k_means_rows.hpp>
#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/detail/k_means_state.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

/// What k_means() looks for and how long.
struct KMeansOptions {
  std::size_t clusters = 8;
  std::size_t restarts = 10;         ///< the one of least inertia counts, the first of equal ones
  std::size_t max_iterations = 300;  ///< of each restart
  std::uint64_t seed = 0;
};

/// A partition of rows into clusters of little inertia.
struct KMeans {
  Value inertia;                     ///< sum over rows of |x - centre|^2, activation units squared
  std::vector<std::int64_t> labels;  ///< [row], 0 .. clusters - 1; empty unless inertia is ok
  std::vector<double> centres;       ///< [cluster, unit]: means of the members, activation units
  std::size_t clusters = 0;          ///< as many as asked for, or as rows that differ
  std::size_t iterations = 0;        ///< of the restart that counts
  bool converged = false;            ///< its last iteration changed no label
};

/// Clusters by k-means: greedy k-means++ and Lloyd's iteration until no label changes, restarted;
/// the best counts. With fewer rows than units everything happens in the space of scalar products.
/// Products are formed in T, centres, sums and the inertia in double.
///
/// The result is a function of the rows and options: of equally near centres the lower index wins,
/// an empty cluster takes the row farthest from its centre.
///
/// @param rows  [row, unit]
/// @return  too_few_rows with fewer rows than clusters, nonfinite if a row is not finite
/// @throws std::invalid_argument if clusters, restarts or max_iterations is 0
/// @see  experiment sampling; sklearn.cluster.KMeans
template <std::floating_point T>
[[nodiscard]] KMeans k_means(MatrixView<T> rows, KMeansOptions options = {});

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] KMeans k_means(const Rows& rows, KMeansOptions options = {}) {
  return k_means(rows_of(rows).view, options);
}

namespace detail {

/// Inertia of a partition by differences from the means, in double.
template <std::floating_point T>
[[nodiscard]] KMeans k_means_result(MatrixView<T> rows, const KMeansState& state) {
  KMeans result{.inertia = Status::too_few_rows,
                .labels = {state.labels.begin(), state.labels.end()},
                .centres = {},
                .clusters = state.counts.size(),
                .iterations = state.iterations,
                .converged = state.converged};
  const LabelMeans means = label_means(rows, result.labels);
  CompensatedSum inertia;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    inertia += squared_distance(rows.row(i), means.view().row(state.labels[i]));
  }
  result.inertia = inertia.value();
  result.centres = means.means;
  return result;
}

template <class Space>
[[nodiscard]] KMeansState best_restart(Space&& space, std::size_t rows, KMeansOptions options) {
  std::mt19937_64 engine(options.seed);
  const auto distances = [&space](std::span<const std::size_t> candidates, std::span<double> to) {
    space.distances_to(candidates, to);
  };
  std::optional<KMeansState> best;
  double least = 0.0;
  for (std::size_t restart = 0; restart < options.restarts; ++restart) {
    const KMeansSeeds seeds = k_means_seeds(rows, options.clusters, engine, distances);
    KMeansState state = space.lloyd(seeds, options.max_iterations);
    const double inertia = space.inertia(state);
    if (best && !(inertia < least)) continue;
    least = inertia;
    best = std::move(state);
  }
  return *best;
}

}  // namespace detail

template <std::floating_point T>
KMeans k_means(MatrixView<T> rows, KMeansOptions options) {
  if (options.clusters == 0 || options.restarts == 0 || options.max_iterations == 0) {
    throw std::invalid_argument("k_means: needs a cluster, a restart and an iteration");
  }
  KMeans undefined{.inertia = Status::too_few_rows, .labels = {}, .centres = {}};
  if (rows.rows() < options.clusters) return undefined;
  const detail::CentredRows<T> centred(rows);
  if (!centred.finite) {
    undefined.inertia = Status::nonfinite;
    return undefined;
  }
  return detail::k_means_result(
      rows, rows.rows() < rows.cols()
                ? detail::best_restart(detail::GramSpace<T>(centred), rows.rows(), options)
                : detail::best_restart(detail::RowSpace<T>(centred), rows.rows(), options));
}

}  // namespace phiscope
