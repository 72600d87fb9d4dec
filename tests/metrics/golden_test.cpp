// SPDX-License-Identifier: MIT
// Every metric against tests/golden/metrics, made by an independent NumPy script.
#include "catch.hpp"
#include "cluster_metrics.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/leave_one_out.hpp>
#include <phiscope/row_deletions.hpp>

#include <map>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::ClusterStructure;
using phiscope::Influence;
using phiscope::label_means;
using phiscope::LabelMeans;
using phiscope::MatrixView;
using phiscope::pair_set;
using phiscope::test::twelve_words;

namespace {

struct Walk {
  json expected = phiscope::shard::read_json(phiscope::test::golden() / "metrics/metrics.json");
  std::vector<float> full = read("walk.npy");
  std::vector<float> without = read("walk_without.npy");
  std::vector<std::int64_t> nodes = expected.at("nodes");
  std::size_t units = full.size() / nodes.size();

  static std::vector<float> read(const char* name) {
    return phiscope::shard::NpyFile(phiscope::test::golden() / "metrics" / name).read<float>();
  }
  [[nodiscard]] MatrixView<float> full_rows() const { return {full, nodes.size(), units}; }
};

template <class Found>  // ClusterStructure or Influence
void check_close(const Found& found, const json& expected, double epsilon = 1e-12) {
  const auto close = [&](const phiscope::Value& value, const char* name) {
    CAPTURE(name);
    CHECK(value.value() == Approx(expected.at(name).get<double>()).epsilon(epsilon).margin(1e-13));
  };
  close(found.ratio, "ratio");
  close(found.cross, "cross");
  close(found.within, "within");
  close(found.energy, "energy");
}

}  // namespace

TEST_CASE("the golden walk has the structure that NumPy finds", "[golden]") {
  const Walk walk;
  const LabelMeans words = label_means(walk.full_rows(), walk.nodes);
  const auto structure = [&](phiscope::Cross cross) {
    return phiscope::cluster_structure(words.view(), pair_set(words.labels, twelve_words(), cross));
  };
  check_close(structure(phiscope::Cross::groups), walk.expected.at("full"));
  check_close(structure(phiscope::Cross::all), walk.expected.at("full_all_cross"));
}

TEST_CASE("leaving a position of the golden walk out has the influence that NumPy finds",
          "[golden]") {
  const Walk walk;
  const auto position = walk.expected.at("position").get<std::size_t>();
  const std::vector<std::int64_t> rest = phiscope::test::drop(walk.nodes, position);
  const LabelMeans full = label_means(walk.full_rows(), walk.nodes);
  const LabelMeans without =
      label_means(MatrixView<float>(walk.without, rest.size(), walk.units), rest);
  const auto found = phiscope::leave_one_out<double>(
      {full.view(), full.labels}, {without.view(), without.labels}, twelve_words());
  CHECK(found.pairs_changed);
  check_close(found.own_pairs, walk.expected.at("own_pairs"), 1e-11);
  check_close(found.common_pairs, walk.expected.at("common_pairs"), 1e-11);
}

TEST_CASE("deleting each row of the golden walk has the influence that NumPy finds", "[golden]") {
  const Walk walk;
  const auto found =
      phiscope::row_deletions(walk.full_rows(), pair_set(walk.nodes, twelve_words()));
  REQUIRE(found.size() == walk.expected.at("deletions").size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    check_close(found[i], walk.expected.at("deletions").at(i), 1e-10);
  }
}

TEST_CASE("the further metrics of the golden walk are what NumPy finds", "[golden]") {
  const Walk walk;
  const std::vector<double> rows(walk.full.begin(), walk.full.end());
  const MatrixView<double> view(rows, walk.nodes.size(), walk.units);
  std::vector<double> adjacency;
  for (const json& row : walk.expected.at("adjacency")) {
    for (const json& weight : row) adjacency.push_back(weight.get<double>());
  }
  std::vector<std::int64_t> clusters;
  for (const std::int64_t node : walk.nodes) clusters.push_back(node / 4);

  auto found = phiscope::test::position_metrics(view, walk.nodes, clusters, {adjacency, 12, 12});
  const LabelMeans words = label_means(view, walk.nodes);
  const std::vector<double> graph =
      phiscope::test::present_graph({adjacency, 12, 12}, words.labels);
  const auto energy =
      phiscope::graph_energy(words.view(), {graph, words.labels.size(), words.labels.size()});
  found.emplace("graph_energy_sum", energy.sum);
  found.emplace("graph_energy_rayleigh", energy.rayleigh);
  found.emplace("between_cluster_phi", phiscope::between_cluster_phi(view, clusters));
  found.emplace("separation_trace", phiscope::cluster_separation(view, clusters).trace);

  const std::map<std::string, std::string> published{
      {"separation_per_unit", "ClusterSeparation_bounded_phi"},
      {"representation_coherence", "RepresentationCoherence"},
      {"consecutive_energy", "DirichletEnergy_consecutive_sum"},
      {"normalized_consecutive_energy", "park_normalized_energy"},
      {"graph_energy_per_edge", "park_node_energy_mean_per_edge"},
      {"edge_energy_l2", "adherence_dirichlet_l2"},
      {"edge_energy_cosine", "adherence_dirichlet_cosine"},
      {"centroid_separation_l2", "adherence_cluster_separation_l2"},
      {"centroid_separation_cosine", "adherence_cluster_separation_cosine"},
      {"neighbor_consistency", "neighbor_consistency_k5"},
      {"mean_cosine", "collapse_avg_cos_sim"},
      {"mean_distance", "collapse_avg_l2_dist"},
      {"smallest_distance", "collapse_min_pairwise_dist"},
      {"largest_distance", "collapse_max_pairwise_dist"},
      {"spread", "collapse_spread"},
      {"centroid_norm", "collapse_centroid_norm"},
      {"participation_ratio", "collapse_effective_dim"},
      {"intrinsic_dimension", "collapse_intrinsic_dim"}};
  for (const auto& [name, value] : walk.expected.at("further").items()) {
    CAPTURE(name);
    const auto alias = published.find(name);
    const auto& metric = found.at(alias == published.end() ? name : alias->second);
    CHECK(metric.value() == Approx(value.get<double>()).epsilon(1e-11));
  }
}
