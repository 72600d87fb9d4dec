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
  CHECK(written == std::vector<std::string>{"a.txt", "b.txt", "files.json"});
  CHECK(test::read_text(folder.path() / "x" / "y" / "a.txt") == "1");
  CHECK(test::read_text(folder.path() / "x" / "y" / "b.txt") == "2");
  CHECK_THROWS_WITH(write_files({{"a", "1"}, {"a", "2"}}, folder.path() / "z"),
                    Contains("a: two outputs have this name"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "z"));
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
  const auto off = draw_figures(figures, Pictures::none, 1);
  CHECK(off.files.empty());
  CHECK_FALSE(off.blocks[0].drawn);
  REQUIRE(off.notes.size() == 1);
  CHECK_THAT(off.notes[0], Contains("switched off"));
  const TempDir folder;
  const std::string before = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  const auto missing = draw_figures(figures, Pictures::svg, 1);
  setenv("PATH", before.c_str(), 1);
  CHECK(missing.files.empty());
  CHECK(missing.blocks[0].drawn);
  CHECK_THAT(missing.notes.at(0), Contains("gnuplot is not in PATH"));
}

TEST_CASE("every figure is an SVG, and a PNG where that is asked for", "[folder][needs_gnuplot]") {
  const std::vector<figure::Figure> figures = {test::example_curves(), test::example_map()};
  const auto names_of = [&](Pictures pictures) {
    std::vector<std::string> names;
    for (const OutputFile& file : draw_figures(figures, pictures, 2).files) {
      const bool is_png = file.name.ends_with(".png");
      CHECK(file.bytes.substr(0, 4) == (is_png ? "\x89PNG" : "<?xm"));
      names.push_back(file.name);
    }
    return names;
  };
  const std::string one = figures[0].name;
  const std::string two = figures[1].name;
  CHECK(names_of(Pictures::svg) == std::vector<std::string>{one + ".svg", two + ".svg"});
  CHECK(names_of(Pictures::svg_and_png) ==
        std::vector<std::string>{one + ".svg", one + ".png", two + ".svg", two + ".png"});
}

TEST_CASE("a gnuplot that fails or hangs costs pictures, and a note says so", "[folder]") {
  std::vector<figure::Figure> figures = {test::example_curves(), test::example_map()};
  const TempDir folder;
  const auto drawn_by = [&](const std::string& script, std::chrono::milliseconds limit) {
    const auto path = folder.path() / "gnuplot";
    test::write_text(path, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const std::string before = std::getenv("PATH");
    setenv("PATH", (folder.path().string() + ":" + before).c_str(), 1);
    auto drawn = draw_figures(figures, Pictures::svg_and_png, 2, limit);
    setenv("PATH", before.c_str(), 1);
    return drawn;
  };
  for (const bool hangs : {false, true}) {
    const auto drawn = hangs ? drawn_by("exec sleep 600", std::chrono::milliseconds(50))
                             : drawn_by("echo 'out of memory' >&2; exit 3", std::chrono::hours(1));
    const std::string reason = hangs ? "took longer than 50 ms" : "out of memory";
    CHECK(drawn.files.empty());
    REQUIRE(drawn.blocks.size() == 2);
    CHECK(drawn.blocks[1].downloads.empty());
    const auto& note = drawn.notes.back();
    CHECK_THAT(note, Contains("4 of 4 SVG and PNG files are missing: ") && Contains(reason) &&
                         Contains(". The tables are complete."));
  }
}

TEST_CASE("labels are unique", "[folder]") {
  CHECK(unique_labels({"a", "b", "a", "", "a", "a_2"}) ==
        std::vector<std::string>{"a", "b", "a_2", "run", "a_3", "a_2_2"});
}
TEST_CASE("a label becomes a part of a file's name", "[folder]") {
  CHECK(file_part("noise:1 + x/y_z-2.0") == "noise_1___x_y_z-2.0");
}
