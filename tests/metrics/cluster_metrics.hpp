// SPDX-License-Identifier: MIT
#pragma once

#include "random_rows.hpp"

#include <phiscope/between_cluster_phi.hpp>
#include <phiscope/cluster_separation.hpp>
#include <phiscope/cluster_structure.hpp>
#include <phiscope/collapse.hpp>
#include <phiscope/dirichlet_energy.hpp>
#include <phiscope/graph_adherence.hpp>
#include <phiscope/intrinsic_dimension.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/neighbor_consistency.hpp>
#include <phiscope/representation_coherence.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

/// The structure of the mean representation of each word of a walk of the experiment's twelve
/// words.
/// @param rows  [token, unit]
inline ClusterStructure word_structure(MatrixView<double> rows,
                                       std::span<const std::int64_t> nodes) {
  const LabelMeans words = label_means(rows, nodes);
  return cluster_structure(words.view(), pair_set(words.labels, twelve_words()));
}

/// The graph of those nodes alone, [present, present].
inline std::vector<double> present_graph(MatrixView<double> adjacency,
                                         std::span<const std::int64_t> present) {
  std::vector<double> graph;
  for (const std::int64_t a : present) {
    for (const std::int64_t b : present) {
      graph.push_back(adjacency.row(static_cast<std::size_t>(a))[static_cast<std::size_t>(b)]);
    }
  }
  return graph;
}

/// Every further metric of the loo experiment under its published name.
inline std::map<std::string, Value> position_metrics(MatrixView<double> rows,
                                                     std::span<const std::int64_t> nodes,
                                                     std::span<const std::int64_t> clusters,
                                                     MatrixView<double> adjacency) {
  const LabelMeans words = label_means(rows, nodes);
  const std::size_t present = words.labels.size();
  const std::vector<double> graph = present_graph(adjacency, words.labels);
  const ClusterSeparation separation = cluster_separation(rows, clusters);
  const EdgeEnergy edges = edge_energy(rows, nodes, adjacency);
  const CentroidSeparation centroids = centroid_separation(rows, clusters);
  const Collapse together = collapse(rows);
  return {
      {"ClusterSeparation_bounded_phi", separation.per_unit},
      {"LevelSpecificClusterSeparation_unbounded", separation.per_unit_unbounded},
      {"RepresentationCoherence", representation_coherence(rows, clusters)},
      {"DirichletEnergy_consecutive_sum", consecutive_energy(rows)},
      {"park_node_energy_mean_per_edge",
       graph_energy(words.view(), {graph, present, present}).per_edge},
      {"park_normalized_energy", normalized_consecutive_energy(rows)},
      {"adherence_dirichlet_cosine", edges.cosine},
      {"adherence_dirichlet_l2", edges.l2},
      {"adherence_cluster_separation_cosine", centroids.cosine},
      {"adherence_cluster_separation_l2", centroids.l2},
      {"neighbor_consistency_k5", neighbor_consistency(rows, nodes, adjacency, 5)},
      {"collapse_avg_cos_sim", together.mean_cosine},
      {"collapse_avg_l2_dist", together.mean_distance},
      {"collapse_spread", together.spread},
      {"collapse_effective_dim", together.participation_ratio},
      {"collapse_intrinsic_dim", intrinsic_dimension(rows)},
      {"collapse_centroid_norm", together.centroid_norm},
      {"collapse_max_pairwise_dist", together.largest_distance},
      {"collapse_min_pairwise_dist", together.smallest_distance},
  };
}

}  // namespace phiscope::test
