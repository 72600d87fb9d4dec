// SPDX-License-Identifier: MIT
#include "sampling/points.hpp"

#include "plan/generation.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"
#include "shard/run_writer.hpp"
#include "shard/text/json_file.hpp"

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
  /// By path: number of a token in the solution, and its place, a shard and a row of it.
  std::map<Path, std::map<std::int64_t, std::pair<std::size_t, std::size_t>>> rows;
  std::vector<shard::RowValues> latents;  ///< [shard]
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
    for (std::size_t row = 0; row < pooled.size() / 3; ++row) {
      const Path path{pooled[3 * row], pooled[3 * row + 1]};
      paths.rows[path][pooled[3 * row + 2]] = {paths.latents.size(), row};
    }
    paths.latents.emplace_back(run, "latent", k);
  }
  return paths;
}

/// How far a branch is from the greedy solution.
struct Apart {
  std::vector<double> distances;  ///< [layer], between the means over the compared tokens
  int pooled = 0;                 ///< compared tokens: up to the end of the shorter path
};

Apart apart(const Paths& paths, const Path& branch, int lookahead, int stride, std::size_t layers) {
  static const std::map<std::int64_t, std::pair<std::size_t, std::size_t>> none;
  const auto rows_of = [&](const Path& path) -> const auto& {
    const auto found = paths.rows.find(path);
    return found == paths.rows.end() ? none : found->second;
  };
  const auto& greedy = rows_of({branch.first, 0});
  const auto& other = rows_of(branch);
  Apart made{.distances = std::vector<double>(layers, 0.0)};
  std::vector<double> sums;  // of the differences, [layer, unit]
  for (int n = stride; n <= lookahead; n += stride) {
    const auto a = greedy.find(branch.second + n);
    const auto b = other.find(branch.second + n);
    if (a == greedy.end() || b == other.end()) break;
    const std::vector<double> kept = paths.latents[a->second.first].row(a->second.second);
    const std::vector<double> left = paths.latents[b->second.first].row(b->second.second);
    sums.resize(kept.size(), 0.0);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += kept[i] - left[i];
    ++made.pooled;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    made.distances[i * layers / sums.size()] += sums[i] * sums[i];
  }
  for (double& squared : made.distances) squared = std::sqrt(squared) / std::max(1, made.pooled);
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

void write_points(const std::filesystem::path& folder, shard::LockKind locks) {
  if (!std::filesystem::exists(folder / "manifest.json")) return;
  const shard::Run run = shard::Run::open(folder);
  const ordered_json& details = run.plan().details;
  const auto layers = details.at("layers").get<std::vector<int>>();
  const auto target = std::ranges::find(layers, details.at("target_layer").get<int>());
  const auto target_index = static_cast<std::size_t>(target - layers.begin());
  const int lookahead = details.at("lookahead").get<int>();
  const int window_stride = details.at("window_stride").get<int>();
  const Paths paths = read_paths(run);
  const std::vector<std::vector<int>> prompts = prompts_of(folder);
  std::vector<std::pair<double, ordered_json>> points;
  std::size_t too_short = 0;
  for (const auto& [path, other] : paths.generated) {
    if (path.second == 0) continue;
    const auto [distances, pooled] = apart(paths, path, lookahead, window_stride, layers.size());
    if (pooled == 0) {
      ++too_short;
      continue;
    }
    const auto t = static_cast<std::size_t>(path.second);
    const std::vector<int>& told = paths.generated.at({path.first, 0});
    std::vector<int> ids = prompts.at(static_cast<std::size_t>(path.first));
    ids.insert(ids.end(), told.begin(), told.begin() + static_cast<std::ptrdiff_t>(t));
    const auto& problem = details.at("problems").at(static_cast<std::size_t>(path.first));
    points.emplace_back(distances.at(target_index),
                        ordered_json{{"problem_id", problem.at("problem_id")},
                                     {"problem", path.first},
                                     {"t", t},
                                     {"top1", told.at(t)},
                                     {"top2", other.front()},
                                     {"distance", distances.at(target_index)},
                                     {"distances", distances},
                                     {"pooled", pooled},
                                     {"input_ids", ids}});
  }
  std::ranges::stable_sort(points, [](const auto& a, const auto& b) { return a.first > b.first; });
  ordered_json list = ordered_json::array();
  for (auto& [distance, point] : points) list.push_back(std::move(point));
  const ordered_json whole{{"schema", "phiscope-points/1"},
                           {"model", details.at("model").at("digests")},
                           {"layers", layers},
                           {"target_layer", details.at("target_layer")},
                           {"too_short", too_short},
                           {"points", list}};
  shard::write_run_file(folder / "bifurcation_points.json", whole.dump(1) + "\n", locks);
}

}  // namespace phiscope::extract
