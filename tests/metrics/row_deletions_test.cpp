// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/row_deletions.hpp>

#include <cmath>
#include <vector>

using phiscope::Influence;
using phiscope::MatrixView;
using phiscope::pair_set;
using phiscope::PairSet;
using phiscope::row_deletions;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::drop;
using phiscope::test::drop_row;
using phiscope::test::random_labels;
using phiscope::test::random_rows;
using phiscope::test::Rows;
using phiscope::test::twelve_words;

namespace {

void check_close(const Value& found, const Value& expected, double scale) {
  REQUIRE(found.status() == expected.status());
  if (!expected.ok()) return;
  CHECK(found.value() == Approx(expected.value()).epsilon(1e-10).margin(1e-10 * scale));
}

/// Every deletion by deleting and measuring anew.
template <class T>
void check_against_deleting(const Rows<T>& x, const std::vector<std::int64_t>& words) {
  const PairSet pairs = pair_set(words, twelve_words());
  const std::vector<Influence> found = row_deletions(x.view(), pairs);
  REQUIRE(found.size() == words.size());
  const auto full = phiscope::cluster_structure(x.view(), pairs);
  for (std::size_t i = 0; i < words.size(); ++i) {
    CAPTURE(i);
    const Rows<T> rest = drop_row(x, i);
    const auto without =
        phiscope::cluster_structure(rest.view(), pair_set(drop(words, i), twelve_words()));
    const Influence expected = phiscope::influence(full, without);
    check_close(found[i].ratio, expected.ratio, full.ratio.value_or(0.0));
    check_close(found[i].cross, expected.cross, full.cross.value_or(0.0));
    check_close(found[i].within, expected.within, full.within.value_or(0.0));
    check_close(found[i].energy, expected.energy, full.energy.value_or(0.0));
  }
}

}  // namespace

TEST_CASE("deleting a point of four on a line", "[row_deletions]") {
  const std::vector<double> values{0, 2, 10, 15};
  const PairSet pairs = pair_set(std::vector<std::int64_t>{0, 1, 4, 5}, twelve_words());
  const auto found = row_deletions(MatrixView<double>(values, 4, 1), pairs);
  REQUIRE(found.size() == 4);
  // Without row 1: cross 10 instead of (10 + 13) / 2, within 5 instead of (2 + 5) / 2.
  CHECK(found[1].cross.value() == Approx(1.5).epsilon(1e-14));
  CHECK(found[1].within.value() == Approx(-1.5).epsilon(1e-14));
  CHECK(found[1].energy.value() == Approx(25.0 - 14.5).epsilon(1e-14));
  CHECK(found[1].ratio.value() == Approx(11.5 / 3.5 - 2.0).epsilon(1e-14));
}

TEST_CASE("row_deletions agrees with deleting and measuring anew", "[row_deletions]") {
  const auto seed = GENERATE(range(0U, 10U));
  CAPTURE(seed);
  check_against_deleting(random_rows<float>(seed, 25, 130, 10.0, 3.0), random_labels(seed, 25, 12));
  check_against_deleting(random_rows<double>(seed, 13, 64), random_labels(seed + 50, 13, 12));
}

TEST_CASE("row_deletions keeps its digits for near-duplicate rows", "[row_deletions]") {
  const auto words = random_labels(1, 20, 12);
  for (const double apart : {0.0, 1e-7, 1e-5, 1e-3, 1e-2}) {
    CAPTURE(apart);
    // Rows 0 .. 9 differ from rows 10 .. 19 by very little, next to a norm of 10 sqrt(96).
    Rows<double> x = random_rows<double>(2, 20, 96, 10.0);
    const auto noise = random_rows<double>(3, 10, 96, apart);
    for (std::size_t i = 0; i < noise.values.size(); ++i) {
      x.values[960 + i] = x.values[i] + noise.values[i];
    }
    check_against_deleting(x, words);
  }
}

TEST_CASE("row_deletions keeps its digits when all rows are nearly one", "[row_deletions]") {
  check_against_deleting(random_rows<double>(5, 20, 96, 1e-6, 1000.0), random_labels(1, 20, 12));
}

TEST_CASE("row_deletions keeps its digits beside a massive row", "[row_deletions]") {
  Rows<float> x = random_rows<float>(6, 30, 96);
  for (std::size_t j = 0; j < 96; ++j) x.values[j] *= 1e5F;
  const std::vector<std::int64_t> words = random_labels(2, 30, 12);
  // Without the massive row the others' small numbers must come out, whatever was summed before.
  const PairSet pairs = pair_set(words, twelve_words());
  const auto found = row_deletions(x.view(), pairs);
  const auto rest =
      phiscope::cluster_structure(drop_row(x, 0).view(), pair_set(drop(words, 0), twelve_words()));
  const auto full = phiscope::cluster_structure(x.view(), pairs);
  CHECK(full.cross.value() - found[0].cross.value() ==
        Approx(rest.cross.value()).epsilon(1e-10).margin(1e-15 * full.cross.value()));
  CHECK(full.ratio.value() - found[0].ratio.value() == Approx(rest.ratio.value()).epsilon(1e-10));
}

TEST_CASE("a row that is not finite undefines every deletion but its own", "[row_deletions]") {
  Rows<float> x = random_rows<float>(7, 12, 70);
  x.values[3 * 70 + 65] = std::nanf("");
  const auto words = phiscope::test::first_words(12);
  check_against_deleting(x, words);
  const auto found = row_deletions(x.view(), pair_set(words, twelve_words()));
  CHECK(found[3].ratio ==
        Value(Status::nonfinite));  // full - without: the full context has the row
}

TEST_CASE("deleting the last pair leaves the influence undefined", "[row_deletions]") {
  const auto x = random_rows(8, 3, 5);
  const auto found =
      row_deletions(x.view(), pair_set(std::vector<std::int64_t>{0, 1, 4}, twelve_words()));
  CHECK(found[0].ratio ==
        Value(Status::no_cross_pairs));  // and no_within_pairs: cross is named first
  CHECK(found[0].within == Value(Status::no_within_pairs));
  CHECK(found[1].ratio == Value(Status::no_within_pairs));
  CHECK(found[1].cross == Value(0.0));
  CHECK(found[2].cross == Value(Status::no_cross_pairs));
  CHECK(found[2].energy == Value(0.0));
}

TEST_CASE("row_deletions refuses a pair of a row that is not there", "[row_deletions]") {
  const auto x = random_rows(8, 3, 5);
  CHECK_THROWS_WITH(row_deletions(x.view(), {.cross = {{0, 5}}, .within = {}}),
                    Contains("pair (0, 5) of 3 rows"));
}
