// SPDX-License-Identifier: MIT
#include "sampling/input/points.hpp"

#include "shard/file/format_error.hpp"

#include <array>
#include <optional>

namespace phiscope::analyze::sampling {
namespace {

using shard::FormatError;
using shard::JsonObject;
using Json = nlohmann::ordered_json;

std::int64_t token_member(const JsonObject& point, const char* name) {
  const std::uint64_t token = point.count(name);
  if (token > 1'000'000'000) point.refuse(name, "a token");
  return static_cast<std::int64_t>(token);
}

/// A problem of the points: a number is its place among the problems of the plan, a text its id.
std::string point_problem(const JsonObject& point, const RunInfo& info) {
  const Json& problem = point.member("problem");
  if (problem.is_string()) return problem.get<std::string>();
  if (!problem.is_number_unsigned() || problem.get<std::uint64_t>() >= info.problems.size()) {
    point.refuse("problem", "an id, or a place among the problems of the plan");
  }
  return info.problems[problem.get<std::size_t>()].id;
}

void read_norm(const JsonObject& plan, Points& run) {
  const std::string norm = plan.text("norm");
  if (norm != "rms" && norm != "layer" && norm != "rms1") {
    plan.refuse("norm", "rms, rms1 or layer");
  }
  run.centres = norm == "layer";
  const Json& epsilon = plan.member("norm_eps");
  if (!epsilon.is_number() || !(epsilon.get<double>() >= 0.0)) {
    plan.refuse("norm_eps", "a number from 0");
  }
  run.epsilon = epsilon.get<double>();
  if (plan.has("soft_cap") && !plan.member("soft_cap").is_null()) {
    const Json& cap = plan.member("soft_cap");
    if (!cap.is_number() || !(cap.get<double>() > 0.0)) {
      plan.refuse("soft_cap", "a number above 0, or null");
    }
    run.soft_cap = cap.get<double>();
  }
}

void read_planned_points(const JsonObject& plan, Points& run) {
  const auto points = plan.objects("points");
  run.points.reserve(points.size());
  for (const JsonObject& each : points) {
    Point point{.problem = point_problem(each, run.info),
                .t = each.count("t"),
                .top1 = token_member(each, "top1"),
                .top2 = token_member(each, "top2")};
    if (each.has("d") && each.member("d").is_number()) {
      point.divergence = each.member("d").get<double>();
    }
    run.points.push_back(std::move(point));
  }
}

std::vector<double> side_values(const shard::Run& opened, const std::string& name,
                                std::uint64_t rows, std::uint64_t units) {
  const shard::NpyFile file = opened.side_array(name, {rows, units});
  const shard::Dtype dtype = file.header().dtype;
  if (dtype != shard::Dtype::f8 && dtype != shard::Dtype::f4) {
    throw FormatError(file.path(), "is " + std::string(shard::descr(dtype)) +
                                       ", expected <f8, or <f4 as earlier versions wrote it");
  }
  return file.read<double>();
}

void read_unembedding(const shard::Run& opened, Points& run) {
  run.directions = side_values(opened, "directions.npy", run.points.size(), run.units);
  const std::vector<double> norm = side_values(opened, "final_norm.npy", 2, run.units);
  const auto middle = norm.begin() + static_cast<std::ptrdiff_t>(run.units);
  run.weight.assign(norm.begin(), middle);
  if (run.info.details.at("norm") == "rms1") {
    for (double& weight : run.weight) weight += 1.0;
  }
  if (run.centres) run.bias.assign(middle, norm.end());
}

/// The stream before and after every block, in the precision in which it was stored.
void read_residuals(const shard::Run& opened, Points& run) {
  std::vector<std::int64_t> layers = {-1};
  for (std::int64_t layer = 0; layer < run.info.model_layers; ++layer) layers.push_back(layer);
  const shard::ArrayPlan& plan = latent_plan(opened, "resid", "point", layers);
  run.entries = static_cast<std::size_t>(plan.row_shape[0]);
  run.units = static_cast<std::size_t>(plan.row_shape[1]);
  for (const std::int64_t shard : opened.shards())
    run.residuals.emplace_back(opened, "resid", shard);
}

/// The scores of both tokens of every point; choice 0 is the best token.
void read_scores(const shard::Run& opened, Points& run) {
  std::vector<std::vector<double>> scores;
  for (const std::int64_t shard : opened.shards()) {
    scores.push_back(opened.array("token_score", shard).read<double>());
  }
  std::vector<std::array<std::optional<double>, 2>> of(run.points.size());
  const auto count = static_cast<std::int64_t>(run.points.size());
  for_each_row(opened, "choice", {{"point", count}, {"choice", 2}}, [&](const KeyedRow& row) {
    std::optional<double>& score =
        of[static_cast<std::size_t>(row.key[0])].at(static_cast<std::size_t>(row.key[1]));
    if (score) row.fail("found the key of an earlier row");
    score = scores[row.place.file].at(row.place.row);
  });
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i][0] && of[i][1]) run.points[i].score_difference = *of[i][0] - *of[i][1];
  }
}

}  // namespace

Points read_points(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run opened = shard::Run::open(path, reading);
  Points run;
  run.info = run_info(opened);
  const std::filesystem::path file = path / "plan.json";
  const JsonObject plan(run.info.details, "", file);
  if (run.info.step != Step::attribution) plan.refuse("step", "attribution");
  read_norm(plan, run);
  read_planned_points(plan, run);
  if (run.info.model_layers == 0) plan.refuse("model_layers", "an integer from 1");
  read_residuals(opened, run);
  const auto count = static_cast<std::int64_t>(run.points.size());
  for_each_row(opened, "point", {{"point", count}}, [&](const KeyedRow& row) {
    Point& point = run.points[static_cast<std::size_t>(row.key[0])];
    if (point.residuals) row.fail("found the key of an earlier row");
    point.residuals = row.place;
  });
  read_scores(opened, run);
  read_unembedding(opened, run);
  return run;
}

}  // namespace phiscope::analyze::sampling
