// SPDX-License-Identifier: MIT
#include "figure/gnuplot/gnuplot.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace phiscope::figure;
using phiscope::test::example_curves;
using phiscope::test::example_map;

namespace {

std::filesystem::path script_program(const std::filesystem::path& folder, const std::string& text) {
  const auto path = folder / "gnuplot";
  std::ofstream(path) << "#!/bin/sh\n" << text << '\n';
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace

TEST_CASE("a script draws every defined value and no other", "[gnuplot]") {
  const std::string script = gnuplot_script(example_map(), Format::svg);
  CHECK_THAT(script, Contains("$p0d << EOD\n0 0 1\n1 0 -2\n0 1 0\n1 1 0.5\n2 1 2\nEOD\n"));
  CHECK_THAT(script, Contains("$p0u << EOD\n2 0\nEOD\n"));
  CHECK_THAT(script, Contains("set cbrange [-2:2]"));
  CHECK_THAT(script, Contains("fs pattern"));
}

TEST_CASE("a gap in a curve stays a gap", "[gnuplot]") {
  const std::string script = gnuplot_script(example_curves(), Format::svg);
  CHECK_THAT(script, Contains("$p0s0 << EOD\n-1 1\n\n1 2\n2 3\nEOD\n"));
  CHECK_THAT(script, Contains("$p0l0 << EOD\n-1 0.5 1.5\n\n1 1.5 2.5\n\nEOD\n"));
  CHECK_THAT(script, Contains("no defined value"));
}

TEST_CASE("scattered points are joined by no line", "[gnuplot]") {
  Figure figure = example_curves();
  CHECK_THAT(gnuplot_script(figure, Format::svg), Contains("$p0s0 using 1:2 with linespoints lw"));
  std::get<Lines>(figure.panels[0].content).series[0].scattered = true;
  CHECK_THAT(gnuplot_script(figure, Format::svg), Contains("$p0s0 using 1:2 with points pt 7"));
}

TEST_CASE("texts reach gnuplot as literals that cannot end early", "[gnuplot]") {
  Figure figure = example_map();
  figure.title = "'\n!touch /tmp/x\n' . system('id') . '";
  const std::string script = gnuplot_script(figure, Format::svg);
  CHECK_THAT(script, Contains("set label 1 ''' !touch /tmp/x '' . system(''id'') . ''' at"));
}

TEST_CASE("gnuplot's maps have the same borders, stars and logarithm, its points labels",
          "[gnuplot]") {
  Figure figure = example_map();
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.x_breaks = {2};
  map.y_breaks = {1};
  map.marked = {true, false, false, false, false, false};
  map.is_log = true;
  figure.panels[1] = example_curves().panels[0];
  std::get<Lines>(figure.panels[1].content).series[0].labels = {"a \"b\"", "", "", ""};
  const std::string script = gnuplot_script(figure, Format::svg);
  CHECK_THAT(script, Contains("from first 1.5, graph 0 to first 1.5, graph 1 nohead"));
  CHECK_THAT(script, Contains("from graph 0, first 0.5 to graph 1, first 0.5 nohead"));
  CHECK_THAT(script, Contains("unset arrow 6001\nunset arrow 6002\n"));
  CHECK_THAT(script, Contains("0 0 1.00*\n"));
  CHECK_THAT(script, Contains("set cbrange [-1:1]"));
  CHECK_THAT(script, Contains("1 0 -1\n"));  // -2 of a limit of 2
  CHECK_THAT(script, Contains("set cbtics ('-2' -1, "));
  CHECK_THAT(script, Contains("$p1t0 << EOD\n-1 1 \"a  b \"\nEOD\n"));
  if (const auto gnuplot = find_gnuplot()) {
    CHECK_THAT(render(figure, Format::svg, *gnuplot), Contains("a  b"));
  }
}

TEST_CASE("a figure may be named after a run with any name", "[gnuplot][needs_gnuplot]") {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) {
    std::cout << "skipped: no gnuplot in PATH\n";
    return;
  }
  Figure figure = example_map();
  figure.name = "heatmap_sink-keep.2";
  CHECK_THAT(gnuplot_script(figure, Format::svg), Contains("svg name 'heatmap__sink_dkeep_p2"));
  CHECK_THAT(render(figure, Format::svg, *gnuplot), Contains("</svg>"));
}

TEST_CASE("gnuplot draws SVG and PNG, the same bytes each time", "[gnuplot][needs_gnuplot]") {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) {
    std::cout << "skipped: no gnuplot in PATH\n";
    return;
  }
  for (const Figure& figure : {example_map(), example_curves()}) {
    const std::string svg = render(figure, Format::svg, *gnuplot);
    const std::string png = render(figure, Format::png, *gnuplot);
    CHECK_THAT(svg, Contains("<svg") && Contains("</svg>"));
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    CHECK(render(figure, Format::svg, *gnuplot) == svg);
    CHECK(render(figure, Format::png, *gnuplot) == png);
  }
  const std::string svg = render(example_map(), Format::svg, *gnuplot);
  CHECK_THAT(svg, Contains("it's &lt;b>&amp; \"more\""));
  CHECK_THAT(svg, Contains("`date` $(date) @x"));
  CHECK_THAT(svg, Contains("font-weight=\"bold\""));
}

TEST_CASE("many pictures are those of one process each, and a bad one costs itself alone",
          "[gnuplot][needs_gnuplot]") {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) {
    std::cout << "skipped: no gnuplot in PATH\n";
    return;
  }
  Figure bad = example_map();
  bad.title = "bad";
  const Figure curves = example_curves();
  const Figure map = example_map();
  const std::vector<Picture> pictures = {
      {&map, Format::svg}, {&curves, Format::svg}, {&curves, Format::png}, {&bad, Format::png},
      {&map, Format::png}, {&bad, Format::svg},    {&map, Format::svg},    {&curves, Format::png}};
  const phiscope::test::TempDir folder;
  const auto breaks = script_program(
      folder.path(), "sed \"s/^set label 1 'bad'.*/nonsense/\" | " + gnuplot->string() + " -d");
  for (const auto& program : {*gnuplot, breaks}) {
    const auto drawn = render(pictures, program);
    REQUIRE(drawn.size() == pictures.size());
    for (std::size_t k = 0; k < pictures.size(); ++k) {
      CAPTURE(k);
      if (program == breaks && pictures[k].figure == &bad) {
        CHECK_THAT(drawn[k].problem, Contains("figure map: invalid command"));
        CHECK(drawn[k].bytes.empty());
      } else {
        CHECK(drawn[k].problem.empty());
        const bool same =
            drawn[k].bytes == render(*pictures[k].figure, pictures[k].format, *gnuplot);
        CHECK(same);
      }
    }
  }
}

TEST_CASE("a gnuplot that hangs is ended, and no other is asked", "[gnuplot]") {
  const phiscope::test::TempDir folder;
  const auto program = script_program(
      folder.path(), "echo x >>'" + (folder.path() / "calls").string() + "'; exec sleep 600");
  const Figure map = example_map();
  const std::vector<Picture> pictures = {{&map, Format::svg}, {&map, Format::png}};
  const auto drawn = render(pictures, program, std::chrono::milliseconds(300));
  REQUIRE(drawn.size() == 2);
  CHECK_THAT(drawn[0].problem, Contains("figure map: took longer than 300 ms"));
  CHECK(drawn[1].problem == drawn[0].problem);
  std::ifstream calls(folder.path() / "calls");
  const std::string text{std::istreambuf_iterator<char>(calls), {}};
  CHECK(text.size() <= 2);  // none if the machine did not come to it
}

TEST_CASE("a variable of the environment does not change a picture", "[gnuplot]") {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) return;
  const std::string before = render(example_curves(), Format::svg, *gnuplot);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  setenv("GNUPLOT_DEFAULT_GDFONT", "Courier", 1);
  CHECK(render(example_curves(), Format::svg, *gnuplot) == before);
  unsetenv("LC_ALL");
  unsetenv("GNUPLOT_DEFAULT_GDFONT");
}

TEST_CASE("a gnuplot that fails, says nothing or is missing is an error", "[gnuplot]") {
  const phiscope::test::TempDir folder;
  SECTION("exit status 3 with a message") {
    const auto program =
        script_program(folder.path(), "echo first >&2; echo 'bad font' >&2; exit 3");
    CHECK_THROWS_WITH(render(example_map(), Format::svg, program),
                      program.string() + ": figure map: bad font");
  }
  SECTION("killed by a signal") {
    const auto program = script_program(folder.path(), "echo half; kill -9 $$");
    CHECK_THROWS_WITH(render(example_map(), Format::svg, program), Contains("no message"));
  }
  SECTION("nothing drawn") {
    const auto program = script_program(folder.path(), "exit 0");
    CHECK_THROWS_WITH(render(example_map(), Format::svg, program), Contains("drew nothing"));
  }
  SECTION("no such program") {
    CHECK_THROWS_WITH(render(example_map(), Format::svg, folder.path() / "none"),
                      Contains("cannot be started: No such file or directory"));
  }
}

TEST_CASE("gnuplot is looked for in PATH alone", "[gnuplot]") {
  const phiscope::test::TempDir folder;
  const std::string before = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  CHECK_FALSE(find_gnuplot().has_value());
  const auto program = script_program(folder.path(), "exit 0");
  setenv("PATH", ("/nonexistent:" + folder.path().string()).c_str(), 1);
  CHECK(find_gnuplot() == program);
  setenv("PATH", before.c_str(), 1);
}
