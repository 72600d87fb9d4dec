// SPDX-License-Identifier: MIT
#include "report/folder.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <cstdlib>

using namespace phiscope;
using namespace phiscope::report;
using phiscope::test::TempDir;
using Json = nlohmann::ordered_json;

TEST_CASE("files are written in order, and none if two have one name", "[folder]") {
  const TempDir folder;
  const auto written = write_files({{"a.txt", "1"}, {"b.txt", "2"}}, folder.path() / "x" / "y");
  CHECK(written == std::vector<std::string>{"a.txt", "b.txt"});
  CHECK(test::tree(folder.path() / "x" / "y") ==
        std::map<std::string, std::string>{{"a.txt", "1"}, {"b.txt", "2"}});
  CHECK_THROWS_WITH(write_files({{"a", "1"}, {"a", "2"}}, folder.path() / "z"),
                    Contains("a: two outputs have this name"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "z"));
}

TEST_CASE("where a file cannot be written the earlier ones stay, each complete", "[folder]") {
  const TempDir folder;
  std::filesystem::create_directories(folder.path() / "b.txt");  // no file can take its name
  CHECK_THROWS_WITH(write_files({{"a.txt", "1"}, {"b.txt", "2"}, {"c.txt", "3"}}, folder.path()),
                    Contains("b.txt: cannot rename into place"));
  CHECK(test::tree(folder.path()) == std::map<std::string, std::string>{{"a.txt", "1"}});
}

TEST_CASE("tables become CSV files and a description", "[folder]") {
  const auto files = table_files({{"t.csv", "what a row is", {{"x", "y"}, {{1.5, 2.0}}}}});
  REQUIRE(files.size() == 2);
  CHECK(files[0].name == "t.csv");
  CHECK(files[0].bytes == "x,y\n1.5,2\n");
  CHECK(files[1].name == "tables.json");
  CHECK(
      Json::parse(files[1].bytes) ==
      Json::array(
          {{{"file", "t.csv"}, {"about", "what a row is"}, {"rows", 1}, {"columns", {"x", "y"}}}}));
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
TEST_CASE("a label becomes a part of a file's name", "[folder]") {
  CHECK(file_part("noise:1 + x/y_z-2.0") == "noise_1___x_y_z-2.0");
}
