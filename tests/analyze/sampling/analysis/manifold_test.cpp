// SPDX-License-Identifier: MIT
#include "sampling/analysis/manifold.hpp"

#include "analyze/sampling/synthetic_paths.hpp"
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <map>

namespace phiscope::analyze::sampling::manifold_test {

using test::SyntheticPaths;

namespace {

Manifold analyzed(const SyntheticPaths& options) {
  const test::TempDir folder;
  test::synthetic_paths(options).write(folder.path() / "run");
  return analyze_manifold(read_paths(folder.path() / "run"), {.threads = 2});
}

double slow_distance(const SyntheticPaths& options, std::int64_t layer, std::int64_t p,
                     std::int64_t path, std::int64_t window, std::int64_t other,
                     std::int64_t other_path) {
  double sum = 0.0;
  for (std::int64_t unit = 0; unit < options.units; ++unit) {
    const double a = options.latent(p, path, window, layer, unit);
    const double b = options.latent(other, other_path, 0, layer, unit);
    sum += (a - b) * (a - b);
  }
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("distances and drifts of every problem and layer", "[manifold]") {
  const SyntheticPaths options;
  const Manifold result = analyzed(options);
  for (std::size_t p = 0; p < 6; ++p) {
    for (std::size_t l = 0; l < 3; ++l) {
      const auto problem = static_cast<std::int64_t>(p);
      const std::int64_t layer = options.layers[l];
      const double far = slow_distance(options, layer, problem, 1, 0, problem, 0);
      const double drift = slow_distance(options, layer, problem, 2, 1, problem, 0);
      const double all = slow_distance(options, layer, problem, 2, 0, problem, 0);
      double others = 0.0;
      for (std::int64_t other = 0; other < 6; ++other) {
        if (other != problem) others += slow_distance(options, layer, problem, 1, 0, other, 1) / 5;
      }
      CHECK(result.at(p, l, Apart::distance).value() == Approx(far));
      CHECK(result.at(p, l, Apart::drift).value() == Approx(drift));
      CHECK(result.at(p, l, Apart::drift_all).value() == Approx(all));
      CHECK(result.at(p, l, Apart::reference).value() == Approx(others));
      CHECK(result.at(p, l, Apart::improvement).value() == Approx(far - drift));
      CHECK(result.at(p, l, Apart::improvement_all).value() == Approx(far - all));
    }
  }
  double mean = 0.0;
  for (std::size_t p = 0; p < 6; ++p) mean += result.at(p, 2, Apart::drift).value() / 6;
  CHECK(result.layers[2][Apart::drift].mean.value.value() == Approx(mean));
  CHECK(result.layers[2].improved.value == Value(1.0));
  CHECK(result.layers[2].improved.method == "Wilson");
  CHECK(result.layers[2].test.p == Value(2.0 / 64));
  CHECK(result.layers[2].test.p_holm == Value(3 * 2.0 / 64));
}

TEST_CASE("a path without a pooled token is undefined and counted", "[manifold]") {
  SyntheticPaths options;
  options.leave_out = [](std::int64_t p, std::int64_t path, std::int64_t window) {
    return (p == 2 && path == 2 && window == 1) || (p == 3 && path == 1);
  };
  const Manifold result = analyzed(options);
  CHECK(result.at(2, 0, Apart::drift) == Value(Status::too_short));
  CHECK(result.at(2, 0, Apart::drift_all).ok());
  CHECK(result.at(3, 0, Apart::distance) == Value(Status::too_short));
  CHECK(result.at(3, 0, Apart::reference) == Value(Status::too_short));
  CHECK(result.at(4, 0, Apart::reference).ok());
  CHECK(result.layers[0].improved.units == 4);
  CHECK(result.layers[0][Apart::improvement].undefined.at(Status::too_short) == 2);
}

TEST_CASE("the published distances and drifts give the published means and share",
          "[manifold][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "sampling";
  std::map<std::string, std::pair<Value, Value>> problems;
  std::ifstream lines(folder / "geometry_sampling_test_20260109_094445.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto record = shard::parse_json(line, folder);
    auto& [distance, drift] = problems
                                  .try_emplace(record.at("problem_id").get<std::string>(),
                                               Status::no_pairs, Status::no_pairs)
                                  .first->second;
    if (record.at("step") == 3) distance = record.at("distance_to_oracle").get<double>();
    if (record.at("step") == 4) drift = record.at("drift_after_forcing").get<double>();
  }
  std::vector<Value> distances;
  std::vector<Value> drifts;
  std::vector<Value> gains;
  for (const auto& [id, both] : problems) {
    distances.push_back(both.first);
    drifts.push_back(both.second);
    gains.push_back(difference(both.first, both.second));
  }
  const auto expected = shard::read_json(folder / "step3456_aggregates.json").at("step34");
  const auto number = [&](const char* name) { return expected.at(name).get<double>(); };
  REQUIRE(static_cast<double>(problems.size()) == number("n"));
  const auto near = [](const Value& value, double wanted) {
    return std::abs(value.value() - wanted) <= 1e-12 * wanted;
  };
  CHECK(near(cell_of(distances, {}).mean.value, number("mean_distance")));
  CHECK(near(cell_of(drifts, {}).mean.value, number("mean_drift")));
  CHECK(near(cell_of(gains, {}).mean.value, number("mean_improvement")));
  CHECK(near(share_improved(distances, drifts).value, number("pct_improved") / 100.0));
}

TEST_CASE("names of the distances are those of the tables", "[manifold]") {
  CHECK(apart_name(Apart::distance) == "distance");
  CHECK(apart_name(Apart::improvement_all) == "improvement_all");
}

}  // namespace phiscope::analyze::sampling::manifold_test
