// SPDX-License-Identifier: MIT
#include "files/ranking_csv.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "shard/text/csv.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <vector>

using phiscope::extract::HeadGrid;
using phiscope::extract::Ranking;
using phiscope::extract::read_ranking;
using phiscope::test::reference;
using phiscope::test::TempDir;
using Heads = std::vector<std::int64_t>;

namespace {

Ranking ranking_of(const std::string& text, const std::string& column = "",
                   std::optional<HeadGrid> expected = std::nullopt) {
  const TempDir folder;
  phiscope::test::write_text(folder.path() / "r.csv", text);
  return read_ranking(folder.path() / "r.csv", column, expected);
}

}  // namespace

TEST_CASE("heads are removed from the highest score to the lowest", "[ranking_csv]") {
  const std::string rows = "0,0.1\n1,0.7\n2,0.7\n3,-2\n";
  const Ranking ranking = ranking_of("head_idx,my_score\n" + rows);
  CHECK(ranking.score_column == "my_score");
  CHECK(ranking.unranked == 0);
  CHECK_FALSE(ranking.grid.has_value());
  CHECK(ranking.descending() == Heads{1, 2, 0, 3});  // of equal scores the lower number first
}

TEST_CASE("a head is identified by its number, by layer and head, or by both", "[ranking_csv]") {
  const std::vector<std::string> files = {
      "head_idx,score\n3,4\n0,1\n2,3\n1,2\n",
      "layer,head_in_layer,score\n1,1,4\n0,0,1\n1,0,3\n0,1,2\n",
      "score,head_in_layer,layer,head_idx,about\n4,1,1,3,x\n1,0,0,0,\n3,0,1,2,\n2,1,0,1,\n"};
  for (const std::string& file : files) {
    CAPTURE(file);
    const Ranking ranking = ranking_of(file);
    CHECK(ranking.descending() == Heads{3, 2, 1, 0});
    CHECK(ranking.grid.has_value() == (file != files[0]));
    if (ranking.grid) CHECK(*ranking.grid == HeadGrid{.layers = 2, .heads = 2});
    CHECK(ranking_of(file, "score", HeadGrid{2, 2}).descending() == ranking.descending());
  }
}

TEST_CASE("an unranked head is removed last", "[ranking_csv]") {
  const Ranking ranking =
      ranking_of("head_idx,balance_score,n_pairs_ok\n0,,0\n1,-3,2\n2,,0\n3,5,1\n");
  CHECK(ranking.descending() == Heads{3, 1, 0, 2});
  CHECK(ranking.unranked == 2);
  CHECK_FALSE(ranking.scores[0].has_value());
  CHECK(ranking_of("head_idx,score,n_pairs_ok,status\n0,,3,ok\n1,1,2,ok\n").unranked == 1);
  CHECK_THROWS_WITH(ranking_of("head_idx,score,n_pairs_ok\n0,,3\n1,1,2\n"),
                    Contains("r.csv: line 2, column 'score': found '', expected a finite number"));
  CHECK_THROWS_WITH(ranking_of("head_idx,score\n0,1\n1,\n"), Contains("line 3, column 'score'"));
  CHECK_THROWS_WITH(ranking_of("head_idx,score,n_pairs_ok\n0,,x\n1,1,2\n"),
                    Contains("line 2, column 'n_pairs_ok': found 'x'"));
}

TEST_CASE("the score column is the only one or must be named", "[ranking_csv]") {
  const std::string two = "head_idx,a_score,b_score\n0,1,2\n1,2,1\n";
  CHECK_THROWS_WITH(ranking_of(two), Contains("line 1: found score columns a_score, b_score"));
  CHECK(ranking_of(two, "a_score").descending() == Heads{1, 0});
  CHECK(ranking_of(two, "b_score").descending() == Heads{0, 1});
  CHECK_THROWS_WITH(ranking_of(two, "c"), Contains("expected a column 'c'"));
  CHECK_THROWS_WITH(ranking_of("head_idx,value\n0,1\n"), Contains("found no score column"));
}

TEST_CASE("a table that is not one row per head is refused", "[ranking_csv]") {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"score\n1\n", "expected a column 'layer'"},
      {"layer,score\n0,1\n", "expected a column 'head_in_layer'"},
      {"head_idx,score\n", "line 2: found no row, expected a row for every head"},
      {"head_idx,score\n0,1\n0,2\n", "line 3: found head 0 again, a duplicate of line 2"},
      {"head_idx,score\n0,1\n2,2\n", "line 3, column 'head_idx': found '2', expected less than 2"},
      {"head_idx,score\n0,1\n-1,2\n", "found '-1', expected an integer"},
      {"layer,head_in_layer,score\n0,0,1\n1,1,2\n0,1,3\n", "found 3 rows with 2 heads in a layer"},
      {"layer,head_in_layer,score\n0,0,1\n0,0,2\n", "line 3: found head 0 again"},
      {"layer,head_in_layer,score\n0,0,1\n0,1,2\n1,0,3\n2,1,4\n",
       "line 5, column 'layer': found '2', expected an integer from 0 to 1"},
      {"head_idx,layer,head_in_layer,score\n0,0,0,1\n1,0,1,2\n3,1,0,3\n2,1,1,4\n",
       "line 4, column 'head_idx': found '3', expected 2, the number of that layer and head"}};
  for (const Case& bad : cases) {
    CAPTURE(bad.text);
    CHECK_THROWS_WITH(ranking_of(bad.text), Contains(bad.message));
  }
  const std::string four = "head_idx,score\n0,1\n1,2\n2,3\n3,4\n";
  CHECK_THROWS_WITH(ranking_of(four, "", HeadGrid{3, 2}),
                    Contains("found rows for 4 heads, expected 6 (3 layers of 2)"));
  const std::string other = "layer,head_in_layer,score\n0,0,1\n0,1,2\n0,2,3\n0,3,4\n";
  CHECK_THROWS_WITH(ranking_of(other, "", HeadGrid{2, 2}),
                    Contains("line 4, column 'head_in_layer': found '2'"));
}

TEST_CASE("published rankings are read", "[ranking_csv][needs_reference]") {
  const auto data = reference();
  if (!data) SKIP_NO_REFERENCE();
  const std::vector<std::pair<std::string, HeadGrid>> files = {
      {"gemma3_4b_head_rankings.csv", {34, 8}},
      {"pythia1b_concat_head_rankings.csv", {16, 8}},
      {"pythia1b_concat_head_rankings_balanced.csv", {16, 8}},
      {"pythia1b_head_rankings.csv", {16, 8}},
      {"qwen3_8b_head_rankings.csv", {36, 32}},
      {"qwen3_8b_head_rankings_balanced.csv", {36, 32}}};
  for (const auto& [name, grid] : files) {
    CAPTURE(name);
    const auto file = *data / "published" / "phiid" / "rankings" / name;
    const Ranking ranking = read_ranking(file, "", grid);
    CHECK(ranking.score_column == "syn_red_score");
    CHECK(ranking.grid == grid);
    const Heads order = ranking.descending();
    Heads sorted = order;
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(sorted.size() == static_cast<std::size_t>(grid.count()));
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      CHECK(sorted[i] == static_cast<std::int64_t>(i));
      if (i == 0) continue;
      const double above = ranking.scores[static_cast<std::size_t>(order[i - 1])].value();
      const double below = ranking.scores[static_cast<std::size_t>(order[i])].value();
      CHECK((above > below || (above == below && order[i - 1] < order[i])));
    }
  }
}
