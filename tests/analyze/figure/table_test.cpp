// SPDX-License-Identifier: MIT
#include "figure/table.hpp"

#include "catch.hpp"

#include <charconv>
#include <clocale>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

using phiscope::Cell;
using phiscope::Table;
using phiscope::Undefined;

namespace {

Table example() {
  return {.columns = {"name", "n", "mean"},
          .rows = {{std::string("plain"), std::int64_t{3}, 0.1},
                   {std::string("a \"b\", c\nd"), std::int64_t{-1}, Undefined{"no_cross_pairs"}}}};
}

}  // namespace

TEST_CASE("a table becomes CSV with quotes where they are needed", "[table]") {
  CHECK(phiscope::to_csv(example()) == "name,n,mean\nplain,3,0.1\n\"a \"\"b\"\", c\nd\",-1,\n");
}

TEST_CASE("a table becomes strict JSON that names the reason of what is missing", "[table]") {
  const auto json = nlohmann::json::parse(phiscope::to_json(example()));
  CHECK(json["columns"] == nlohmann::json({"name", "n", "mean"}));
  CHECK(json["rows"][0]["mean"] == 0.1);
  CHECK(json["rows"][0].contains("mean_undefined") == false);
  CHECK(json["rows"][1]["mean"].is_null());
  CHECK(json["rows"][1]["mean_undefined"] == "no_cross_pairs");
  CHECK(json["rows"][1]["n"] == -1);
}

TEST_CASE("every number in a table reads back to the same double", "[table]") {
  std::mt19937_64 engine(7);
  for (int i = 0; i < 20000; ++i) {
    double value = 0.0;
    const std::uint64_t bits = engine();
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = phiscope::number_text(value);
    double back = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    REQUIRE(back == value);
  }
  CHECK(phiscope::number_text(0.1) == "0.1");
  CHECK(phiscope::number_text(1e300) == "1e+300");
}

TEST_CASE("a table does not depend on the locale", "[table]") {
  const std::string before = phiscope::to_csv(example());
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    CHECK(phiscope::to_csv(example()) == before);
  }
  std::setlocale(LC_ALL, "C");
}

TEST_CASE("NaN and infinity never reach a table", "[table]") {
  const double bad =
      GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
               -std::numeric_limits<double>::infinity());
  CHECK(std::get<Undefined>(phiscope::number_cell(bad)).reason == "nonfinite");
  CHECK(std::get<double>(phiscope::number_cell(2.5)) == 2.5);
  const Table table{.columns = {"x"}, .rows = {{bad}}};
  CHECK_THROWS_WITH(phiscope::to_csv(table), Contains("not finite"));
  CHECK_THROWS_WITH(phiscope::to_json(table), Contains("not finite"));
}

TEST_CASE("a broken table is refused with both numbers", "[table]") {
  const Table ragged{.columns = {"a", "b"}, .rows = {{1.0, 2.0}, {1.0}}};
  CHECK_THROWS_WITH(phiscope::to_csv(ragged), "table: row 1 has 1 cells, expected 2");
  const Table twice{.columns = {"n", "n"}, .rows = {}};
  CHECK_THROWS_WITH(phiscope::to_json(twice), Contains("same name"));
}

TEST_CASE("numbers for people keep their significant digits", "[table]") {
  CHECK(phiscope::rounded_text(0.0, 3) == "0");
  CHECK(phiscope::rounded_text(1234.5678, 3) == "1235");
  CHECK(phiscope::rounded_text(-0.012345, 3) == "-0.0123");
  CHECK(phiscope::rounded_text(1.5e-7, 3) == "1.50e-07");
  CHECK(phiscope::rounded_text(2.5e9, 2) == "2.5e+09");
}
