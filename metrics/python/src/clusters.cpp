// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/adjusted_rand_index.hpp>
#include <phiscope/cluster_stability.hpp>
#include <phiscope/gap_statistic.hpp>
#include <phiscope/k_means.hpp>
#include <phiscope/nearest_centroid.hpp>
#include <phiscope/silhouette.hpp>

/// Do samples fall into clusters, how many, and do they tell a label?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_results(nb::module_& m) {
  Result<KMeans>(m, "KMeansResult", "KMeans")
      .field("inertia", &KMeans::inertia)
      .field("labels", &KMeans::labels)
      .property("centres",
                [](const KMeans& result) {
                  const std::size_t units =
                      result.centres.empty() ? 0 : result.centres.size() / result.clusters;
                  return matrix(result.centres, units == 0 ? 0 : result.clusters, units);
                })
      .field("clusters", &KMeans::clusters)
      .field("iterations", &KMeans::iterations)
      .field("converged", &KMeans::converged);
  Result<Silhouette>(m, "Silhouette")
      .field("mean", &Silhouette::mean)
      .field("of_rows", &Silhouette::of_rows);
  Result<GapStatistic>(m, "GapStatistic")
      .field("clusters", &GapStatistic::clusters)
      .field("gaps", &GapStatistic::gaps)
      .field("errors", &GapStatistic::errors);
  Result<ClusterStability>(m, "ClusterStability")
      .field("mean", &ClusterStability::mean)
      .field("indices", &ClusterStability::indices)
      .field("labels", &ClusterStability::labels);
  Result<NearestCentroid>(m, "NearestCentroid")
      .field("accuracy", &NearestCentroid::accuracy)
      .field("permuted", &NearestCentroid::permuted)
      .field("p", &NearestCentroid::p)
      .field("tried", &NearestCentroid::tried)
      .field("alone", &NearestCentroid::alone)
      .field("labels", &NearestCentroid::labels);
}

void bind_k_means(nb::module_& m) {
  constexpr KMeansOptions defaults;
  define(
      m, "k_means",
      [](const Array& rows, std::size_t clusters, std::size_t restarts, std::size_t max_iterations,
         std::uint64_t seed) {
        return with_rows(rows, "rows", [&](auto r) {
          return k_means(r, {.clusters = clusters,
                             .restarts = restarts,
                             .max_iterations = max_iterations,
                             .seed = seed});
        });
      },
      "rows"_a, "clusters"_a = defaults.clusters, nb::kw_only(), "restarts"_a = defaults.restarts,
      "max_iterations"_a = defaults.max_iterations, "seed"_a = defaults.seed);
  const StabilityOptions stability;
  define(
      m, "cluster_stability",
      [](const Array& rows, std::size_t clusters, std::size_t restarts, std::size_t max_iterations,
         std::size_t resamples, std::uint64_t seed, std::uint64_t clustering_seed) {
        return with_rows(rows, "rows", [&](auto r) {
          return cluster_stability(r, {.clustering = {.clusters = clusters,
                                                      .restarts = restarts,
                                                      .max_iterations = max_iterations,
                                                      .seed = clustering_seed},
                                       .resamples = resamples,
                                       .seed = seed});
        });
      },
      "rows"_a, "clusters"_a = defaults.clusters, nb::kw_only(), "restarts"_a = defaults.restarts,
      "max_iterations"_a = defaults.max_iterations, "resamples"_a = stability.resamples,
      "seed"_a = stability.seed, "clustering_seed"_a = defaults.seed);
}

void bind_labels_of_rows(nb::module_& m) {
  define(
      m, "adjusted_rand_index",
      [](const Array& a, const Array& b) {
        return adjusted_rand_index(Integers64(a, "a").span, Integers64(b, "b").span);
      },
      "a"_a, "b"_a);
  define(
      m, "silhouette",
      [](const Array& rows, const Array& labels) {
        const Integers64 ids(labels, "labels");
        return with_rows(rows, "rows", [&](auto r) { return silhouette(r, ids.span); });
      },
      "rows"_a, "labels"_a);
  constexpr NearestCentroidOptions defaults;
  define(
      m, "nearest_centroid",
      [](const Array& rows, const Array& labels, std::size_t permutations, std::uint64_t seed) {
        const Integers64 ids(labels, "labels");
        return with_rows(rows, "rows", [&](auto r) {
          return nearest_centroid(r, ids.span, {.permutations = permutations, .seed = seed});
        });
      },
      "rows"_a, "labels"_a, nb::kw_only(), "permutations"_a = defaults.permutations,
      "seed"_a = defaults.seed);
}

}  // namespace

void bind_clusters(nb::module_& m) {
  bind_results(m);
  bind_k_means(m);
  bind_labels_of_rows(m);
  constexpr GapOptions defaults;
  define(
      m, "gap_statistic",
      [](const Array& rows, std::size_t most_clusters, std::size_t references, std::size_t restarts,
         std::uint64_t seed) {
        return with_rows(rows, "rows", [&](auto r) {
          return gap_statistic(r, {.most_clusters = most_clusters,
                                   .references = references,
                                   .restarts = restarts,
                                   .seed = seed});
        });
      },
      "rows"_a, nb::kw_only(), "most_clusters"_a = defaults.most_clusters,
      "references"_a = defaults.references, "restarts"_a = defaults.restarts,
      "seed"_a = defaults.seed);
}

}  // namespace phiscope::python
