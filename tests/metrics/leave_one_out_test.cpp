// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/leave_one_out.hpp>

#include <algorithm>
#include <utility>
#include <vector>

using phiscope::ClusterStructure;
using phiscope::Cross;
using phiscope::Influence;
using phiscope::leave_one_out;
using phiscope::LeaveOneOut;
using phiscope::Status;
using phiscope::Value;
using phiscope::WordRows;
using phiscope::test::first_words;
using phiscope::test::random_rows;
using phiscope::test::twelve_words;

TEST_CASE("an influence is positive when removing the position hurts", "[leave_one_out]") {
  const ClusterStructure full{.ratio = 2.0, .cross = 6.0, .within = 3.0, .energy = 10.0};
  const ClusterStructure without{.ratio = 1.5, .cross = 5.0, .within = 3.5, .energy = 14.0};
  const Influence found = phiscope::influence(full, without);
  CHECK(found.ratio == Value(0.5));
  CHECK(found.cross == Value(1.0));
  CHECK(found.within == Value(-0.5));
  CHECK(found.energy == Value(4.0));  // without - full
}

TEST_CASE("an influence is undefined where one of its sides is", "[leave_one_out]") {
  const ClusterStructure full{.ratio = Status::no_within_pairs,
                              .cross = 1.0,
                              .within = Status::no_within_pairs,
                              .energy = Status::nonfinite};
  const ClusterStructure without{.ratio = Status::no_cross_pairs,
                                 .cross = Status::no_cross_pairs,
                                 .within = 1.0,
                                 .energy = Status::no_within_pairs};
  const Influence found = phiscope::influence(full, without);
  CHECK(found.ratio == Value(Status::no_cross_pairs));
  CHECK(found.cross == Value(Status::no_cross_pairs));
  CHECK(found.within == Value(Status::no_within_pairs));
  CHECK(found.energy == Value(Status::no_within_pairs));
}

TEST_CASE("removing nothing has no influence", "[leave_one_out]") {
  const auto x = random_rows<float>(4, 12, 30);
  const auto words = first_words(12);
  const LeaveOneOut found =
      leave_one_out<float>({x.view(), words}, {x.view(), words}, twelve_words());
  CHECK_FALSE(found.pairs_changed);
  for (const Influence& side : {found.own_pairs, found.common_pairs}) {
    CHECK(side.ratio == Value(0.0));
    CHECK(side.cross == Value(0.0));
    CHECK(side.within == Value(0.0));
    CHECK(side.energy == Value(0.0));
  }
}

TEST_CASE("a removed word leaves the common pairs untouched", "[leave_one_out]") {
  // On a line: words 0, 1 (cluster 0) at 0 and 2; words 4, 5 (cluster 1) at 10 and 15.
  const std::vector<double> positions{0, 2, 10, 15};
  const std::vector<std::int64_t> words{0, 1, 4, 5};
  const std::vector<double> rest{0, 10, 15};
  const std::vector<std::int64_t> rest_words{0, 4, 5};
  const LeaveOneOut found =
      leave_one_out<double>({{positions, 4, 1}, words}, {{rest, 3, 1}, rest_words}, twelve_words());
  CHECK(found.pairs_changed);
  // cross: (10 + 13) / 2 with and 10 without word 1; within: (2 + 5) / 2 and 5.
  CHECK(found.own_pairs.cross == Value(1.5));
  CHECK(found.own_pairs.within == Value(-1.5));
  CHECK(found.own_pairs.energy == Value(25.0 - 14.5));
  CHECK(found.own_pairs.ratio.value() == Approx(11.5 / 3.5 - 2.0).epsilon(1e-15));
  CHECK(found.common_pairs.cross == Value(0.0));
  CHECK(found.common_pairs.within == Value(0.0));
  CHECK(found.common_pairs.energy == Value(0.0));
  CHECK(found.common_pairs.ratio == Value(0.0));
}

TEST_CASE("own and common pairs agree when the words stay", "[leave_one_out]") {
  const auto full = random_rows<float>(1, 12, 30);
  const auto without = random_rows<float>(2, 12, 30);
  const auto words = first_words(12);
  const LeaveOneOut found =
      leave_one_out<float>({full.view(), words}, {without.view(), words}, twelve_words());
  CHECK_FALSE(found.pairs_changed);
  CHECK(found.common_pairs.ratio == found.own_pairs.ratio);
  CHECK(found.common_pairs.energy == found.own_pairs.energy);
  CHECK(found.own_pairs.ratio.value() != 0.0);
}

TEST_CASE("rows are matched by word, not by place", "[leave_one_out]") {
  const auto full = random_rows(1, 12, 30);
  const auto without = random_rows(2, 11, 30);
  auto words = first_words(12);
  const auto fewer = phiscope::test::drop(words, 7);
  const LeaveOneOut before =
      leave_one_out<double>({full.view(), words}, {without.view(), fewer}, twelve_words());
  phiscope::test::Rows<double> swapped = full;
  std::swap_ranges(swapped.values.begin(), swapped.values.begin() + 30, swapped.values.end() - 30);
  std::swap(words.front(), words.back());
  const LeaveOneOut after =
      leave_one_out<double>({swapped.view(), words}, {without.view(), fewer}, twelve_words());
  CHECK(after.pairs_changed);
  CHECK(after.own_pairs.ratio.value() == Approx(before.own_pairs.ratio.value()).margin(1e-14));
  CHECK(after.common_pairs.ratio.value() ==
        Approx(before.common_pairs.ratio.value()).margin(1e-14));
  CHECK(after.common_pairs.energy.value() ==
        Approx(before.common_pairs.energy.value()).margin(1e-13));
}

TEST_CASE("removing the last word of a cluster's pair leaves the influence undefined",
          "[leave_one_out]") {
  const std::vector<double> positions{0, 2, 10};
  const std::vector<std::int64_t> words{0, 1, 4};
  const std::vector<double> rest{0, 10};
  const std::vector<std::int64_t> rest_words{0, 4};
  const LeaveOneOut found =
      leave_one_out<double>({{positions, 3, 1}, words}, {{rest, 2, 1}, rest_words}, twelve_words());
  CHECK(found.own_pairs.ratio == Value(Status::no_within_pairs));
  CHECK(found.own_pairs.cross == Value(0.0));
  CHECK(found.own_pairs.energy == Value(Status::no_within_pairs));
}

TEST_CASE("leave_one_out needs one word per row", "[leave_one_out]") {
  const auto x = random_rows(1, 12, 3);
  const auto words = first_words(12);
  const auto fewer = first_words(11);
  CHECK_THROWS_WITH(leave_one_out<double>({x.view(), words}, {x.view(), fewer}, twelve_words()),
                    Contains("11 words, expected 12"));
}
