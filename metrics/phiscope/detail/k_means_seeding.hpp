// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace phiscope {

/// Where k-means begins.
struct KMeansSeeds {
  std::vector<std::size_t> rows;     ///< [cluster], distinct; fewer than asked for when fewer rows
                                     ///< differ
  std::vector<std::size_t> nearest;  ///< [row]: the nearest seed's cluster, the lower of equal ones
};

namespace detail {

/// Uniform in [0, 1), 53 bits; the standard's distributions differ between libraries.
[[nodiscard]] inline double uniform_unit(std::mt19937_64& engine) {
  return static_cast<double>(engine() >> 11U) * 0x1p-53;
}

/// Index drawn with a chance in proportion to its weight. @pre the sum of the weights is positive
[[nodiscard]] inline std::size_t draw_weighted(std::span<const double> cumulative, double unit) {
  const double place = unit * cumulative.back();
  // The first that exceeds it: an index of weight 0 is never drawn.
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), place);
  if (found != cumulative.end()) return static_cast<std::size_t>(found - cumulative.begin());
  const auto last = std::lower_bound(cumulative.begin(), cumulative.end(), cumulative.back());
  return static_cast<std::size_t>(last - cumulative.begin());
}

}  // namespace detail

/// Seeds by greedy k-means++: each next one is the best of 2 + floor(log k) rows drawn with a
/// chance in proportion to the squared distance from the seeds so far, best meaning the smallest
/// sum of such distances (the first of equal ones).
///
/// @param rows  how many there are, >= 1
/// @param clusters  >= 1
/// @param distances_to  squared distances from all rows to some of them: called with [candidate]
///                      row indices and a buffer [candidate, row]; exactly 0 for equal rows
/// @see  Arthur and Vassilvitskii 2007; sklearn.cluster.kmeans_plusplus
template <class DistancesTo>
[[nodiscard]] KMeansSeeds k_means_seeds(std::size_t rows, std::size_t clusters,
                                        std::mt19937_64& engine, const DistancesTo& distances_to) {
  const auto trials = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters)));
  std::vector<std::size_t> candidates{
      static_cast<std::size_t>(detail::uniform_unit(engine) * static_cast<double>(rows))};
  std::vector<double> distances(trials * rows);
  std::vector<double> cumulative(rows);
  const std::span<double> all(distances);
  distances_to(std::span<const std::size_t>(candidates), all.first(rows));
  std::vector<double> closest(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(rows));
  KMeansSeeds seeds{.rows = candidates, .nearest = std::vector<std::size_t>(rows, 0)};

  candidates.resize(trials);
  while (seeds.rows.size() < clusters) {
    double sum = 0.0;
    for (std::size_t i = 0; i < rows; ++i) cumulative[i] = sum += closest[i];
    if (!(sum > 0.0)) break;  // every row equals a seed
    for (std::size_t& candidate : candidates) {
      candidate = detail::draw_weighted(cumulative, detail::uniform_unit(engine));
    }
    distances_to(std::span<const std::size_t>(candidates), all);
    std::size_t best = 0;
    double best_potential = 0.0;
    for (std::size_t t = 0; t < trials; ++t) {
      const auto to = all.subspan(t * rows, rows);
      double potential = 0.0;
      for (std::size_t i = 0; i < rows; ++i) potential += std::min(closest[i], to[i]);
      if (t == 0 || potential < best_potential) {
        best = t;
        best_potential = potential;
      }
    }
    const auto to = all.subspan(best * rows, rows);
    for (std::size_t i = 0; i < rows; ++i) {
      if (to[i] < closest[i]) {
        closest[i] = to[i];
        seeds.nearest[i] = seeds.rows.size();
      }
    }
    seeds.rows.push_back(candidates[best]);
  }
  return seeds;
}

}  // namespace phiscope
