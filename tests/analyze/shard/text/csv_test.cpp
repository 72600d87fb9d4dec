// SPDX-License-Identifier: MIT
#include "shard/text/csv.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <vector>

using phiscope::shard::Csv;
using phiscope::shard::FormatError;

namespace {

Csv parsed(const std::string& text) {
  return Csv::parse(text, "x.csv");
}

}  // namespace

TEST_CASE("rows, quotes and line ends of RFC 4180", "[csv]") {
  const Csv csv = parsed("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n,3");
  CHECK(csv.columns() == std::vector<std::string>{"a", "b"});
  REQUIRE(csv.rows() == 2);
  CHECK(csv.text(0, 0) == "1");
  CHECK(csv.text(0, 1) == "x, \"y\"\nz");
  CHECK(csv.text(1, 0).empty());
  CHECK(csv.text(1, 1) == "3");
  CHECK(csv.line(0) == 2);
  CHECK(csv.line(1) == 4);  // the quoted field has a line end
  CHECK(csv.column("b") == 1);
  CHECK(csv.has("a"));
  CHECK_FALSE(csv.has("c"));
}

TEST_CASE("a byte order mark and a missing last line end do not matter", "[csv]") {
  for (const std::string text : {"a,b\n1,2\n", "a,b\n1,2",
                                 "\xEF\xBB\xBF"
                                 "a,b\n1,2\n",
                                 "a,b\r\n1,2\r\n", "\"a\",b\n\"1\",2\n"}) {
    CAPTURE(text);
    const Csv csv = parsed(text);
    REQUIRE(csv.rows() == 1);
    CHECK(csv.column("a") == 0);
    CHECK(csv.count(0, 0, 10) == 1);
    CHECK(csv.number(0, 1) == 2.0);
  }
  CHECK(parsed("a,b\n").rows() == 0);
}

TEST_CASE("numbers are decimal, finite and nothing else", "[csv]") {
  const Csv csv = parsed("a\n3e-3\n-12.5\n7\n9223372036854775807\n-0.0\n");
  CHECK(csv.number(0, 0) == 0.003);
  CHECK(csv.number(1, 0) == -12.5);
  CHECK(csv.count(2, 0, 7) == 7);
  CHECK(csv.count(3, 0, 9223372036854775807) == 9223372036854775807);
  CHECK(csv.number(4, 0) == 0.0);
  for (const std::string bad :
       {"", " 1", "1 ", "nan", "inf", "-inf", "0x1p-1", "1e999", "1,5", "high", "1.5.2", "+1"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(parsed("a\n\"" + bad + "\"\n").number(0, 0),
                      Contains("x.csv: line 2, column 'a': found '" + bad + "'") &&
                          Contains("expected a finite number"));
  }
  for (const std::string bad : {"", "-1", "-0", "1.5", "8", "1e0", "18446744073709551616", "x"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(parsed("a\n" + bad + (bad.empty() ? "\"\"\n" : "\n")).count(0, 0, 7),
                      Contains("found '" + bad + "', expected an integer from 0 to 7"));
  }
}

TEST_CASE("what is not CSV is refused where it stands", "[csv]") {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "x.csv: line 1: found an empty file, expected column names"},
      {"\xEF\xBB\xBF", "found an empty file"},
      {std::string("\xFF\xFE") + "a", "line 1, column 1: found UTF-16, expected UTF-8"},
      {std::string("\xFE\xFF") + "a", "found UTF-16"},
      {"a,b\n1,2\n1,2,3\n", "line 3, column 2: found 3 fields, expected 2 as in the header"},
      {"a,b\n1\n", "line 2, column 1: found 1 fields, expected 2"},
      {"a,b\n1,2\n\n", "line 3, column 1: found 1 fields, expected 2"},
      {"a,a\n", "line 1, column 2: found 'a' again, a duplicate"},
      {"a,\n1,2\n", "line 1, column 2: found an empty name"},
      {"a;b\n1;2\n", "line 1, column 1: found 'a;b', expected commas"},
      {"a\tb\n", "expected commas"},
      {"a,b\n1,\"2\n3,4\n", "line 2, column 2: a quote is opened and found unclosed"},
      {"a,b\n1,2\"3\n", "line 2, column 2: found a quote inside of a field"},
      {"a,b\n\"1\"2,3\n", "line 2, column 1: found '2' after a field in quotes"},
      {"a,b\n1\r,2\n", "line 2, column 1: found a carriage return"},
      {"a,b\r1,2\r", "line 1, column 2: found a carriage return"},
      {std::string("a\n1\0002\n", 6), "line 2, column 1: found a zero byte"},
      {std::string("a\n\"1\0002\"\n", 8), "line 2, column 1: found a zero byte"},
  };
  for (const Case& bad : cases) {
    CAPTURE(bad.text);
    CHECK_THROWS_AS(parsed(bad.text), FormatError);
    CHECK_THROWS_WITH(parsed(bad.text), Contains(bad.message));
  }
  CHECK_THROWS_WITH(parsed("a,b\n").column("c"),
                    Contains("line 1: found columns 'a, b', expected a column 'c'"));
}

TEST_CASE("a file is read and named", "[csv]") {
  const phiscope::test::TempDir folder;
  const auto file = folder.path() / "scores.csv";
  phiscope::test::write_text(file, "a,b\n1,x\n");
  const Csv csv = Csv::read(file);
  CHECK(csv.path() == file);
  CHECK_THROWS_WITH(csv.number(0, 1), Contains("scores.csv: line 2, column 'b': found 'x'"));
  CHECK_THROWS_WITH(Csv::read(folder.path() / "none.csv"), Contains("none.csv"));
}
