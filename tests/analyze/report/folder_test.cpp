// SPDX-License-Identifier: MIT
#include "report/folder.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "report/provenance.hpp"
#include "temp_dir.hpp"

#include <cstdlib>

using namespace phiscope;
using phiscope::test::TempDir;
using Json = nlohmann::ordered_json;

TEST_CASE("files are written together or not at all", "[folder]") {
  const TempDir folder;
  const auto written = write_files({{"a.txt", "1"}, {"b.txt", "2"}}, folder.path() / "x" / "y");
  CHECK(written == std::vector<std::string>{"a.txt", "b.txt"});
  CHECK(test::read_text(folder.path() / "x" / "y" / "b.txt") == "2");
  CHECK_THROWS_WITH(write_files({{"a", "1"}, {"a", "2"}}, folder.path() / "z"),
                    Contains("a: two outputs have this name"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "z"));
}

TEST_CASE("tables become CSV files and a description", "[folder]") {
  const auto files = table_files({{"t.csv", "what a row is", {{"x", "y"}, {{1.5, 2.0}}}}});
  REQUIRE(files.size() == 2);
  CHECK(files[0].bytes == "x,y\n1.5,2\n");
  CHECK(files[1].name == "tables.json");
  const Json about = Json::parse(files[1].bytes);
  CHECK(about[0]["about"] == "what a row is");
  CHECK(about[0]["rows"] == 1);
}

TEST_CASE("figures are drawn, switched off, or missing with a reason", "[folder]") {
  const std::vector<figure::Figure> figures = {test::example_curves()};
  const auto off = draw_figures(figures, false, 1);
  CHECK(off.files.empty());
  CHECK_FALSE(off.blocks[0].drawn);
  REQUIRE(off.notes.size() == 1);
  CHECK_THAT(off.notes[0], Contains("switched off"));
  const TempDir folder;
  const std::string before = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  const auto missing = draw_figures(figures, true, 1);
  setenv("PATH", before.c_str(), 1);
  CHECK(missing.files.empty());
  CHECK(missing.blocks[0].drawn);
  CHECK_THAT(missing.notes.at(0), Contains("gnuplot is not in PATH"));
}

TEST_CASE("labels are unique", "[folder]") {
  CHECK(unique_labels({"a", "b", "a", "", "a", "a_2"}) ==
        std::vector<std::string>{"a", "b", "a_2", "run", "a_3", "a_2_2"});
}

TEST_CASE("a plan becomes rows and facts", "[folder]") {
  const Json plan = Json::parse(
      R"({"version":"1","revision":"abc","orders":[1],"options":{"seed":3,"list":["a",2]},)"
      R"("model":{"name":"m","layers":2,"digests":{"model.safetensors":"0123456789abcdef"}}})");
  Table table{.columns = {"run", "what", "value"}, .rows = {}};
  add_plan_rows(plan, "r", "orders", table);
  CHECK(table.rows.size() == 7);
  CHECK(table.rows[2] ==
        std::vector<Cell>{std::string("r"), std::string("options.seed"), std::string("3")});
  CHECK(version_text(plan) == "version 1, revision abc");
  CHECK(members_text(plan_member(plan, "options")) == "seed 3; list a, 2");
  CHECK(model_text(plan_member(plan, "model")) == "m, 2 layers, model.safetensors 0123456789ab");
  CHECK(plan_member(plan, "none").is_null());
  std::vector<Fact> facts;
  add_fact("Same", {"x", "x"}, {"a", "b"}, facts);
  add_fact("Empty", {"", ""}, {"a", "b"}, facts);
  add_fact("Different", {"x", "y"}, {"a", "b"}, facts);
  CHECK(facts ==
        std::vector<Fact>{{"Same", "x"}, {"Different of a", "x"}, {"Different of b", "y"}});
}
