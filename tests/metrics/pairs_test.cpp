// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/pairs.hpp>

#include <vector>

using phiscope::Cross;
using phiscope::Pair;
using phiscope::pair_set;
using phiscope::pair_set_of_labels;
using phiscope::PairSet;
using phiscope::test::first_words;
using phiscope::test::random_labels;
using phiscope::test::twelve_words;

TEST_CASE("all twelve words make 12 cross and 18 within pairs", "[pairs]") {
  const std::vector<std::int64_t> words = first_words(12);
  const PairSet pairs = pair_set(words, twelve_words());
  CHECK(pairs.cross.size() == 12);   // 4 groups of 3 words
  CHECK(pairs.within.size() == 18);  // 3 clusters of 4 words
  CHECK(pairs.cross.front() == Pair{0, 4});
  CHECK(pairs.within.front() == Pair{0, 1});
  CHECK(pair_set(words, twelve_words(), Cross::all).cross.size() == 48);
  CHECK(pair_set(words, twelve_words(), Cross::all).within == pairs.within);
}

TEST_CASE("only words that are present make pairs, by row", "[pairs]") {
  // 8 and 4 share a group; 4 and 5 share a cluster; rows need no order.
  const std::vector<std::int64_t> words{8, 4, 5};
  const PairSet pairs = pair_set(words, twelve_words());
  CHECK(pairs.cross == std::vector<Pair>{{0, 1}});
  CHECK(pairs.within == std::vector<Pair>{{1, 2}});
}

TEST_CASE("a list of pairs is empty when no pair qualifies", "[pairs]") {
  const std::vector<std::int64_t> one_cluster{0, 1, 2, 3};
  CHECK(pair_set(one_cluster, twelve_words()).cross.empty());
  const std::vector<std::int64_t> one_each{0, 5, 10};
  CHECK(pair_set(one_each, twelve_words()) == PairSet{});
  CHECK(pair_set(one_each, twelve_words(), Cross::all).cross.size() == 3);
  CHECK(pair_set(std::vector<std::int64_t>{}, twelve_words()) == PairSet{});
}

TEST_CASE("pair_set agrees with the definition over all pairs of rows", "[pairs]") {
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(seed);
  const auto words = random_labels(seed, 15, 9);
  phiscope::Partition partition{random_labels(seed + 100, 9, 3), random_labels(seed + 200, 9, 3)};
  for (const Cross cross : {Cross::groups, Cross::all}) {
    PairSet expected;
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (std::size_t j = i + 1; j < words.size(); ++j) {
        const auto a = static_cast<std::size_t>(words[i]);
        const auto b = static_cast<std::size_t>(words[j]);
        const bool same_cluster = partition.cluster[a] == partition.cluster[b];
        const bool same_group = partition.group[a] == partition.group[b];
        if (same_cluster) expected.within.push_back({i, j});
        if (!same_cluster && (same_group || cross == Cross::all)) expected.cross.push_back({i, j});
      }
    }
    CHECK(pair_set(words, partition, cross) == expected);
  }
}

TEST_CASE("labels of rows make the same pairs as words with those labels", "[pairs]") {
  const auto words = random_labels(3, 20, 12);
  std::vector<std::int64_t> clusters;
  std::vector<std::int64_t> groups;
  for (const std::int64_t word : words) {
    clusters.push_back(word / 4);
    groups.push_back(word % 4);
  }
  CHECK(pair_set_of_labels(clusters, groups, Cross::groups) == pair_set(words, twelve_words()));
  CHECK(pair_set_of_labels(clusters, {}, Cross::all) ==
        pair_set(words, twelve_words(), Cross::all));
}

TEST_CASE("a word without a cluster or group is refused", "[pairs]") {
  CHECK_THROWS_WITH(pair_set(std::vector<std::int64_t>{0, 12}, twelve_words()),
                    Contains("word 12 has no cluster"));
  CHECK_THROWS_WITH(pair_set(std::vector<std::int64_t>{-1}, twelve_words()), Contains("word -1"));
  phiscope::Partition no_groups = twelve_words();
  no_groups.group.clear();
  CHECK_THROWS_WITH(pair_set(std::vector<std::int64_t>{0}, no_groups), Contains("0 groups"));
  CHECK_NOTHROW(pair_set(std::vector<std::int64_t>{0}, no_groups, Cross::all));
}
