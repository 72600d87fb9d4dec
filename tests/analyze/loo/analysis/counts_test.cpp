// SPDX-License-Identifier: MIT
#include "loo/analysis/counts.hpp"

#include "catch.hpp"
#include "loo/analysis/label_test.hpp"

#include <phiscope/permutation_test.hpp>
#include <phiscope/random.hpp>

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

using namespace phiscope::analyze::loo;
using phiscope::Cross;
using phiscope::Partition;
using Numbers = std::vector<double>;
using Words = std::vector<std::int64_t>;

namespace {

/// A walk that mostly stays in its cluster of four of twelve words.
Walk clustered_walk(std::mt19937_64& engine, std::size_t length) {
  Walk walk;
  std::int64_t node = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const bool stays = phiscope::uniform_below(engine, 10) < 8;
    const std::int64_t cluster =
        stays ? node / 4 : static_cast<std::int64_t>(phiscope::uniform_below(engine, 3));
    node = 4 * cluster + static_cast<std::int64_t>(phiscope::uniform_below(engine, 4));
    walk.nodes.push_back(node);
  }
  return walk;
}

/// Distances between words that are means of random vectors of their own, one per occurrence.
WordDistances noise_distances(const Walk& walk, std::mt19937_64& engine) {
  constexpr std::size_t units = 16;
  std::vector<Numbers> sum(12, Numbers(units, 0.0));
  Numbers count(12, 0.0);
  for (const std::int64_t node : walk.nodes) {
    const auto word = static_cast<std::size_t>(node);
    for (double& unit : sum[word]) unit += static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0;
    count[word] += 1.0;
  }
  WordDistances result{.words = {}, .pairs = {{}}};
  for (std::int64_t word = 0; word < 12; ++word) {
    if (count[static_cast<std::size_t>(word)] > 0.0) result.words.push_back(word);
  }
  for (std::size_t i = 0; i < result.words.size(); ++i) {
    for (std::size_t j = i + 1; j < result.words.size(); ++j) {
      const auto a = static_cast<std::size_t>(result.words[i]);
      const auto b = static_cast<std::size_t>(result.words[j]);
      double squares = 0.0;
      for (std::size_t unit = 0; unit < units; ++unit) {
        squares += std::pow(sum[a][unit] / count[a] - sum[b][unit] / count[b], 2);
      }
      result.pairs[0].push_back(std::sqrt(squares));
    }
  }
  return result;
}

}  // namespace

TEST_CASE("occurrences are counted as the rows are made", "[counts]") {
  Walk walk;
  walk.nodes = {2, 0, 2, 0, 0, 3};
  const Words words = {0, 2, 3};
  const auto counted = [&](Sink sink, Occurrence occurrence, std::int64_t removed) {
    return occurrences(walk, words, sink, occurrence, removed);
  };
  CHECK(counted(Sink::keep, Occurrence::mean, -1) == Numbers{3, 2, 1});
  CHECK(counted(Sink::prefix, Occurrence::mean, -1) == Numbers{3, 2, 1});
  CHECK(counted(Sink::drop, Occurrence::mean, -1) == Numbers{3, 1, 1});
  CHECK(counted(Sink::keep, Occurrence::mean, 3) == Numbers{2, 2, 1});
  CHECK(counted(Sink::drop, Occurrence::mean, 0) == Numbers{2, 1, 1});  // position 1 is first then
  CHECK(counted(Sink::keep, Occurrence::last, -1) == Numbers{1, 1, 1});
}

TEST_CASE("what a line in the counts explains is taken out of the distances", "[counts]") {
  const Numbers counts = {1, 4, 1, 2};
  Numbers expected;
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = i + 1; j < 4; ++j) {
      expected.push_back(std::sqrt(1.0 / counts[i] + 1.0 / counts[j]));
    }
  }
  Numbers distances;
  double mean = 0.0;
  for (const double each : expected) {
    distances.push_back(5.0 + 3.0 * each);
    mean += distances.back() / 6.0;
  }
  for (const double left : beyond_counts(distances, counts)) CHECK(left == Approx(mean));
  // Equal counts say nothing, and two words have nothing to compare.
  CHECK(beyond_counts(distances, Numbers{3, 3, 3, 3}) == distances);
  CHECK(beyond_counts(Numbers{2}, Numbers{1, 7}) == Numbers{2});
  CHECK(beyond_counts(Numbers{}, Numbers{1}).empty());
  CHECK(std::isnan(beyond_counts(Numbers{NAN, 1, 2}, Numbers{1, 2, 3})[1]));  // not 0
  CHECK_THROWS_AS(beyond_counts(Numbers{1, 2}, Numbers{1, 7}), std::invalid_argument);
}

TEST_CASE("random vectors per occurrence look like clusters, but not beyond their counts",
          "[counts]") {
  Partition partition;
  for (std::int64_t word = 0; word < 12; ++word) {
    partition.cluster.push_back(word / 4);
    partition.group.push_back(word % 4);
  }
  int plain = 0;
  int beyond = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937_64 engine(seed);
    std::vector<WordDistances> raw, adjusted;
    for (int trial = 0; trial < 12; ++trial) {
      const Walk walk = clustered_walk(engine, 20);
      raw.push_back(noise_distances(walk, engine));
      adjusted.push_back(raw.back());
      adjusted.back().pairs[0] =
          beyond_counts(raw.back().pairs[0],
                        occurrences(walk, raw.back().words, Sink::keep, Occurrence::mean, -1));
    }
    const auto p_of = [&](const std::vector<WordDistances>& contexts) {
      std::vector<const WordDistances*> all;
      for (const WordDistances& context : contexts) all.push_back(&context);
      return test_labels(partition, all, 1, Cross::groups, seed).front().p.value();
    };
    plain += p_of(raw) <= 0.05 ? 1 : 0;
    beyond += p_of(adjusted) <= 0.05 ? 1 : 0;
  }
  CHECK(plain >= 10);  // what the walk alone does
  CHECK(beyond <= 7);  // 5 % of 40 are 2, and three standard errors
}
