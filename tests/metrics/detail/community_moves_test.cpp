// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/community_moves.hpp>

#include <cstddef>
#include <vector>

namespace detail = phiscope::detail;

namespace {

/// Two pairs of nodes, joined inside by 3 and across (nodes 1 and 2) by 1.
detail::Network two_pairs() {
  return {.nodes = 4,
          .weights = {0, 3, 0, 0, 3, 0, 1, 0, 0, 1, 0, 3, 0, 0, 3, 0},
          .strength = {3, 4, 4, 3},
          .both_ways = 14};
}

}  // namespace

TEST_CASE("nodes move to where their edges are", "[community_moves]") {
  std::vector<std::size_t> labels = detail::move_nodes(two_pairs());
  REQUIRE(labels.size() == 4);
  CHECK(detail::number_labels(labels) == 2);
  CHECK(labels == std::vector<std::size_t>{0, 0, 1, 1});
}

TEST_CASE("labels are numbered by their first node", "[community_moves]") {
  std::vector<std::size_t> labels{7, 2, 7, 0};
  CHECK(detail::number_labels(labels) == 3);
  CHECK(labels == std::vector<std::size_t>{0, 1, 0, 2});
}

TEST_CASE("a merged network keeps all weight, and where nothing moves nothing is said",
          "[community_moves]") {
  const std::vector<std::size_t> labels{0, 0, 1, 1};
  const detail::Network merged = detail::merged(two_pairs(), labels, 2);
  CHECK(merged.weights == std::vector<double>{6, 1, 1, 6});
  CHECK(merged.strength == std::vector<double>{7, 7});
  CHECK(merged.both_ways == 14);
  CHECK(detail::move_nodes(merged).empty());
}
