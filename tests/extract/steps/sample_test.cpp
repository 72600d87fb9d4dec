// SPDX-License-Identifier: MIT
#include "steps/sample.hpp"

#include "catch.hpp"

#include <map>
#include <numeric>
#include <set>

using namespace phiscope::extract;

namespace {

using Strata = std::vector<std::optional<std::size_t>>;

/// 40 of each stratum but the last, which has 7, and 5 without one, mixed.
Strata mixed_strata() {
  Strata strata;
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t stratum = 0; stratum < 3; ++stratum) strata.emplace_back(stratum);
    if (i < 7) strata.emplace_back(3);
    if (i < 5) strata.emplace_back(std::nullopt);
  }
  return strata;
}

std::set<std::size_t> drawn(const std::vector<ProblemPart>& parts, ProblemPart part) {
  std::set<std::size_t> which;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p] == part) which.insert(p);
  }
  return which;
}

std::map<std::optional<std::size_t>, int> per_stratum(const Strata& strata,
                                                      const std::set<std::size_t>& which) {
  std::map<std::optional<std::size_t>, int> counts;
  for (const std::size_t p : which) ++counts[strata[p]];
  return counts;
}

}  // namespace

TEST_CASE("all problems run where none are drawn", "[sample]") {
  const Strata strata = mixed_strata();
  const auto parts = sample_problems(strata, {});
  CHECK(drawn(parts, ProblemPart::sweep).size() == strata.size());
}

TEST_CASE("each stratum gives as many as it can, and the parts share nothing", "[sample]") {
  const Strata strata = mixed_strata();
  const auto parts = sample_problems(strata, {.per_stratum = 10, .validation = 10, .seed = 4});
  const auto sweep = per_stratum(strata, drawn(parts, ProblemPart::sweep));
  CHECK(sweep == std::map<std::optional<std::size_t>, int>{{0, 10}, {1, 10}, {2, 10}, {3, 5}});
  const auto validation = per_stratum(strata, drawn(parts, ProblemPart::validation));
  CHECK(validation == std::map<std::optional<std::size_t>, int>{{0, 3}, {1, 3}, {2, 2}, {3, 2}});
  const auto counts = count_strata(strata, parts);
  CHECK(counts[3].available == 7);
  CHECK(counts[3].sweep == 5);
  CHECK(counts[3].validation == 2);
  CHECK(counts[4].available == 5);
  CHECK(counts[4].sweep == 0);
  // Without a number per stratum the sweep is what validation leaves.
  const auto rest = sample_problems(strata, {.validation = 10, .seed = 4});
  CHECK(drawn(rest, ProblemPart::sweep).size() == strata.size() - 10);
  CHECK(drawn(rest, ProblemPart::validation) == drawn(parts, ProblemPart::validation));
}

TEST_CASE("a larger sample holds the smaller one, and another seed draws others", "[sample]") {
  const Strata strata = mixed_strata();
  const auto sample = [&](std::size_t n, std::uint64_t seed) {
    return drawn(sample_problems(strata, {.per_stratum = n, .seed = seed}), ProblemPart::sweep);
  };
  const auto small = sample(5, 1);
  const auto large = sample(12, 1);
  CHECK(std::ranges::includes(large, small));
  CHECK(sample(5, 2) != small);
  CHECK(sample(5, 1) == small);
  // Not the first rows.
  std::set<std::size_t> first;
  for (std::size_t p = 0; p < 23; ++p) first.insert(p);
  CHECK_FALSE(std::ranges::includes(first, small));
}

TEST_CASE("every problem of a stratum is drawn as often as another", "[sample]") {
  const Strata strata(12, 0);
  std::vector<int> times(12, 0);
  constexpr int seeds = 2000;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto which =
        drawn(sample_problems(strata, {.per_stratum = 3, .seed = seed}), ProblemPart::sweep);
    CHECK(which.size() == 3);
    for (const std::size_t p : which) ++times[p];
  }
  // 500 each; the standard deviation is 19.
  for (const int n : times) CHECK(std::abs(n - seeds / 4) < 90);
}
