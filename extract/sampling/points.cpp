// SPDX-License-Identifier: MIT
#include "sampling/points.hpp"

#include "plan/generation.hpp"
#include "shard/atomic_file.hpp"
#include "shard/json_file.hpp"
#include "shard/mapped_file.hpp"
#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;
/// Problem and branch; branch 0 is the greedy solution.
using Path = std::pair<std::int64_t, std::int64_t>;

/// What a run holds of its paths.
struct Paths {
  std::map<Path, std::vector<int>> generated;
  std::map<std::pair<Path, std::int64_t>, std::vector<double>> latents;  ///< by window
};

Paths read_paths(const shard::Run& run) {
  Paths paths;
  for (const std::int64_t k : run.shards()) {
    const shard::NpyFile key_file = run.keys(generated_space, k);
    const std::vector<std::int64_t> keys = key_file.read<std::int64_t>();
    const std::vector<double> ids = run.array(generated_array, k).read<double>();
    for (std::size_t row = 0; row < ids.size(); ++row) {
      paths.generated[{keys[3 * row], keys[3 * row + 1]}].push_back(static_cast<int>(ids[row]));
    }
    const shard::NpyFile pooled_file = run.keys("pooled", k);
    const std::vector<std::int64_t> pooled = pooled_file.read<std::int64_t>();
    const shard::RowValues latent(run, "latent", k);
    for (std::size_t row = 0; row < pooled.size() / 3; ++row) {
      const Path path{pooled[3 * row], pooled[3 * row + 1]};
      paths.latents[{path, pooled[3 * row + 2]}] = latent.row(row);
    }
  }
  return paths;
}

/// Distances by layer between two rows [layer, unit].
std::vector<double> distances(const std::vector<double>& a, const std::vector<double>& b,
                              std::size_t layers) {
  const std::size_t units = a.size() / layers;
  std::vector<double> made(layers, 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) made[i / units] += (a[i] - b[i]) * (a[i] - b[i]);
  for (double& squared : made) squared = std::sqrt(squared);
  return made;
}

std::vector<std::vector<int>> prompts_of(const std::filesystem::path& folder) {
  const shard::MappedFile file(folder / "prompts.jsonl");
  std::vector<std::vector<int>> prompts;
  std::string_view rest = file.text();
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const auto line = shard::parse_json(rest.substr(0, length), folder / "prompts.jsonl");
    prompts.push_back(line.at("input_ids").get<std::vector<int>>());
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return prompts;
}

}  // namespace

void write_points(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "manifest.json")) return;
  const shard::Run run = shard::Run::open(folder);
  const ordered_json& details = run.plan().details;
  const auto layers = details.at("layers").get<std::vector<int>>();
  const auto target = std::ranges::find(layers, details.at("target_layer").get<int>());
  const auto target_index = static_cast<std::size_t>(target - layers.begin());
  const auto lookahead = details.at("lookahead").get<std::size_t>();
  const auto window_stride = details.at("window_stride").get<std::size_t>();
  const Paths paths = read_paths(run);
  const std::vector<std::vector<int>> prompts = prompts_of(folder);
  std::vector<std::pair<double, ordered_json>> points;
  for (const auto& [key, branch] : paths.latents) {
    const auto& [path, window] = key;
    if (path.second == 0) continue;
    const auto greedy = paths.latents.find({{path.first, 0}, window});
    if (greedy == paths.latents.end()) continue;  // no token of the greedy solution is left to pool
    const auto t = static_cast<std::size_t>(path.second);
    const std::vector<int>& told = paths.generated.at({path.first, 0});
    const std::vector<double> apart = distances(greedy->second, branch, layers.size());
    // Either may end inside the window: then the means are over different numbers of tokens.
    const auto pooled = [&](std::size_t length) {
      return std::min(lookahead, length - t) / window_stride;
    };
    const std::vector<int>& other = paths.generated.at(path);
    std::vector<int> ids = prompts.at(static_cast<std::size_t>(path.first));
    ids.insert(ids.end(), told.begin(), told.begin() + static_cast<std::ptrdiff_t>(t));
    const auto& problem = details.at("problems").at(static_cast<std::size_t>(path.first));
    points.emplace_back(apart.at(target_index),
                        ordered_json{{"problem_id", problem.at("problem_id")},
                                     {"problem", path.first},
                                     {"t", t},
                                     {"top1", told.at(t)},
                                     {"top2", other.front()},
                                     {"distance", apart.at(target_index)},
                                     {"distances", apart},
                                     {"pooled", {pooled(told.size()), pooled(t + other.size())}},
                                     {"input_ids", ids}});
  }
  std::ranges::stable_sort(points, [](const auto& a, const auto& b) { return a.first > b.first; });
  ordered_json list = ordered_json::array();
  for (auto& [distance, point] : points) list.push_back(std::move(point));
  const ordered_json whole{{"schema", "phiscope-points/1"},
                           {"model", details.at("model").at("digests")},
                           {"layers", layers},
                           {"target_layer", details.at("target_layer")},
                           {"points", list}};
  shard::write_file(folder / "bifurcation_points.json", whole.dump(1) + "\n");
}

}  // namespace phiscope::extract
