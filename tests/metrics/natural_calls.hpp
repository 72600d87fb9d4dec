// SPDX-License-Identifier: MIT
#pragma once

#include "random_rows.hpp"

#include <phiscope/all.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::test {

/// Numbers of many functions in one list, to be compared as a whole; a status is a number too.
class Numbers {
 public:
  /// NaN, where a table has a gap, equals nothing, itself included: it becomes a number of its own.
  void add(double number) { numbers_.push_back(std::isnan(number) ? -2000.0 : number); }
  void add(const Value& value) {
    add(value.ok() ? value.value() : -1000.0 - static_cast<double>(value.status()));
  }
  template <class Item>
  void add(const std::vector<Item>& items) {
    for (const Item& item : items) add(one(item));
  }
  [[nodiscard]] const std::vector<double>& all() const { return numbers_; }

 private:
  static Value one(const Value& value) { return value; }
  template <class Number>
  static double one(Number number) {
    return static_cast<double>(number);
  }
  std::vector<double> numbers_;
};

/// One number or more of every function that takes series.
/// @param x,y  [time], at least 60 steps
template <class X, class Y>
std::vector<double> series_numbers(const X& x, const Y& y) {
  const std::vector<std::int64_t> tokens{1, 4};
  Numbers result;
  result.add(kl_divergence(x, y).kl);
  result.add(log_sum_exp(x));
  result.add(gaussian_phiid(x, y, {.lag = 2}).at(PhiidAtom::sts));
  result.add(discrete_phiid(x, y).at(PhiidAtom::rtr));
  result.add(autocorrelation(x, 2));
  result.add(detrended(x, Detrend::linear).values);
  result.add(circular_shift(x, 3));
  result.add(phase_randomised(x, 3));
  result.add(mean_token_logit(x, tokens));
  result.add(answer_logit_difference(x, tokens, {}).clean_score);
  result.add(dot(x, y));
  result.add(squared_distance(x, y));
  result.add(distance(x, y));
  result.add(norm(x));
  result.add(above_mean(x));
  return result.all();
}

/// One number or more of every function that takes matrices.
/// @param x  [row, unit], 8 x 3
/// @param graph  [row, row] of doubles, symmetric, >= 0
template <class Rows, class Graph>
std::vector<double> matrix_numbers(const Rows& x, const Graph& graph) {
  const std::vector<std::int64_t> labels{0, 1, 1, 0, 2, 2, 1, 0};
  const std::vector<std::int64_t> nodes{0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::size_t> parts{0, 0, 1, 1, 0, 1, 0, 1};
  const std::vector<double> direction{0.5, -1.0, 2.0};
  const PairSet pairs = pair_set_of_labels(labels, labels, Cross::all);
  Numbers result;
  result.add(trace_covariance(x));
  result.add(scatter(x));
  result.add(mean_row(x));
  result.add(mean_cosine(x));
  result.add(participation_ratio(x));
  result.add(effective_rank(x));
  result.add(intrinsic_dimension(x));
  result.add(scatter_matrix(x)(0, 1));
  result.add(smaller_gram(x)(0, 1));
  result.add(collapse(x).spread);
  result.add(k_means(x, {.clusters = 3}).centres);
  result.add(label_means(x, labels).means);
  result.add(autocorrelations(x));
  result.add(strided_mean_pooling(x, {.stride = 2}).mean);
  result.add(logit_attribution(x, direction, {.weight = direction, .bias = {}}).contributions);
  result.add(between_cluster_phi(x, labels));
  result.add(cluster_separation(x, labels).between);
  result.add(silhouette(x, labels).of_rows);
  result.add(label_variance(x, labels).share);
  result.add(nearest_centroid(x, labels).permuted);
  result.add(gap_statistic(x, {.most_clusters = 2, .references = 3, .restarts = 1}).gaps);
  result.add(cluster_stability(x, {.clustering = {.clusters = 2}, .resamples = 3}).indices);
  result.add(centroid_separation(x, labels).l2);
  result.add(representation_coherence(x, labels));
  result.add(cluster_structure(x, pairs).ratio);
  result.add(cross_distance(x, pairs));
  result.add(within_distance(x, pairs));
  result.add(squared_distances(x, pairs.cross));
  result.add(dirichlet_energy(x, pairs));
  result.add(consecutive_energy(x));
  result.add(normalized_consecutive_energy(x));
  for (const Influence& influence : row_deletions(x, pairs)) result.add(influence.energy);
  result.add(graph_energy(x, graph).rayleigh);
  result.add(edge_energy(x, nodes, graph).l2);
  result.add(neighbor_consistency(x, nodes, graph, 2));
  expect_adjacency(graph, 8);
  result.add(shortest_paths(graph));
  result.add(global_efficiency(graph));
  result.add(modularity(graph, parts));
  result.add(communities(graph).community);
  result.add(pair_balance(graph, graph).balance);
  result.add(rank_difference(graph, graph).score);
  result.add(per_tdmi(graph, graph));
  result.add(head_means(graph, [](std::size_t i, std::size_t j) { return i < 7 && j != 2; }).mean);
  result.add(phiid(x).values);
  return result.all();
}

/// Symmetric weights between 8 nodes, no two alike.
inline std::vector<double> natural_graph() {
  std::vector<double> weights(64, 0.0);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      weights[i * 8 + j] = weights[j * 8 + i] = 0.5 + std::sin(static_cast<double>(i * 8 + j));
      if (weights[i * 8 + j] < 0.0) weights[i * 8 + j] = weights[j * 8 + i] = 0.0;
    }
  }
  return weights;
}

}  // namespace phiscope::test
