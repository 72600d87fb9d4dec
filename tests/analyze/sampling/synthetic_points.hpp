// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/writer.hpp"
#include "synthetic_run.hpp"

#include <optional>

namespace phiscope::test {

/// A run of step attribution of a model that is its final norm and unembedding alone.
struct SyntheticPoints : SyntheticBase {
  std::string norm = "rms";
  double epsilon = 1e-5;
  std::optional<double> soft_cap = {};
  /// Problems of the points, indices; two points of the first problem.
  std::vector<std::int64_t> of = {0, 0, 1, 2, 3, 4};
  double wrong = 0.0;  ///< added to every difference of logits

  [[nodiscard]] float resid(std::int64_t point, std::int64_t entry, std::int64_t unit) const {
    return static_cast<float>(noise({point, entry, unit}) * (1.0 + static_cast<double>(entry)));
  }
  [[nodiscard]] float direction(std::int64_t point, std::int64_t unit) const {
    return static_cast<float>(noise({point, unit, 77}));
  }
  [[nodiscard]] float weight(std::int64_t unit) const {
    return static_cast<float>(0.5 + 0.2 * static_cast<double>(unit));
  }
  [[nodiscard]] float bias(std::int64_t unit) const {
    return norm == "layer" ? static_cast<float>(noise({unit, 99})) : 0.0F;
  }
  /// What the model says, from the last residual alone and without anything of metrics/.
  [[nodiscard]] double difference(std::int64_t point) const {
    const std::int64_t last = model_layers;
    double mean = 0.0;
    for (std::int64_t u = 0; u < units && norm == "layer"; ++u) mean += resid(point, last, u);
    mean /= static_cast<double>(units);
    double squares = 0.0;
    for (std::int64_t u = 0; u < units; ++u) squares += std::pow(resid(point, last, u) - mean, 2);
    const double size = std::sqrt(squares / static_cast<double>(units) + epsilon);
    double sum = 0.0;
    for (std::int64_t u = 0; u < units; ++u) {
      const double by = norm == "rms1" ? 1.0 + weight(u) : weight(u);
      sum += direction(point, u) * ((resid(point, last, u) - mean) / size * by + bias(u));
    }
    return sum + wrong;
  }
};

inline SyntheticRun synthetic_points(const SyntheticPoints& options) {
  SyntheticRun run;
  run.shards = options.shards;
  run.prompts = synthetic_prompts(options);
  run.details = synthetic_details(options, "attribution");
  run.details["norm"] = options.norm;
  run.details["norm_eps"] = options.epsilon;
  run.details["soft_cap"] = options.soft_cap ? Json(*options.soft_cap) : Json(nullptr);
  Json points = Json::array();
  SyntheticArray<float> resid{.name = "resid",
                              .space = "point",
                              .axes = {"row", "layer", "unit"},
                              .row_shape = {static_cast<std::uint64_t>(options.model_layers + 1),
                                            static_cast<std::uint64_t>(options.units)}};
  for (std::int64_t layer = -1; layer < options.model_layers; ++layer)
    resid.layers.push_back(layer);
  SyntheticArray<float> scores{.name = "token_score", .space = "choice"};
  resid.values.resize(static_cast<std::size_t>(options.shards));
  scores.values.resize(static_cast<std::size_t>(options.shards));
  SyntheticRows& space = run.space("point", {"point"});
  for (std::size_t i = 0; i < options.of.size(); ++i) {
    const auto point = static_cast<std::int64_t>(i);
    points.push_back({{"problem", options.of[i]},
                      {"t", 32 * (i + 1)},
                      {"top1", 10 + i},
                      {"top2", 20 + i},
                      {"d", 5.0 - 0.5 * static_cast<double>(i)}});
    const auto place = static_cast<std::size_t>(point % options.shards);
    space.add(point % options.shards, {point});
    for (std::int64_t entry = 0; entry <= options.model_layers; ++entry) {
      for (std::int64_t unit = 0; unit < options.units; ++unit) {
        resid.values[place].push_back(options.resid(point, entry, unit));
      }
    }
  }
  SyntheticRows& choices = run.space("choice", {"point", "choice"});
  for (std::int64_t point = 0; point < static_cast<std::int64_t>(options.of.size()); ++point) {
    const auto place = static_cast<std::size_t>(point % options.shards);
    for (const std::int64_t choice : {0, 1}) {
      const double score = choice == 0 ? options.difference(point) - 2.0 : -2.0;
      choices.add(point % options.shards, {point, choice});
      scores.values[place].push_back(static_cast<float>(score));
    }
  }
  run.details["points"] = points;
  change_details(options, run.details);
  run.floats = {resid, scores};
  return run;
}

inline void write_points(const std::filesystem::path& path, const SyntheticPoints& options) {
  synthetic_points(options).write(path);
  std::vector<float> directions;
  for (std::size_t point = 0; point < options.of.size(); ++point) {
    for (std::int64_t unit = 0; unit < options.units; ++unit) {
      directions.push_back(options.direction(static_cast<std::int64_t>(point), unit));
    }
  }
  std::vector<float> norm;
  for (std::int64_t unit = 0; unit < options.units; ++unit) norm.push_back(options.weight(unit));
  for (std::int64_t unit = 0; unit < options.units; ++unit) norm.push_back(options.bias(unit));
  const auto units = static_cast<std::uint64_t>(options.units);
  shard::write_npy<float>(path / "directions.npy", directions, {options.of.size(), units});
  shard::write_npy<float>(path / "final_norm.npy", norm, {2, units});
}

}  // namespace phiscope::test
