// SPDX-License-Identifier: MIT
// The nine reference cases of the loo experiment, every metric in float64.
#include "catch.hpp"
#include "cluster_metrics.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/between_cluster_phi.hpp>
#include <phiscope/leave_one_out.hpp>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::LabelMeans;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::twelve_words;

namespace {

/// What is undefined for us, by case and metric; everything else must be a number. The reference
/// has a NaN, a null or (where its code falls back to one) a zero in these places.
const std::map<std::string, std::map<std::string, Status>> undefined = {
    {"one_cluster_only",
     {{"ratio", Status::no_cross_pairs},
      {"cross_dist", Status::no_cross_pairs},
      {"ClusterSeparation_bounded_phi", Status::no_cross_pairs},
      {"LevelSpecificClusterSeparation_unbounded", Status::no_cross_pairs},
      {"adherence_cluster_separation_cosine", Status::no_cross_pairs},
      {"adherence_cluster_separation_l2", Status::no_cross_pairs},
      {"collapse_intrinsic_dim", Status::too_few_rows}}},
    {"no_within_pair",
     {{"ratio", Status::no_within_pairs},
      {"within_dist", Status::no_within_pairs},
      {"energy", Status::no_within_pairs},
      {"collapse_intrinsic_dim", Status::too_few_rows}}},
    {"single_token",
     {{"ratio", Status::no_cross_pairs},
      {"cross_dist", Status::no_cross_pairs},
      {"within_dist", Status::no_within_pairs},
      {"energy", Status::no_within_pairs},
      {"energy_with_fallback_compare_loo", Status::no_within_pairs},
      {"ClusterSeparation_bounded_phi", Status::no_cross_pairs},
      {"LevelSpecificClusterSeparation_unbounded", Status::no_cross_pairs},
      {"park_node_energy_mean_per_edge", Status::no_edges},
      {"adherence_dirichlet_cosine", Status::no_edges},
      {"adherence_dirichlet_l2", Status::no_edges},
      {"adherence_cluster_separation_cosine", Status::no_cross_pairs},
      {"adherence_cluster_separation_l2", Status::no_cross_pairs},
      {"neighbor_consistency_k5", Status::no_edges},
      {"collapse_intrinsic_dim", Status::too_few_rows}}},
    {"bound_active", {{"collapse_intrinsic_dim", Status::too_few_rows}}},
    {"all_identical",
     {{"ratio", Status::constant},  // the original has 0
      {"park_normalized_energy", Status::constant},
      {"collapse_effective_dim", Status::constant},
      {"collapse_intrinsic_dim", Status::too_few_rows}}},
    {"nan_input", {{"collapse_intrinsic_dim", Status::too_few_rows}}},
};

struct Case {
  json entry;
  std::string name;
  std::vector<std::int64_t> nodes;
  std::vector<std::int64_t> clusters;
  std::vector<double> adjacency;
  std::vector<double> full;
  std::vector<double> loo;
  std::size_t units = 0;
  std::size_t position = 0;

  [[nodiscard]] MatrixView<double> full_rows() const { return {full, nodes.size(), units}; }
  [[nodiscard]] MatrixView<double> loo_rows() const { return {loo, nodes.size() - 1, units}; }
  [[nodiscard]] MatrixView<double> graph() const { return {adjacency, 12, 12}; }
  [[nodiscard]] std::vector<std::int64_t> loo_nodes() const {
    return phiscope::test::drop(nodes, position);
  }
};

std::vector<Case> cases(const std::filesystem::path& folder) {
  std::vector<Case> result;
  const json manifest = phiscope::shard::read_json(folder / "manifest.json");
  for (const json& entry : manifest.at("cases")) {
    const phiscope::shard::NpyFile full(folder / entry.at("full").get<std::string>());
    const phiscope::shard::NpyFile loo(folder / entry.at("loo").get<std::string>());
    Case one{.entry = entry,
             .name = entry.at("name"),
             .nodes = entry.at("nodes"),
             .clusters = entry.at("clusters"),
             .adjacency = {},
             .full = full.read<double>(),
             .loo = loo.read<double>(),
             .units = static_cast<std::size_t>(full.shape().at(1)),
             .position = entry.at("pos")};
    for (const json& row : entry.at("adjacency")) {
      for (const json& weight : row) one.adjacency.push_back(weight.get<double>());
    }
    result.push_back(std::move(one));
  }
  return result;
}

Status expected_status(const std::string& name, const std::string& metric) {
  const Status otherwise = name == "nan_input" ? Status::nonfinite : Status::ok;
  const auto of_case = undefined.find(name);
  if (of_case == undefined.end()) return otherwise;
  const auto found = of_case->second.find(metric);
  return found == of_case->second.end() ? otherwise : found->second;
}

void check(const std::string& name, const std::string& metric, const Value& found,
           const json& expected, double relative = 1e-10, double absolute = 0.0) {
  CAPTURE(name, metric, expected.dump());
  REQUIRE(found.status() == expected_status(name, metric));
  if (!found.ok()) return;
  REQUIRE(expected.is_number());
  CHECK(found.value() == Approx(expected.get<double>()).epsilon(relative).margin(absolute));
}

/// The mean over all pairs where no pair shares a cluster, as one of the original scripts has it.
Value energy_with_fallback(const Case& one, bool full) {
  const std::vector<std::int64_t> nodes = full ? one.nodes : one.loo_nodes();
  const LabelMeans words = phiscope::label_means(full ? one.full_rows() : one.loo_rows(), nodes);
  phiscope::PairSet pairs = phiscope::pair_set(words.labels, twelve_words(), phiscope::Cross::all);
  if (pairs.within.empty()) pairs.within = pairs.cross;
  return phiscope::dirichlet_energy(words.view(), pairs);
}

void check_structure(const Case& one, bool full) {
  const std::vector<std::int64_t> nodes = full ? one.nodes : one.loo_nodes();
  const std::vector<std::int64_t> clusters =
      full ? one.clusters : phiscope::test::drop(one.clusters, one.position);
  const MatrixView<double> rows = full ? one.full_rows() : one.loo_rows();
  const json& expected = one.entry.at(full ? "full_float64" : "loo_float64");
  const auto found = phiscope::test::word_structure(rows, nodes);
  const double ratio_tolerance = one.name == "bound_active" ? 1e-6 : 1e-10;
  check(one.name, "ratio", found.ratio, expected.at("ratio"), ratio_tolerance);
  check(one.name, "cross_dist", found.cross, expected.at("cross_dist"));
  check(one.name, "within_dist", found.within, expected.at("within_dist"));
  check(one.name, "energy", found.energy, expected.at("energy"));
  check(one.name, "energy_with_fallback_compare_loo", energy_with_fallback(one, full),
        expected.at("energy_with_fallback_compare_loo"));
  check(one.name, "between_cluster_phi", phiscope::between_cluster_phi(rows, clusters),
        expected.at("between_cluster_phi"));
}

}  // namespace

TEST_CASE("structure with and without the position agrees with the reference",
          "[reference_loo][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::vector<Case> all = cases(*reference / "loo");
  REQUIRE(all.size() == 9);
  for (const Case& one : all) {
    check_structure(one, true);
    check_structure(one, false);
  }
}

TEST_CASE("influences agree with the reference", "[reference_loo][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  for (const Case& one : cases(*reference / "loo")) {
    const LabelMeans full = phiscope::label_means(one.full_rows(), one.nodes);
    const LabelMeans without = phiscope::label_means(one.loo_rows(), one.loo_nodes());
    const auto found = phiscope::leave_one_out<double>(
        {full.view(), full.labels}, {without.view(), without.labels}, twelve_words());
    const json& expected = one.entry.at("influence_float64");
    const auto close = [&](const char* metric, const Value& value, double tolerance) {
      // A difference keeps the digits of what was subtracted.
      const json& before = one.entry.at("full_float64").at(metric);
      const double scale = before.is_number() ? before.get<double>() : 0.0;
      check(one.name, metric, value, expected.at(std::string(metric) + "_influence"), 1e-10,
            tolerance * scale);
    };
    close("ratio", found.own_pairs.ratio, one.name == "bound_active" ? 1e-6 : 1e-14);
    close("cross_dist", found.own_pairs.cross, 1e-14);
    close("within_dist", found.own_pairs.within, 1e-14);
    close("energy", found.own_pairs.energy, 1e-14);
  }
}

TEST_CASE("the further metrics agree with the reference", "[reference_loo][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  // Equal rows: which of them is nearest is chance in the original.
  const std::set<std::string> with_duplicates{"all_identical", "bound_active"};
  for (const Case& one : cases(*reference / "loo")) {
    const json& expected = one.entry.at("position_metrics_float64");
    const auto found =
        phiscope::test::position_metrics(one.full_rows(), one.nodes, one.clusters, one.graph());
    for (const auto& [metric, value] : found) {
      if (metric == "neighbor_consistency_k5" && with_duplicates.contains(one.name)) continue;
      // The original computes 1 - cos, with the rounding of 1.
      const bool cosine = metric.find("cos") != std::string::npos;
      check(one.name, metric, value, expected.value(metric, json()), 1e-10, cosine ? 1e-15 : 0.0);
    }
  }
}
