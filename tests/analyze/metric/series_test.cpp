// SPDX-License-Identifier: MIT
// phiid, autocorrelation, pair-balance and rank-difference through the program.
#include "catch.hpp"
#include "metric_files.hpp"
#include "metrics/random_rows.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <cmath>

using nlohmann::json;
using phiscope::test::MetricFolder;
using phiscope::test::random_rows;

namespace {

std::string quoted(const std::filesystem::path& path) {
  return "'" + path.string() + "'";
}

}  // namespace

TEST_CASE("a pair of the reference gives its atoms, or a status", "[series][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const MetricFolder folder;
  const auto root = *reference / "phiid";
  const auto manifest = phiscope::shard::read_json(root / "manifest.json");
  for (const json& one : manifest.at("cases")) {
    const auto name = one.at("name").get<std::string>();
    if (name != "var1_bidirectional" && name != "common_driver" && name != "constant_source") {
      continue;
    }
    for (const std::string kind : {"gaussian", "discrete"}) {
      for (const std::string redundancy : {"MMI", "CCS"}) {
        const json line =
            folder.answer("phiid " + quoted(root / (name + "_src.npy")) + " " +
                          quoted(root / (name + "_trg.npy")) + " --kind " + kind +
                          " --redundancy " + (redundancy == "MMI" ? "mmi" : "ccs") + " --lag 2");
        const json& wanted = one.at("results").at(kind + "_" + redundancy + "_tau2");
        CAPTURE(name, kind, redundancy, line.dump());
        CHECK(line.at("unit") == (kind == "gaussian" ? "nats" : "bits"));
        CHECK(line.at("atoms").at(15) == "sts");
        if (wanted.at("status") != "ok") {
          // What the original refuses is either undefined here or defined by our own rule.
          if (kind == "gaussian") CHECK(line.at("value").is_null());
          continue;
        }
        REQUIRE(line.at("status") == "ok");
        for (std::size_t k = 0; k < 16; ++k) {
          const auto atom = line.at("atoms").at(k).get<std::string>();
          CHECK(line.at("value").at(k).get<double>() ==
                Approx(wanted.at("atoms").at(atom).get<double>()).margin(1e-9));
        }
      }
    }
  }
}

TEST_CASE("integers and truth values are series of discrete information", "[series]") {
  const MetricFolder folder;
  const std::size_t steps = 60;
  std::vector<double> counts = random_rows(5, steps, 3).values;
  for (double& x : counts) x = std::round(4.0 * x);
  const auto value = [&](const std::string& file) {
    return folder.answer("phiid " + file + " --kind discrete").dump();
  };
  const std::string wanted = value(folder.matrix("f8", steps, 3, counts, {"f8"}));
  for (const bool fortran : {false, true}) {
    CHECK(value(folder.matrix("i8", steps, 3, counts, {"i8", false, fortran})) == wanted);
    CHECK(value(folder.matrix("big", steps, 3, counts, {"i8", true, fortran})) == wanted);
    CHECK(value(folder.matrix("i1", steps, 3, counts, {"i1", false, fortran})) == wanted);
  }
  for (double& x : counts) x = x > 0 ? 1.0 : 0.0;
  CHECK(value(folder.matrix("b1", steps, 3, counts, {"b1"})) ==
        value(folder.matrix("f8", steps, 3, counts, {"f8"})));
  std::vector<double> one(steps);
  std::vector<double> other(steps);
  for (std::size_t t = 0; t < steps; ++t) {
    one[t] = counts[3 * t];
    other[t] = counts[3 * t + 2];
  }
  const std::string shape = "(" + std::to_string(steps) + ",)";
  CHECK(value(folder.put("x", one, shape, {"b1"}) + " " + folder.labels("y", other)) ==
        value(folder.vector("x8", one) + " " + folder.vector("y8", other)));
}

TEST_CASE("all pairs are those of two, and threads change no byte", "[series]") {
  const MetricFolder folder;
  const std::size_t steps = 40;
  const std::size_t series = 130;  // more than one tile
  std::vector<double> values = random_rows(3, steps, series).values;
  for (std::size_t t = 0; t < steps; ++t) values[t * series + 7] = 2.5;  // constant
  const std::string file = folder.matrix("x", steps, series, values, {"f8"});
  for (const std::string options : {"--redundancy mmi", "--redundancy ccs", "--kind discrete"}) {
    const std::string one = folder.run("phiid " + file + " " + options + " --threads 1").out;
    CHECK(one == folder.run("phiid " + file + " " + options + " --threads 2").out);
    CHECK(one == folder.run("phiid " + file + " " + options + " --threads 3").out);
    const json all = json::parse(one);
    CHECK(all.at("n") == steps - 1);
    REQUIRE(all.at("value").size() == series * (series - 1) / 2);
    // Pair (0, 7) is the seventh, pair (0, 129) the last of the first series.
    const bool gaussian = options != "--kind discrete";
    CHECK(all.at("status").at(6) == (gaussian ? "constant_series" : "ok"));
    CHECK(all.at("value").at(6).is_null() == gaussian);
    std::vector<double> first(steps);
    std::vector<double> last(steps);
    for (std::size_t t = 0; t < steps; ++t) {
      first[t] = values[t * series];
      last[t] = values[t * series + series - 1];
    }
    const json two = folder.answer("phiid " + folder.vector("first", first) + " " +
                                   folder.vector("last", last) + " " + options);
    for (std::size_t k = 0; k < 16; ++k) {
      CHECK(all.at("value").at(128).at(k).get<double>() ==
            Approx(two.at("value").at(k).get<double>()).margin(1e-12));
    }
  }
}

TEST_CASE("rankings of the reference come out of its matrices", "[series][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const MetricFolder folder;
  const json wanted = phiscope::shard::read_json(*reference / "headrank" / "expected.json")
                          .at("results")
                          .at("valid_only_recommended");
  const auto matrix = [&](const std::string& name) {
    std::vector<double> values;
    for (const json& row : wanted.at(name)) {
      for (const json& x : row) values.push_back(x.is_null() ? std::nan("") : x.get<double>());
    }
    return folder.matrix(name, 9, 9, values, {"f8"});
  };
  const std::string files = matrix("sts") + " " + matrix("rtr");
  const json balance = folder.answer("pair-balance " + files);
  const json difference = folder.answer("rank-difference " + files);
  const auto same = [&](const json& found, const std::string& name) {
    CAPTURE(name, found.dump());
    for (std::size_t head = 0; head < 9; ++head) {
      const json& expected = wanted.at(name).at(head);
      if (expected.is_null()) {
        CHECK((found.at(head).is_null() || found.at(head) == 0));  // a rank of 0: unranked
      } else {
        CHECK(found.at(head).get<double>() == Approx(expected.get<double>()).margin(1e-9));
      }
    }
  };
  same(balance.at("balance"), "balance");
  same(balance.at("value"), "balance_score");
  same(difference.at("value"), "rank_difference_score");
  same(difference.at("synergy_rank"), "syn_rank");
  same(difference.at("redundancy_rank"), "red_rank");
  same(difference.at("synergy"), "avg_synergy");
  CHECK(balance.at("unranked") == 1);
  CHECK(difference.at("order").at(8) == 8);
}

TEST_CASE("a head without a pair is unranked and last", "[series]") {
  const MetricFolder folder;
  const double no = std::nan("");
  const std::string sts =
      folder.matrix("sts", 3, 3, std::vector<double>{0, 3, no, 3, 0, no, no, no, 0}, {"f8"});
  const std::string rtr =
      folder.matrix("rtr", 3, 3, std::vector<double>{0, 1, 1, 1, 0, 1, 1, 1, 0}, {"f8"});
  const json line = folder.answer("pair-balance " + sts + " " + rtr);
  CHECK(line.at("balance") == json({0.75, 0.75, nullptr}));
  CHECK(line.at("unranked") == 1);
  CHECK(line.at("order").at(2) == 2);
  CHECK(line.at("status").at(2) == "no_pairs");
}

TEST_CASE("autocorrelation takes one series or many", "[series]") {
  const MetricFolder folder;
  const std::vector<double> ramp{1, 2, 3, 4, 5};
  CHECK(folder.answer("autocorrelation " + folder.vector("ramp", ramp)).at("value") == 0.4);
  const json two = folder.answer(
      "autocorrelation " +
      folder.matrix("two", 5, 2, std::vector<double>{1, 9, 2, 9, 3, 9, 4, 9, 5, 9}, {"f8"}));
  CHECK(two.at("value") == json({0.4, nullptr}));
  CHECK(two.at("status") == json({"ok", "constant_series"}));
}

TEST_CASE("series and matrices that do not fit are refused", "[series]") {
  const MetricFolder folder;
  const std::string matrix = folder.matrix("m", 2, 3, std::vector<double>{1, 2, 3, 4, 5, 6});
  const std::string five = folder.vector("five", {1, 2, 3, 4, 5});
  const std::string four = folder.vector("four", {1, 2, 3, 4});
  CHECK(folder.refuses("phiid " + five + " " + four, 1, "4 steps"));
  CHECK(folder.refuses("phiid " + five + " " + matrix, 1, "2 axes"));
  CHECK(folder.refuses("pair-balance " + matrix + " " + matrix, 1, "square"));
  CHECK(folder.refuses("phiid " + five + " " + five + " --lag 0", 2, "--lag"));
  CHECK(folder.refuses("phiid " + five + " " + five + " --redundancy best", 2, "--redundancy"));
}
