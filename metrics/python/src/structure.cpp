// SPDX-License-Identifier: MIT
#include "pairs.hpp"
#include "results.hpp"

#include <phiscope/between_cluster_phi.hpp>
#include <phiscope/cluster_separation.hpp>
#include <phiscope/cluster_structure.hpp>
#include <phiscope/dirichlet_energy.hpp>
#include <phiscope/graph_adherence.hpp>
#include <phiscope/neighbor_consistency.hpp>
#include <phiscope/pair_distances.hpp>
#include <phiscope/phi_ratio.hpp>
#include <phiscope/representation_coherence.hpp>

/// Are rows of a cluster close together?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_pairs(nb::module_& m) {
  Result<PairSet>(m, "PairSet")
      .property("cross", [](const PairSet& pairs) { return pair_array(pairs.cross); })
      .property("within", [](const PairSet& pairs) { return pair_array(pairs.within); })
      .method(
          "__init__",
          [](PairSet* self, const Array& cross, const Array& within) {
            new (self)
                PairSet{.cross = pair_list(cross, "cross"), .within = pair_list(within, "within")};
          },
          "cross"_a, "within"_a);
  define(
      m, "pair_set",
      [](const Array& words, const Array& cluster, const std::optional<Array>& group,
         const std::string& cross) {
        const Integers64 ids(words, "words");
        return pair_set(ids.span, partition_of(cluster, group), cross_of(cross));
      },
      "words"_a, "cluster"_a, "group"_a = nb::none(), nb::kw_only(), "cross"_a = "groups");
  define(
      m, "pair_set_of_labels",
      [](const Array& clusters, const std::optional<Array>& groups, const std::string& cross) {
        const Partition p = partition_of(clusters, groups);
        return pair_set_of_labels(p.cluster, p.group, cross_of(cross));
      },
      "clusters"_a, "groups"_a = nb::none(), nb::kw_only(), "cross"_a = "all");
  define(
      m, "squared_distances",
      [](const Array& rows, const Array& pairs) {
        const std::vector<Pair> list = pair_list(pairs, "pairs");
        return numbers(with_rows(rows, "rows", [&](auto r) { return squared_distances(r, list); }));
      },
      "rows"_a, "pairs"_a);
}

void bind_ratio(nb::module_& m) {
  constexpr PhiRatioOptions defaults;
  define(
      m, "phi_ratio",
      [](const Value& cross, const Value& within, double relative, double absolute) {
        return phi_ratio(cross, within, {.relative_floor = relative, .absolute_floor = absolute});
      },
      "cross"_a, "within"_a, nb::kw_only(), "relative_floor"_a = defaults.relative_floor,
      "absolute_floor"_a = defaults.absolute_floor);
  define(
      m, "phi_floor",
      [](const Value& cross, const Value& within, double relative, double absolute) {
        const PhiFloor floor =
            phi_floor(cross, within, {.relative_floor = relative, .absolute_floor = absolute});
        return floor == PhiFloor::none       ? "none"
               : floor == PhiFloor::relative ? "relative"
                                             : "absolute";
      },
      "cross"_a, "within"_a, nb::kw_only(), "relative_floor"_a = defaults.relative_floor,
      "absolute_floor"_a = defaults.absolute_floor);
  define(
      m, "cross_distance",
      [](const Array& rows, const PairSet& pairs) {
        return with_rows(rows, "rows", [&](auto r) { return cross_distance(r, pairs); });
      },
      "rows"_a, "pairs"_a);
  define(
      m, "within_distance",
      [](const Array& rows, const PairSet& pairs) {
        return with_rows(rows, "rows", [&](auto r) { return within_distance(r, pairs); });
      },
      "rows"_a, "pairs"_a);
  Result<ClusterStructure>(m, "ClusterStructure")
      .field("ratio", &ClusterStructure::ratio)
      .field("cross", &ClusterStructure::cross)
      .field("within", &ClusterStructure::within)
      .field("energy", &ClusterStructure::energy)
      .field("floored", &ClusterStructure::floored);
  define(
      m, "cluster_structure",
      [](const Array& rows, const PairSet& pairs, double relative, double absolute) {
        return with_rows(rows, "rows", [&](auto r) {
          return cluster_structure(r, pairs,
                                   {.relative_floor = relative, .absolute_floor = absolute});
        });
      },
      "rows"_a, "pairs"_a, nb::kw_only(), "relative_floor"_a = defaults.relative_floor,
      "absolute_floor"_a = defaults.absolute_floor);
}

void bind_clusters_of_rows(nb::module_& m) {
  define(
      m, "between_cluster_phi",
      [](const Array& rows, const Array& clusters) {
        const Integers64 ids(clusters, "clusters");
        return with_rows(rows, "rows", [&](auto r) { return between_cluster_phi(r, ids.span); });
      },
      "rows"_a, "clusters"_a);
  define(
      m, "representation_coherence",
      [](const Array& rows, const Array& clusters) {
        const Integers64 ids(clusters, "clusters");
        return with_rows(rows, "rows",
                         [&](auto r) { return representation_coherence(r, ids.span); });
      },
      "rows"_a, "clusters"_a);
  Result<ClusterSeparation>(m, "ClusterSeparation")
      .field("between", &ClusterSeparation::between)
      .field("within_per_unit", &ClusterSeparation::within_per_unit)
      .field("within_trace", &ClusterSeparation::within_trace)
      .field("per_unit", &ClusterSeparation::per_unit)
      .field("per_unit_unbounded", &ClusterSeparation::per_unit_unbounded)
      .field("trace", &ClusterSeparation::trace);
  define(
      m, "cluster_separation",
      [](const Array& rows, const Array& clusters) {
        const Integers64 ids(clusters, "clusters");
        return with_rows(rows, "rows", [&](auto r) { return cluster_separation(r, ids.span); });
      },
      "rows"_a, "clusters"_a);
  Result<CentroidSeparation>(m, "CentroidSeparation")
      .field("l2", &CentroidSeparation::l2)
      .field("cosine", &CentroidSeparation::cosine);
  define(
      m, "centroid_separation",
      [](const Array& rows, const Array& clusters) {
        const Integers64 ids(clusters, "clusters");
        return with_rows(rows, "rows", [&](auto r) { return centroid_separation(r, ids.span); });
      },
      "rows"_a, "clusters"_a);
}

void bind_graph(nb::module_& m) {
  Result<EdgeEnergy>(m, "EdgeEnergy")
      .field("l2", &EdgeEnergy::l2)
      .field("cosine", &EdgeEnergy::cosine);
  define(
      m, "edge_energy",
      [](const Array& rows, const Array& nodes, const Array& adjacency) {
        const Integers64 ids(nodes, "nodes");
        const DoubleRows graph(adjacency, "adjacency");
        return with_rows(rows, "rows",
                         [&](auto r) { return edge_energy(r, ids.span, graph.view); });
      },
      "rows"_a, "nodes"_a, "adjacency"_a);
  define(
      m, "neighbor_consistency",
      [](const Array& rows, const Array& nodes, const Array& adjacency, std::size_t k) {
        const Integers64 ids(nodes, "nodes");
        const DoubleRows graph(adjacency, "adjacency");
        return with_rows(rows, "rows",
                         [&](auto r) { return neighbor_consistency(r, ids.span, graph.view, k); });
      },
      "rows"_a, "nodes"_a, "adjacency"_a, nb::kw_only(), "k"_a = 5);
  Result<GraphEnergy>(m, "GraphEnergy")
      .field("sum", &GraphEnergy::sum)
      .field("per_edge", &GraphEnergy::per_edge)
      .field("rayleigh", &GraphEnergy::rayleigh);
  define(
      m, "graph_energy",
      [](const Array& rows, const Array& adjacency) {
        const DoubleRows graph(adjacency, "adjacency");
        return with_rows(rows, "rows", [&](auto r) { return graph_energy(r, graph.view); });
      },
      "rows"_a, "adjacency"_a);
  define(
      m, "dirichlet_energy",
      [](const Array& rows, const PairSet& pairs) {
        return with_rows(rows, "rows", [&](auto r) { return dirichlet_energy(r, pairs); });
      },
      "rows"_a, "pairs"_a);
  define(
      m, "consecutive_energy",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return consecutive_energy(r); });
      },
      "rows"_a);
  define(
      m, "normalized_consecutive_energy",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return normalized_consecutive_energy(r); });
      },
      "rows"_a);
}

}  // namespace

void bind_structure(nb::module_& m) {
  bind_pairs(m);
  bind_ratio(m);
  bind_clusters_of_rows(m);
  bind_graph(m);
}

}  // namespace phiscope::python
