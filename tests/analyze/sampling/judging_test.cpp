// SPDX-License-Identifier: MIT
#include "sampling/judging.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "synthetic_study.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

namespace phiscope::analyze::sampling::judging_test {

using test::Json;

namespace {

/// Three clusters in each of the two problems that have right solutions: three pairs each.
std::vector<Study> three_clusters() {
  return test::analyzed_study({}, {.clusters = 3});
}

std::vector<Json> requests_of(const std::vector<Study>& studies, const Judging& judging) {
  std::vector<Json> lines;
  std::istringstream text(requests_text(studies, judging));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string line_of(const std::string& id, const std::string& status, const Json& distinct,
                    const std::string& reason) {
  return Json{{"id", id}, {"status", status}, {"distinct", distinct}, {"reason", reason}}.dump() +
         "\n";
}

Verdicts verdicts_of(const std::string& text) {
  const test::TempDir folder;
  test::write_text(folder.path() / "judgements.jsonl", text);
  return read_verdicts(folder.path() / "judgements.jsonl");
}

}  // namespace

TEST_CASE("every pair of representatives is asked in both orders", "[judging]") {
  const auto studies = three_clusters();
  const Judging judging = judge_pairs(studies, std::nullopt, {});
  REQUIRE(judging.pairs.size() == 6);
  const auto lines = requests_of(studies, judging);
  REQUIRE(lines.size() == 12);
  const auto& members = studies[0].clusters->problems[1].members;
  for (const JudgedPair& pair : judging.pairs) {
    for (std::size_t side = 0; side < 2 && pair.problem == 1; ++side) {
      const auto& sample = studies[0].clusters->run.samples[1][0][pair.samples[side]];
      CHECK(pair.texts[side] == sample.text);
      const auto member = std::find_if(members.begin(), members.end(), [&](const Member& each) {
        return each.sample == pair.samples[side];
      });
      CHECK(member->representative);
      CHECK(member->cluster == pair.clusters[side]);
    }
  }
  CHECK(lines[0].at("problem") == "What is b?");
  CHECK(lines[0].at("first") == judging.pairs[0].texts[0]);
  CHECK(lines[0].at("second") == judging.pairs[0].texts[1]);
  CHECK(lines[1].at("first") == judging.pairs[0].texts[1]);
  CHECK(lines[0].at("id").get<std::string>().starts_with("b/T0.8/"));
  CHECK(lines[0].at("id") != lines[1].at("id"));
  CHECK_THAT(judge_line(judging), Contains("6 pairs of representatives are not judged"));
  CHECK(judge_figures(judging).empty());
}

TEST_CASE("pairs are distinct, the same, inconsistent or missing", "[judging]") {
  const auto studies = three_clusters();
  const Judging asked = judge_pairs(studies, std::nullopt, {});
  const auto id = [&](std::size_t pair, std::size_t order) { return asked.pairs[pair].ids[order]; };
  const Judging judging = judge_pairs(
      studies,
      verdicts_of(line_of(id(0, 0), "ok", true, "") + line_of(id(0, 1), "ok", true, "") +
                  line_of(id(1, 0), "ok", false, "") + line_of(id(1, 1), "ok", false, "") +
                  line_of(id(2, 0), "ok", true, "") + line_of(id(2, 1), "ok", false, "") +
                  line_of(id(3, 0), "ok", true, "") +
                  line_of(id(3, 1), "missing", nullptr, "timeout") +
                  line_of("other", "ok", true, "")),
      {});
  std::vector<std::string> found;
  for (const JudgedPair& pair : judging.pairs)
    found.emplace_back(agreement_name(agreement_of(pair)));
  CHECK(found == std::vector<std::string>{"distinct", "same", "inconsistent", "missing", "missing",
                                          "missing"});
  CHECK(judging.foreign == 1);
  // One of two judged pairs of problem b; no pair of problem d has both verdicts.
  CHECK(judging.shares == std::vector<Value>{0.5, Status::no_pairs});
  CHECK(judging.distinct.mean.value == Value(0.5));
  const std::string line = judge_line(judging);
  CHECK_THAT(line, Contains("of 6 pairs 1 distinct, 1 same, 1 inconsistent, 3 missing"));
  CHECK_THAT(line, Contains("verdict missing: not_asked 4; verdict missing: timeout 1"));
  CHECK_THAT(line, Contains("1 verdicts are on other requests"));
  const auto figures = judge_figures(judging);
  REQUIRE(figures.size() == 1);
  figure::check(figures[0]);
  const auto& bars = std::get<figure::Histogram>(figures[0].panels[0].content);
  CHECK(bars.series[0].values[5] == 1.0);
  CHECK(bars.series[0].values[0] == 0.0);
  const test::TableRows rows(judgement_table(studies, judging).table,
                             {"problem", "cluster_a", "cluster_b"});
  CHECK(rows.text({"b", "0", "1"}, "outcome") == "distinct");
  CHECK(rows.number({"b", "1", "2"}, "a_first") == 1.0);
  CHECK(rows.number({"b", "1", "2"}, "b_first") == 0.0);
  CHECK_FALSE(rows.number({"d", "0", "1"}, "b_first"));
}

TEST_CASE("verdicts on other texts are not taken", "[judging]") {
  test::SyntheticStudy changed;
  const auto said = changed.clustering.said;
  changed.clustering.said = [said](std::int64_t p, std::int64_t t, std::int64_t s) {
    return "now " + said(p, t, s);
  };
  const auto before = judge_pairs(three_clusters(), std::nullopt, {});
  const auto after = judge_pairs(test::analyzed_study(changed, {.clusters = 3}), std::nullopt, {});
  REQUIRE(before.pairs.size() == after.pairs.size());
  CHECK(before.pairs[0].ids[0] != after.pairs[0].ids[0]);
}

TEST_CASE("a line that is no verdict is refused, a missing file named", "[judging]") {
  CHECK_THROWS_WITH(verdicts_of(line_of("a", "ok", nullptr, "")), Contains("distinct is null"));
  CHECK_THROWS_WITH(verdicts_of(line_of("a", "missing", false, "")), Contains("distinct is false"));
  CHECK_THROWS_WITH(verdicts_of(line_of("a", "ok", true, "") + line_of("a", "ok", true, "")),
                    Contains("of an earlier line"));
  CHECK_THROWS_WITH(read_verdicts("/nowhere/judgements.jsonl"), Contains("is missing"));
}

}  // namespace phiscope::analyze::sampling::judging_test
