// SPDX-License-Identifier: MIT
#include "phiid/analysis/graph.hpp"

#include "program/parallel.hpp"

#include <phiscope/global_efficiency.hpp>
#include <phiscope/modularity.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

Graph graph(std::string edges, const std::vector<double>& weights, const Matrices& matrices,
            const Input& input) {
  Graph result;
  result.edges = std::move(edges);
  CompensatedSum sum;
  double largest = 0.0;
  for (std::size_t i = 0; i < matrices.heads; ++i) {
    for (std::size_t j = i + 1; j < matrices.heads; ++j) {
      const double weight = weights[i * matrices.heads + j];
      if (!(weight > 0.0)) continue;
      ++result.n_edges;
      sum += weight;
      largest = std::max(largest, weight);
    }
  }
  if (result.n_edges == 0) return result;
  const auto view = matrices.view(weights);
  result.mean_weight = sum.value() / static_cast<double>(result.n_edges);
  result.global_efficiency = global_efficiency(view);
  if (result.global_efficiency.ok()) {
    result.relative_efficiency = result.global_efficiency.value() / largest;
  }
  const Communities found = communities(view);
  result.modularity = found.modularity;
  result.communities = found.count;
  std::vector<std::size_t> layer;
  layer.reserve(matrices.heads);
  for (std::size_t head = 0; head < matrices.heads; ++head)
    layer.push_back(input.layer_index(head));
  result.layer_modularity = modularity(view, layer);
  return result;
}

}  // namespace

std::vector<Graph> graphs(const Matrices& matrices, const Input& input, std::size_t threads) {
  std::vector<Graph> result(2);
  for_each_tile(2, threads, [&](std::size_t k) {
    result[k] = k == 0 ? graph("sts", matrices.sts, matrices, input)
                       : graph("rtr", matrices.rtr, matrices, input);
  });
  return result;
}

}  // namespace phiscope::analyze::phiid
