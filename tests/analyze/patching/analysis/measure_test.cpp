// SPDX-License-Identifier: MIT
#include "patching/analysis/measure.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <set>

namespace phiscope::analyze::patching::measure_test {

namespace {

std::vector<Readout> readouts_named(const std::vector<std::string>& names) {
  std::vector<Readout> readouts;
  for (const std::string& name : names) readouts.push_back(*readout_named(name));
  return readouts;
}

const std::vector<Readout> six =
    readouts_named({"eot", "eot:corrupted", "clean:0", "clean:1", "corrupted:0", "greedy:0"});

/// The i-th row of a run that begins at a number; no two of its numbers are equal.
Row numbered(double first, std::size_t i) {
  const double at = first + static_cast<double>(i);
  return {.kl = at + 0.125,
          .reverse_kl = at + 0.25,
          .prediction_changed = i % 3 == 0 ? 1.0 : 0.0,
          .l2 = at + 0.5,
          .token_score = 10.0 * at,
          .token_log_probability = -at - 0.0625 * static_cast<double>(i * i)};
}

Rows numbered_rows(double first) {
  Rows rows;
  for (std::size_t i = 0; i < six.size(); ++i) rows.emplace_back(numbered(first, i));
  return rows;
}

PairRows numbered_pair() {
  PairRows pair;
  pair.clean = numbered_rows(40.0);
  pair.unpatched = numbered_rows(7.0);
  return pair;
}

double near(const Value& value) {
  return value.value();
}

}  // namespace

TEST_CASE("measures of a site are those of its rows, worked out by hand", "[measure]") {
  const Measured found = measure_site(numbered_rows(1.0), numbered_pair(), six, 100);
  // Distinct: eot 1, clean:0 3, clean:1 4, greedy:0 6; corrupted:0 and eot:corrupted are copies.
  CHECK(near(found[Measure::kl_divergence]) == Approx((1.25 + 3.25 + 4.25 + 6.25) / 4.0));
  CHECK(near(found[Measure::kl_from_baseline]) == Approx((1.125 + 3.125 + 4.125 + 6.125) / 4.0));
  CHECK(near(found[Measure::l2]) == Approx((1.5 + 3.5 + 4.5 + 6.5) / 4.0));
  CHECK(near(found[Measure::l2_difference]) ==
        Approx(std::sqrt((1.5 * 1.5 + 3.5 * 3.5 + 4.5 * 4.5 + 6.5 * 6.5) / 400.0)));
  CHECK(near(found[Measure::prediction_change_rate]) == Approx(2.0 / 4.0));  // rows 0 and 3
  CHECK(near(found[Measure::clean_answer_score]) == Approx(10.0));
  CHECK(near(found[Measure::corrupted_answer_score]) == Approx(20.0));
  CHECK(near(found[Measure::answer_logit_diff]) == Approx(-10.0));
  CHECK(near(found[Measure::clean_answer_score_change]) == Approx(10.0 - 70.0));
  CHECK(near(found[Measure::corrupted_answer_score_change]) == Approx(20.0 - 80.0));
  // -10 in both runs: the published number says nothing without the unpatched one.
  CHECK(near(found[Measure::answer_logit_diff_change]) == Approx(0.0).margin(1e-12));
  const double clean = -(3.0 + 0.25 + 4.0 + 0.5625) / 2.0;
  const double corrupted = -(5.0 + 1.0);
  CHECK(near(found[Measure::clean_score]) == Approx(clean));
  CHECK(near(found[Measure::corrupted_score]) == Approx(corrupted));
  CHECK(near(found[Measure::answer_diff]) == Approx(clean - corrupted));
}

TEST_CASE("recovery is the share of the way from the unpatched to the clean run", "[measure]") {
  CHECK(near(recovery(-1.0, -3.0, 5.0)) == Approx(0.25));
  CHECK(near(recovery(-5.0, -3.0, 5.0)) == Approx(-0.25));
  CHECK(near(recovery(5.0, -3.0, 5.0)) == Approx(1.0));
  CHECK(near(recovery(0.0, 3.0, -5.0)) == Approx(3.0 / 8.0));
  CHECK(recovery(2.0, 1.0, 1.0).status() == Status::no_gap);
  CHECK(recovery(2.0, 1.0, 1.0099).status() == Status::no_gap);
  CHECK(recovery(2.0, 1.0, 0.9901).status() == Status::no_gap);
  CHECK(near(recovery(1.02, 1.0, 1.0101)) == Approx(0.02 / 0.0101));
  CHECK(recovery(Status::nonfinite, 1.0, 1.0).status() == Status::nonfinite);
  CHECK(recovery(1.0, 1.0, Status::too_few_rows).status() == Status::too_few_rows);

  PairRows pair = numbered_pair();
  const auto set_scores = [](Rows& rows, double clean, double corrupted) {
    rows[2]->token_log_probability = clean;
    rows[3]->token_log_probability = clean;
    rows[4]->token_log_probability = corrupted;
  };
  Rows site = numbered_rows(1.0);
  set_scores(site, -2.0, -3.0);            // 1
  set_scores(pair.unpatched, -6.0, -1.0);  // -5
  set_scores(pair.clean, -1.0, -8.0);      // 7
  const Measured found = measure_site(site, pair, six, 100);
  CHECK(near(found[Measure::answer_diff_change]) == Approx(6.0));
  CHECK(near(found[Measure::recovery]) == Approx(0.5));
}

TEST_CASE("what a run does not have is undefined and not 0", "[measure]") {
  const std::vector<Readout> one = readouts_named({"eot"});
  PairRows pair;
  pair.clean = pair.unpatched = {numbered(2.0, 0)};
  const Measured found = measure_site({numbered(1.0, 0)}, pair, one, 0);
  CHECK(near(found[Measure::kl_divergence]) == Approx(1.25));
  CHECK(near(found[Measure::clean_answer_score]) == Approx(10.0));
  CHECK(near(found[Measure::clean_answer_score_change]) == Approx(-10.0));
  for (const Measure measure :
       {Measure::l2_difference, Measure::corrupted_answer_score, Measure::answer_logit_diff,
        Measure::answer_logit_diff_change, Measure::clean_score, Measure::corrupted_score,
        Measure::answer_diff, Measure::answer_diff_change, Measure::recovery}) {
    CAPTURE(measure_name(measure));
    CHECK(found[measure].status() == Status::too_few_rows);
  }
}

TEST_CASE("a read-out that a pair lacks is left out, a NaN is not", "[measure]") {
  Rows site = numbered_rows(1.0);
  site[3].reset();  // an answer of one token
  Measured found = measure_site(site, numbered_pair(), six, 100);
  CHECK(near(found[Measure::kl_divergence]) == Approx((1.25 + 3.25 + 6.25) / 3.0));
  CHECK(near(found[Measure::clean_score]) == Approx(-3.25));
  site[2]->reverse_kl = std::numeric_limits<double>::quiet_NaN();
  site[2]->l2 = std::numeric_limits<double>::infinity();
  found = measure_site(site, numbered_pair(), six, 100);
  CHECK(found[Measure::kl_divergence].status() == Status::nonfinite);
  CHECK(found[Measure::l2].status() == Status::nonfinite);
  CHECK(found[Measure::l2_difference].status() == Status::nonfinite);
  CHECK(found[Measure::kl_from_baseline].ok());
}

TEST_CASE("each measure has a name of its own and a unit", "[measure]") {
  std::set<std::string_view> names;
  for (const Measure measure : all_measures()) names.insert(measure_name(measure));
  CHECK(names.size() == measure_count);
  CHECK(measure_name(Measure::kl_divergence) == "kl_divergence");
  CHECK(measure_name(Measure::recovery) == "recovery");
  CHECK(measure_unit(Measure::kl_from_baseline) == "nats");
  CHECK(measure_unit(Measure::answer_diff_change) == "nats");
  CHECK(measure_unit(Measure::answer_logit_diff_change) == "logits");
  CHECK(measure_unit(Measure::l2) == "logits");
  CHECK(measure_unit(Measure::prediction_change_rate) == "share");
  CHECK(measure_unit(Measure::recovery) == "recovery");
}

}  // namespace phiscope::analyze::patching::measure_test
