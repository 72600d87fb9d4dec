// SPDX-License-Identifier: MIT
// The published walks: which pairs there are decides which numbers are defined.
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/pairs.hpp>

#include <set>
#include <vector>

using nlohmann::json;
using phiscope::test::twelve_words;

namespace {

/// [cross pairs, within pairs] of the words of a walk, as the published file has them.
json pair_counts(const std::vector<std::int64_t>& nodes) {
  const std::set<std::int64_t> present(nodes.begin(), nodes.end());
  const std::vector<std::int64_t> words(present.begin(), present.end());
  const phiscope::PairSet pairs = phiscope::pair_set(words, twelve_words());
  return {pairs.cross.size(), pairs.within.size()};
}

}  // namespace

TEST_CASE("all published walks have the published pairs, whole and without each tested position",
          "[reference_walks][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const json file = phiscope::shard::read_json(*reference / "published/loo/loo_walks.json");
  REQUIRE(file.at("walks").size() == 50);
  std::size_t tested = 0;
  for (const json& walk : file.at("walks")) {
    CAPTURE(walk.at("condition").dump(), walk.at("N").dump(), walk.at("trial").dump());
    const std::vector<std::int64_t> nodes = walk.at("nodes");
    CHECK(pair_counts(nodes) == walk.at("full_pairs_cross_within"));
    const std::vector<std::size_t> positions = walk.at("test_positions");
    REQUIRE(walk.at("loo_pairs_cross_within").size() == positions.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
      CHECK(pair_counts(phiscope::test::drop(nodes, positions[i])) ==
            walk.at("loo_pairs_cross_within").at(i));
      ++tested;
    }
  }
  CHECK(tested == 560);
}
