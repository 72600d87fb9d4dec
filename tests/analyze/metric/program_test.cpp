// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "metric_files.hpp"
#include "metrics/random_rows.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/label_means.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <set>

using nlohmann::json;
using phiscope::test::Layout;
using phiscope::test::MetricFolder;
using phiscope::test::random_rows;

namespace {

std::vector<double> as_double(std::span<const std::int64_t> integers) {
  return {integers.begin(), integers.end()};
}

/// Numbers that every dtype of the tests holds exactly.
std::vector<double> small_integers(std::uint64_t seed, std::size_t count) {
  return as_double(phiscope::test::random_labels(seed, count, 200));
}

}  // namespace

TEST_CASE("describe names shape, dtype and hash of the elements in C order", "[program]") {
  const MetricFolder folder;
  const std::vector<double> numbers = small_integers(1, 6);
  const auto plain = folder.answer("describe " + folder.matrix("plain", 3, 2, numbers));
  CHECK(plain.size() == 3);
  CHECK(plain.at("shape") == json({3, 2}));
  CHECK(plain.at("dtype") == "<f4");
  for (const Layout& layout : {Layout{.big = true}, {.fortran = true}, {"f4", true, true}}) {
    CHECK(folder.answer("describe " + folder.matrix("other", 3, 2, numbers, layout)) == plain);
  }
  // printf '\1\0\0\0\0\0\0\0\376\377\377\377\377\377\377\377' | sha256sum
  const auto integers = folder.answer("describe " + folder.labels("integers", {1, -2}));
  CHECK(integers.at("dtype") == "<i8");
  CHECK(integers.at("sha256_le_c_order") ==
        "ad47ab1aede0a7b8af007a36d82ccbbee709bec1066af6f44fed82bd2cb490ed");
}

TEST_CASE("describe judges the hostile corpus as its index says", "[program][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const MetricFolder folder;
  const auto root = *reference / "bad_inputs";
  const auto index = phiscope::shard::read_json(root / "index.json");
  for (const auto& one : index.at("cases")) {
    if (one.at("kind") != "npy") continue;
    const std::string path = (root / one.at("path").get<std::string>()).string();
    CAPTURE(path);
    const auto done = folder.run("describe '" + path + "'");
    const std::string expect = one.at("expect");
    if (expect == "accept") CHECK(done.status == 0);
    if (expect == "reject" || done.status != 0) {
      CHECK(done.status == 1);
      CHECK(done.out.empty());
      CHECK(phiscope::test::lines(done.err) == 1);
      CHECK(done.err.rfind("error: " + path + ": ", 0) == 0);
    } else if (one.contains("array")) {
      const json found = json::parse(done.out);
      CHECK(found.at("shape") == json(one.at("array").at("shape")));
      CHECK(found.at("sha256_le_c_order") == json(one.at("array").at("sha256_le_c_order")));
    }
  }
}

TEST_CASE("the metrics of four points on a line", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 4, 1, {0, 1, 10, 13});
  const std::string clusters = " --clusters " + folder.labels("c", {7, 7, 9, 9});
  const std::string groups = " --groups " + folder.labels("g", {0, 1, 0, 1});
  // cross pairs: 10 13 9 12, of one group 10 12; within pairs: 1 3
  CHECK(folder.run("phi-ratio " + x + clusters).out ==
        "{\"metric\":\"phi-ratio\",\"value\":5.5,\"status\":\"ok\",\"n\":4,\"cross\":11,"
        "\"cross_status\":\"ok\",\"within\":2,\"within_status\":\"ok\",\"n_cross\":4,"
        "\"n_within\":2}\n");
  const auto grouped = folder.answer("phi-ratio " + x + clusters + groups);
  CHECK(grouped.at("n_cross") == 2);
  CHECK(grouped.at("value") == 5.5);
  CHECK(folder.answer("phi-ratio " + x + clusters + groups + " --cross groups") == grouped);
  CHECK(folder.answer("phi-ratio " + x + clusters + groups + " --cross all").at("n_cross") == 4);

  const auto energy = folder.answer("dirichlet-energy " + x + clusters);
  CHECK(energy.at("value") == 5);
  CHECK(energy.at("n_within") == 2);
  // edges 0-1 of weight 2 and 1-2 of weight 1: 2 * 1 + 81; scatter about 6 is 36 + 25 + 16 + 49
  const std::string graph =
      folder.matrix("a", 4, 4, {0, 2, 0, 0, 2, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  const auto on_graph = folder.answer("dirichlet-energy " + x + " --adjacency " + graph);
  CHECK(on_graph.at("value") == 83);
  CHECK(on_graph.at("per_edge").get<double>() == Approx(83.0 / 3.0).epsilon(1e-15));
  CHECK(on_graph.at("rayleigh").get<double>() == Approx(83.0 / 126.0).epsilon(1e-15));

  CHECK(folder.run("trace-covariance " + x).out ==
        "{\"metric\":\"trace-covariance\",\"value\":42,\"status\":\"ok\",\"n\":4}\n");
}

TEST_CASE("deleting a row is measuring a file without it", "[program]") {
  const MetricFolder folder;
  const auto x = random_rows<float>(5, 9, 6);
  const auto labels = phiscope::test::random_labels(6, 9, 2);
  const auto groups = phiscope::test::random_labels(7, 9, 2);
  const auto measure = [&](const std::string& metric, const phiscope::test::Rows<float>& rows,
                           const std::vector<std::int64_t>& c, const std::vector<std::int64_t>& g) {
    return folder.answer(
        metric + " " + folder.matrix("x", rows.rows, 6, {rows.values.begin(), rows.values.end()}) +
        " --clusters " + folder.labels("c", as_double(c)) +
        (metric == "dirichlet-energy" ? std::string()
                                      : " --groups " + folder.labels("g", as_double(g))));
  };
  const json found = measure("leave-one-out", x, labels, groups);
  CHECK(found.at("n") == 9);
  const json full = measure("phi-ratio", x, labels, groups);
  const json full_energy = measure("dirichlet-energy", x, labels, groups);
  for (std::size_t i = 0; i < 9; ++i) {
    const auto c = phiscope::test::drop(labels, i);
    const auto g = phiscope::test::drop(groups, i);
    const json without = measure("phi-ratio", drop_row(x, i), c, g);
    const json energy = measure("dirichlet-energy", drop_row(x, i), c, g);
    for (const std::string member : {"value", "cross", "within"}) {
      const double expected = full.at(member).get<double>() - without.at(member).get<double>();
      CHECK(found.at(member)[i].get<double>() == Approx(expected).margin(1e-10));
    }
    CHECK(found.at("energy")[i].get<double>() ==
          Approx(energy.at("value").get<double>() - full_energy.at("value").get<double>())
              .margin(1e-10));
    CHECK(found.at("status")[i] == "ok");
  }
}

TEST_CASE("every layout of the same numbers gives the same answer", "[program]") {
  const MetricFolder folder;
  const std::vector<double> numbers = small_integers(3, 7 * 5);
  const std::vector<double> others = small_integers(4, 7 * 5);
  const std::string clusters = " --clusters " + folder.labels("c", {0, 0, 1, 1, 1, 2, 2});
  const auto answers = [&](const Layout& layout, const std::string& flag) {
    const std::string x = folder.matrix("x", 7, 5, numbers, layout);
    const std::string y = folder.matrix("y", 7, 5, others, layout);
    return folder.run("phi-ratio " + x + clusters + flag).out +
           folder.run("leave-one-out " + x + clusters + flag).out +
           folder.run("trace-covariance " + x + flag).out +
           folder.run("kl " + x + " " + y + flag).out;
  };
  const std::string expected = answers({}, "");
  CHECK(phiscope::test::lines(expected) == 4);
  for (const std::string dtype : {"f2", "bf", "V2", "f4", "f8"}) {
    const std::string flag = dtype == "bf" || dtype == "V2" ? " --bf16" : "";
    for (const bool big : {false, true}) {
      if (dtype == "V2" && big) continue;  // NumPy writes bytes without a meaning as they are
      for (const bool fortran : {false, true}) {
        CAPTURE(dtype, big, fortran);
        CHECK(answers({dtype, big, fortran}, flag) == expected);
      }
    }
  }
}

TEST_CASE("kl takes rows of any number of axes, and one row", "[program]") {
  const MetricFolder folder;
  const auto p = small_integers(8, 24);
  const auto q = small_integers(9, 24);
  const auto kl = [&](const std::string& shape, bool fortran) {
    const Layout layout{.dtype = "f8", .fortran = fortran};
    return folder.answer("kl " + folder.put("p", p, shape, layout) + " " +
                         folder.put("q", q, shape, layout));
  };
  CHECK(kl("(2, 3, 4)", false) == kl("(6, 4)", false));
  CHECK(kl("(24,)", false).at("n") == 1);
  // In Fortran order element (i, j, k) of (2, 3, 4) is number i + 2 j + 6 k.
  std::vector<double> p_row;
  std::vector<double> q_row;
  for (std::size_t k = 0; k < 4; ++k) {
    p_row.push_back(p[1 + 2 * 2 + 6 * k]);
    q_row.push_back(q[1 + 2 * 2 + 6 * k]);
  }
  const auto last = folder.answer("kl " + folder.matrix("p1", 1, 4, p_row) + " " +
                                  folder.matrix("q1", 1, 4, q_row));
  CHECK(kl("(2, 3, 4)", true).at("rows")[5] == last.at("value"));
}

TEST_CASE("kl agrees with the reference", "[program][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const MetricFolder folder;
  const auto root = *reference / "ablation_kl";
  const auto index = phiscope::shard::read_json(root / "expected.json");
  CHECK(index.at("cases").size() == 5);
  for (const auto& one : index.at("cases")) {
    const auto file = [&](const char* member) {
      return " '" + (root / one.at(member).get<std::string>()).string() + "'";
    };
    const auto found = folder.answer("kl" + file("orig") + file("abl"));
    CAPTURE(one.dump(), found.dump());
    CHECK(std::abs(found.at("value").get<double>() - one.at("kl_float64").get<double>()) < 1e-10);
    REQUIRE(found.at("rows").size() == one.at("kl_per_step_float64").size());
    for (std::size_t i = 0; i < found.at("rows").size(); ++i) {
      CHECK(std::abs(found.at("rows")[i].get<double>() -
                     one.at("kl_per_step_float64")[i].get<double>()) < 1e-10);
    }
  }
}

TEST_CASE("phi-ratio and dirichlet-energy agree with the reference of loo",
          "[program][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const MetricFolder folder;
  const auto manifest = phiscope::shard::read_json(*reference / "loo" / "manifest.json");
  int compared = 0;
  for (const auto& one : manifest.at("cases")) {
    const phiscope::shard::NpyFile file(*reference / "loo" / one.at("full").get<std::string>());
    const std::vector<double> values = file.read<double>();
    const std::vector<std::int64_t> nodes = one.at("nodes");
    const std::size_t units = file.shape().at(1);
    const auto words = phiscope::label_means<double>({values, nodes.size(), units}, nodes);
    std::vector<double> clusters;
    std::vector<double> groups;
    for (const std::int64_t word : words.labels) {
      clusters.push_back(static_cast<double>(word / 4));
      groups.push_back(static_cast<double>(word % 4));
    }
    const std::string x =
        folder.matrix("x", words.labels.size(), units, words.means, {.dtype = "f8"});
    const std::string c = " --clusters " + folder.labels("c", clusters);
    const auto found =
        folder.answer("phi-ratio " + x + c + " --groups " + folder.labels("g", groups));
    const auto energy = folder.answer("dirichlet-energy " + x + c);
    const auto& expected = one.at("full_float64");
    const auto check = [&](const json& number, const char* member, double tolerance) {
      CAPTURE(one.at("name").get<std::string>(), member);
      if (number.is_null()) {
        // Of equal rows the original has a ratio of 0; ours is undefined, status constant.
        const bool is_equal_rows =
            one.at("name") == "all_identical" && member == std::string("ratio");
        CHECK(expected.at(member).is_number() == is_equal_rows);
      } else {
        ++compared;
        CHECK(number.get<double>() ==
              Approx(expected.at(member).get<double>()).epsilon(tolerance).margin(0.0));
      }
    };
    check(found.at("value"), "ratio", one.at("name") == "bound_active" ? 1e-6 : 1e-10);
    check(found.at("cross"), "cross_dist", 1e-10);
    check(found.at("within"), "within_dist", 1e-10);
    check(energy.at("value"), "energy", 1e-10);
  }
  CHECK(compared >= 20);
}

TEST_CASE("an undefined number is null with its reason", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 2, 2, {1, 2, 3, 4});
  const std::string one_cluster = " --clusters " + folder.labels("one", {5, 5});
  const std::string two = " --clusters " + folder.labels("two", {5, 6});
  const auto ratio = folder.answer("phi-ratio " + x + one_cluster);
  CHECK(ratio.at("value").is_null());
  CHECK(ratio.at("status") == "no_cross_pairs");
  CHECK(ratio.at("within_status") == "ok");
  CHECK(folder.answer("phi-ratio " + x + two).at("status") == "no_within_pairs");
  CHECK(folder.answer("dirichlet-energy " + x + two).at("status") == "no_within_pairs");
  const std::string empty_graph = folder.matrix("none", 2, 2, {0, 0, 0, 0});
  const auto energy = folder.answer("dirichlet-energy " + x + " --adjacency " + empty_graph);
  CHECK(energy.at("value") == 0);
  CHECK(energy.at("per_edge").is_null());
  CHECK(energy.at("per_edge_status") == "no_edges");
  CHECK(folder.answer("leave-one-out " + x + two).at("status") ==
        json({"no_cross_pairs", "no_cross_pairs"}));  // without the row
  CHECK(folder.answer("trace-covariance " + folder.matrix("row", 1, 2, {1, 2})).at("status") ==
        "too_few_rows");
  CHECK(folder.answer("trace-covariance " + folder.matrix("empty", 0, 2, {})).at("status") ==
        "too_few_rows");
  const std::string broken =
      folder.matrix("broken", 2, 2, {1, std::numeric_limits<double>::quiet_NaN(), 3, 4});
  CHECK(folder.answer("trace-covariance " + broken).at("status") == "nonfinite");
  const auto kl = folder.answer("kl " + x + " " + broken);
  CHECK(kl.at("value").is_null());
  CHECK(kl.at("status") == "nonfinite");
  CHECK(kl.at("n") == 2);
  CHECK(kl.at("n_ok") == 1);
  CHECK(kl.at("rows")[0].is_null());
  CHECK(kl.at("rows_status") == json({"nonfinite", "ok"}));
}

TEST_CASE("bad input is one line naming the file, and exit 1", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 3, 2, {1, 2, 3, 4, 5, 6});
  const std::string clusters = " --clusters " + folder.labels("c", {0, 0, 1});
  const auto fails = [&](const std::string& arguments, const std::string& file,
                         const std::string& message) {
    const auto done = folder.run(arguments);
    CAPTURE(arguments, done.err);
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(phiscope::test::lines(done.err) == 1);
    CHECK(done.err.rfind("error: " + folder.path(file).string() + ": ", 0) == 0);
    CHECK_THAT(done.err, Contains(message));
  };
  fails("describe " + folder.quoted("absent"), "absent", "No such file");
  fails("trace-covariance " + folder.quoted("absent"), "absent", "No such file");
  fails("trace-covariance " + folder.labels("flat", {1, 2}), "flat", "expected f2, f4 or f8");
  fails("trace-covariance " + folder.put("axes", {1, 2}, "(2,)", {}), "axes",
        "shape is (2,), expected two axes");
  fails("trace-covariance " + folder.matrix("wide", 3, 0, {}), "wide", "shape is (3, 0)");
  fails("trace-covariance " + folder.matrix("bf", 1, 2, {1, 2}, {.dtype = "bf"}), "bf",
        "dtype is <u2, expected f2, f4 or f8 (bfloat16 needs --bf16)");
  fails("trace-covariance " + folder.matrix("void", 1, 2, {1, 2}, {.dtype = "V2"}), "void",
        "dtype is <V2, expected f2, f4 or f8 (bfloat16 needs --bf16)");
  fails("phiid " + folder.matrix("count", 2, 2, {1, 2, 3, 4}, {.dtype = "i8"}), "count",
        "dtype is <i8, expected f2, f4 or f8");
  fails("phiid --kind discrete " + folder.quoted("void"), "void",
        "dtype is <V2, expected f2, f4 or f8, integers or truth values (bfloat16 needs --bf16)");
  fails("phi-ratio " + x + " --clusters " + folder.labels("short", {0, 1}), "short",
        "shape is (2,), expected (3,), a label for every row of " + folder.path("x").string());
  fails("phi-ratio " + x + clusters + " --groups " + folder.labels("long", {0, 1, 2, 3}), "long",
        "shape is (4,), expected (3,)");
  fails("phi-ratio " + x + " --clusters " + folder.put("real", {0, 1, 2}, "(3,)", {}), "real",
        "dtype is <f4, expected integers");
  fails("dirichlet-energy " + x + " --adjacency " + folder.matrix("two", 2, 2, {0, 1, 1, 0}), "two",
        "shape is (2, 2), expected (3, 3)");
  fails("dirichlet-energy " + x + " --adjacency " +
            folder.matrix("skew", 3, 3, {0, 1, 0, 0, 0, 0, 0, 0, 0}),
        "skew", "expected a symmetric matrix of weights >= 0");
  fails("kl " + x + " " + folder.matrix("other", 2, 2, {1, 2, 3, 4}), "other",
        "shape is (2, 2), expected (3, 2), that of " + folder.path("x").string());
  phiscope::test::write_text(folder.path("cut"),
                             phiscope::test::read_text(folder.path("x")).substr(0, 130));
  fails("phi-ratio " + folder.quoted("cut") + clusters, "cut", "truncated");
}

TEST_CASE("wrong use ends with 2, help with 0 and an example", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 2, 1, {1, 2});
  const std::string c = folder.labels("c", {0, 1});
  for (const std::string& arguments :
       {std::string(), std::string("unknown ") + x, std::string("describe"),
        "describe " + x + " " + x, "kl " + x, "phi-ratio " + x, "phi-ratio " + x + " --clusters",
        "phi-ratio " + x + " --clusters " + c + " --cross groups",
        "phi-ratio " + x + " --clusters " + c + " --cross some", "dirichlet-energy " + x,
        "dirichlet-energy " + x + " --clusters " + c + " --adjacency " + x,
        "trace-covariance " + x + " --clusters " + c, "leave-one-out " + x}) {
    CAPTURE(arguments);
    const auto done = folder.run(arguments);
    CHECK(done.status == 2);
    CHECK(done.out.empty());
    CHECK_FALSE(done.err.empty());
  }
  const auto help = folder.run("--help");
  CHECK(help.status == 0);
  for (const std::string name : {"describe", "trace-covariance", "phi-ratio", "dirichlet-energy",
                                 "leave-one-out", "kl", "mean-cosine", "kmeans"}) {
    CHECK_THAT(help.out, Contains(name));
    const auto of_name = folder.run(name + " --help");
    CHECK(of_name.status == 0);
    CHECK_THAT(of_name.out, Contains("Example:\n  analyze-metric " + name + " "));
  }
}

TEST_CASE("the mean cosine and the clusters of a few rows", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 3, 2, {3, 0, 0, 4, 0, 8});
  const auto cosine = folder.answer("mean-cosine " + x);
  CHECK(cosine.at("value").get<double>() == Approx(1.0 / 3.0).epsilon(1e-15));
  CHECK(cosine.at("n") == 3);
  CHECK(folder.answer("mean-cosine " + folder.matrix("z", 2, 1, {0, 1})).at("status") ==
        "zero_norm");

  const std::string points = folder.matrix("points", 5, 1, {0, 1, 10, 13, 11});
  const auto found = folder.answer("kmeans " + points + " --k 2 --n-init 3 --seed 7");
  CHECK(found.at("value").get<double>() == Approx(0.5 + 14.0 / 3.0).epsilon(1e-14));
  CHECK(found.at("status") == "ok");
  CHECK(found.at("n") == 5);
  CHECK(found.at("clusters") == 2);
  const std::vector<int> labels = found.at("labels");
  CHECK(labels ==
        std::vector<int>{labels[0], labels[0], 1 - labels[0], 1 - labels[0], 1 - labels[0]});
  CHECK(folder.answer("kmeans " + points + " --k 2 --n-init 3 --seed 7") == found);
  const auto too_many = folder.answer("kmeans " + points + " --k 6");
  CHECK(too_many.at("value").is_null());
  CHECK(too_many.at("status") == "too_few_rows");
  CHECK(too_many.at("labels").empty());
  for (const std::string& wrong :
       {"kmeans " + points, "kmeans " + points + " --k 0", "kmeans " + points + " --k 2 --n-init 0",
        "kmeans " + points + " --k -1", "kmeans " + points + " --k 1.5"}) {
    CHECK(folder.run(wrong).status == 2);
  }
}

TEST_CASE("an answer that cannot be written is an error", "[program]") {
  const MetricFolder folder;
  const std::string x = folder.matrix("x", 2, 1, {1, 2});
  const auto done = phiscope::test::run_shell(
      "( " + phiscope::test::program("analyze-metric") + " trace-covariance " + x + " >/dev/full )",
      folder.path(""));
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("error: standard output: cannot write"));
}
