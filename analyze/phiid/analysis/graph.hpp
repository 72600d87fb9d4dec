// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/input.hpp"
#include "phiid/analysis/scores.hpp"

#include <phiscope/value.hpp>

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// The network of the heads whose edges are the pairs with a number above 0, as heavy as that.
struct Graph {
  std::string edges;  ///< sts | rtr
  std::size_t n_edges = 0;
  Value mean_weight = Status::no_edges;
  Value global_efficiency = Status::no_edges;    ///< in the unit of the weights
  Value relative_efficiency = Status::no_edges;  ///< with weights over the largest one, in [0, 1]
  Value modularity = Status::no_edges;           ///< Newman's, of the communities found
  std::size_t communities = 0;
  Value layer_modularity = Status::no_edges;  ///< of the layers as communities
};

/// The networks of synergy and of redundancy.
[[nodiscard]] std::vector<Graph> graphs(const Matrices& matrices, const Input& input,
                                        std::size_t threads);

}  // namespace phiscope::analyze::phiid
