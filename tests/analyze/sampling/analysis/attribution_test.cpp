// SPDX-License-Identifier: MIT
#include "sampling/analysis/attribution.hpp"

#include "analyze/sampling/synthetic_points.hpp"
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <map>

namespace phiscope::analyze::sampling::attribution_test {

using test::SyntheticPoints;

namespace {

Attribution analyzed(const SyntheticPoints& options) {
  const test::TempDir folder;
  test::write_points(folder.path() / "run", options);
  return analyze_attribution(read_points(folder.path() / "run"), {.threads = 2});
}

/// direction . (h_l - h_(l-1)).
double slow_raw(const SyntheticPoints& options, std::int64_t point, std::int64_t entry) {
  double sum = 0.0;
  for (std::int64_t unit = 0; unit < options.units; ++unit) {
    const double before = entry == 0 ? 0.0 : options.resid(point, entry - 1, unit);
    sum += options.direction(point, unit) * (options.resid(point, entry, unit) - before);
  }
  return sum;
}

}  // namespace

TEST_CASE("frozen contributions add up to what the model says, for every norm", "[attribution]") {
  for (const char* norm : {"rms", "rms1", "layer"}) {
    SyntheticPoints options;
    options.norm = norm;
    const Attribution result = analyzed(options);
    CHECK(result.entries == (options.norm == "layer" ? 6U : 5U));
    REQUIRE(result.points.size() == 6);
    for (std::size_t point = 0; point < 6; ++point) {
      const auto& frozen = result.points[point][0];
      double sum = 0.0;
      for (const Value& entry : frozen.entries) sum += entry.value();
      const double said = options.difference(static_cast<std::int64_t>(point));
      CHECK(std::abs(sum - said) < 1e-12 * frozen.scale.value());
      CHECK(frozen.error.value() < 1e-6 * frozen.scale.value());
      const auto& published = result.points[point][2];
      CHECK(std::abs(published.total.value() - said) < 1e-12 * published.scale.value());
      for (std::size_t entry = 0; entry < 5; ++entry) {
        const double raw =
            slow_raw(options, static_cast<std::int64_t>(point), static_cast<std::int64_t>(entry));
        CHECK(result.points[point][1].entries[entry].value() == Approx(raw).margin(1e-12));
        // The original's: all of the rescaling is in the last layer.
        if (entry < 4) CHECK(published.entries[entry].value() == Approx(raw).margin(1e-12));
      }
    }
  }
}

TEST_CASE("a wrong difference of logits is seen", "[attribution]") {
  SyntheticPoints options;
  options.wrong = 0.01;
  CHECK(analyzed(options).points[0][0].error.value() == Approx(0.01).epsilon(1e-3));
}

TEST_CASE("points of a problem are averaged before the mean over problems", "[attribution]") {
  const SyntheticPoints options;
  const Attribution result = analyzed(options);
  CHECK(result.problems == 5);
  CHECK(result.measured == 6);
  for (std::size_t entry = 0; entry < 5; ++entry) {
    const auto at = [&](std::size_t point) {
      return result.points[point][1].entries[entry].value();
    };
    const double mean = (0.5 * (at(0) + at(1)) + at(2) + at(3) + at(4) + at(5)) / 5.0;
    CHECK(result.means[1][entry].mean.value.value() == Approx(mean));
    CHECK(result.means[1][entry].mean.units == 5);
  }
}

TEST_CASE("entries are named after what contributes", "[attribution]") {
  SyntheticPoints options;
  options.norm = "layer";
  const Attribution result = analyzed(options);
  CHECK(result.entry_name(0) == "embedding");
  CHECK(result.entry_name(1) == "0");
  CHECK(result.entry_name(4) == "3");
  CHECK(result.entry_name(5) == "bias");
  CHECK(norm_name(all_norms[0]) == "frozen");
  CHECK(norm_name(all_norms[1]) == "raw");
  CHECK(norm_name(all_norms[2]) == "published");
}

TEST_CASE("with a soft cap nothing is compared with the capped difference", "[attribution]") {
  SyntheticPoints options;
  options.soft_cap = 30.0;
  const Attribution result = analyzed(options);
  CHECK_FALSE(result.points[0][0].error.ok());
  CHECK(result.points[0][0].total.value() == Approx(options.difference(0)));
}

TEST_CASE("the published contributions give the published means",
          "[attribution][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "sampling";
  std::vector<std::vector<Value>> entries;  // [entry][point]
  double largest = 0.0;
  std::ifstream lines(folder / "geometry_sampling_test_20260107_213353.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto record = shard::parse_json(line, folder);
    const auto row = record.at("layer_contributions").get<std::vector<double>>();
    entries.resize(row.size());
    double sum = 0.0;
    for (std::size_t entry = 0; entry < row.size(); ++entry) {
      entries[entry].emplace_back(row[entry]);
      sum += row[entry];
    }
    largest = std::max(largest, std::abs(sum - record.at("logit_diff").get<double>()));
  }
  const auto expected = shard::read_json(folder / "step3456_aggregates.json").at("step6");
  const auto means = expected.at("mean_contribution").get<std::vector<double>>();
  REQUIRE(entries.size() == means.size());
  CHECK(largest == expected.at("max_abs_sum_minus_logit_diff").get<double>());
  for (std::size_t entry = 0; entry < means.size(); ++entry) {
    CHECK(entries[entry].size() == expected.at("n").get<std::size_t>());
    CHECK(std::abs(cell_of(entries[entry], {}).mean.value.value() - means[entry]) <= 1e-12);
  }
}

}  // namespace phiscope::analyze::sampling::attribution_test
