// SPDX-License-Identifier: MIT
#include "sampling/analysis/clusters.hpp"

#include "analyze/sampling/synthetic_study.hpp"
#include "catch.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling::clusters_test {

using test::SyntheticSamples;

namespace {

Clusters analyzed(const SyntheticSamples& options, const Options& how = {}) {
  const test::TempDir folder;
  test::write_samples(folder.path() / "run", options);
  return analyze_clusters(read_samples(folder.path() / "run"), how);
}

SyntheticSamples two_groups() {
  return test::SyntheticStudy().clustering;
}

/// |a - b| of two right samples' latents, the slow way.
double slow_apart(const SyntheticSamples& options, std::int64_t p, std::int64_t layer,
                  const std::vector<std::int64_t>& centre_of, std::int64_t s) {
  double sum = 0.0;
  for (std::int64_t unit = 0; unit < options.units; ++unit) {
    double centre = 0.0;
    for (const std::int64_t member : centre_of) {
      centre += static_cast<double>(options.latent(p, 0, member, 0, layer, unit)) /
                static_cast<double>(centre_of.size());
    }
    sum += std::pow(static_cast<double>(options.latent(p, 0, s, 0, layer, unit)) - centre, 2);
  }
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("right solutions in two groups are found as two clusters", "[clusters]") {
  const SyntheticSamples options = two_groups();
  const Clusters result = analyzed(options);
  CHECK(result.layer == 1);
  REQUIRE(result.problems.size() == 6);
  const ProblemClusters& one = result.problems[1];
  CHECK(one.status == "ok");
  CHECK(one.samples == 12);
  CHECK(one.correct == 12);
  CHECK(one.by_gap == Value(2.0));
  CHECK(one.by_silhouette == Value(2.0));
  CHECK(one.clusters == 2);
  CHECK(one.stability.value() > 0.99);
  CHECK(one.silhouette.value() > 0.8);
  std::vector<std::int64_t> third;
  std::vector<std::int64_t> others;
  for (std::int64_t s = 0; s < 12; ++s) (s % 3 == 0 ? third : others).push_back(s);
  double inertia = 0.0;
  std::vector<double> nearest(2, 1e9);
  for (const Member& member : one.members) {
    const auto s = static_cast<std::int64_t>(member.sample);
    CHECK((member.cluster == one.members[0].cluster) == (s % 3 == 0));
    const double from = slow_apart(options, 1, 1, s % 3 == 0 ? third : others, s);
    CHECK(member.from_centre == Approx(from));
    inertia += from * from;
    auto& least = nearest[static_cast<std::size_t>(member.cluster)];
    least = std::min(least, from);
  }
  CHECK(one.inertia.value() == Approx(inertia));
  std::size_t representatives = 0;
  for (const Member& member : one.members) {
    if (!member.representative) continue;
    ++representatives;
    CHECK(member.from_centre == Approx(nearest[static_cast<std::size_t>(member.cluster)]));
  }
  CHECK(representatives == 2);
}

TEST_CASE("problems with too few right solutions, or without an answer, say so", "[clusters]") {
  const Clusters result = analyzed(two_groups());
  CHECK(result.problems[0].status == "too_few_correct");
  CHECK(result.problems[0].correct == 1);
  CHECK(result.problems[0].clusters == 0);
  CHECK(result.problems[0].members.empty());
  CHECK(result.problems[5].status == "no_answer");
  // Problems 1 and 3 are clustered.
  CHECK(result.several.units == 2);
  CHECK(result.several.value == Value(1.0));
  CHECK(result.several.method == "Wilson");
  CHECK(analyzed(two_groups(), {.clusters = 13}).problems[1].status == "too_few_correct");
}

TEST_CASE("the number of clusters is the one asked for, or chosen as asked", "[clusters]") {
  CHECK(analyzed(two_groups(), {.clusters = 3}).problems[1].clusters == 3);
  test::SyntheticSamples asking = two_groups();
  asking.changes["clusters"] = 4;  // of the plan
  CHECK(analyzed(asking, {}).problems[1].clusters == 4);
  CHECK(analyzed(asking, {.clusters = 3}).problems[1].clusters == 3);
  CHECK(analyzed(two_groups(), {.choose = ChooseClusters::silhouette}).problems[1].clusters == 2);
  SyntheticSamples one = two_groups();
  one.place = [](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                 std::int64_t unit) {
    return test::noise({p, t, s, layer, unit});
  };
  const Clusters single = analyzed(one);
  CHECK(single.problems[1].by_gap == Value(1.0));
  CHECK(single.problems[1].clusters == 1);
  CHECK(single.problems[1].silhouette == Value(Status::no_cross_pairs));
  CHECK(single.several.value.value() < 1.0);
  const Clusters whole = analyzed(two_groups(), {.clusters = 1});
  CHECK(whole.problems[1].clusters == 1);
  CHECK(whole.several.value == Value(1.0));  // what the gap statistic finds, not what was asked for
  CHECK(whole.stability.mean.value == Value(Status::too_few_rows));
}

TEST_CASE("another layer is clustered if it is named and there", "[clusters]") {
  CHECK(analyzed(two_groups(), {.layer = 3}).layer == 3);
  CHECK_THROWS_WITH(analyzed(two_groups(), {.layer = 2}), Contains("layers do not hold layer 2"));
}

}  // namespace phiscope::analyze::sampling::clusters_test
