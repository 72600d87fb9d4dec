// SPDX-License-Identifier: MIT
#include "sampling/analysis/clusters.hpp"

#include "program/parallel.hpp"
#include "sampling/analysis/principal.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/cluster_stability.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/gap_statistic.hpp>
#include <phiscope/k_means.hpp>
#include <phiscope/silhouette.hpp>
#include <phiscope/wilson_interval.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::sampling {
namespace {

/// Resamples of the stability: it is a mean with a spread of about .1, which 50 draws give to .02.
constexpr std::size_t stability_resamples = 50;

/// Index of the layer that is clustered.
std::size_t clustered_layer(const Samples& run, const Options& options) {
  if (!options.layer) return run.info.target();
  const auto wanted = static_cast<std::int64_t>(*options.layer);
  const auto found = std::find(run.info.layers.begin(), run.info.layers.end(), wanted);
  if (found == run.info.layers.end()) {
    throw shard::FormatError(run.info.path,
                             "layers do not hold layer " + std::to_string(wanted) +
                                 ", which --layer names; expected one of plan.json's layers");
  }
  return static_cast<std::size_t>(found - run.info.layers.begin());
}

/// The right samples of a problem that have a latent at the end of their text.
std::vector<std::size_t> right_samples(const Clusters& result, std::size_t problem,
                                       std::size_t temperature) {
  const auto& samples = result.run.samples[problem][temperature];
  std::vector<std::size_t> right;
  right.reserve(samples.size());
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const auto graded = result.grading.grades[problem][temperature][s].right;
    if (graded && *graded && samples[s].latents.back()) right.push_back(s);
  }
  return right;
}

/// The number of clusters of the largest mean silhouette, the least of equal ones.
Value best_silhouette(MatrixView<float> rows, std::size_t most, const Options& options) {
  Value best = Status::no_cross_pairs;
  double largest = 0.0;
  for (std::size_t k = 2; k <= most; ++k) {
    const KMeans found = k_means(rows, {.clusters = k, .seed = options.seed});
    if (!found.inertia.ok()) return found.inertia;
    const Value mean = silhouette(rows, found.labels).mean;
    if (!mean.ok() || (best.ok() && mean.value() <= largest)) continue;
    largest = mean.value();
    best = static_cast<double>(k);
  }
  return best;
}

void add_members(MatrixView<float> rows, const KMeans& found,
                 const std::vector<std::size_t>& samples, ProblemClusters& result) {
  const PrincipalPlane plane = principal_plane(rows);
  result.principal_share = plane.share;
  result.members.reserve(samples.size());
  const MatrixView<double> centres(found.centres, found.clusters, rows.cols());
  std::vector<std::optional<std::size_t>> nearest(found.clusters);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto cluster = static_cast<std::size_t>(found.labels[i]);
    const double from = distance(rows.row(i), centres.row(cluster));
    result.members.push_back({.sample = samples[i],
                              .cluster = found.labels[i],
                              .from_centre = from,
                              .principal = plane.rows[i]});
    if (!nearest[cluster] || from < result.members[*nearest[cluster]].from_centre) {
      nearest[cluster] = i;
    }
  }
  for (const auto& place : nearest) {
    if (place) result.members[*place].representative = true;
  }
}

/// The number asked for, or the one that the rows choose.
Value number_of_clusters(MatrixView<float> rows, const Options& options, ProblemClusters& result) {
  // As many clusters as rows say nothing.
  const std::size_t most = std::min(most_clusters, rows.rows() - 1);
  result.by_gap = gap_statistic(rows, {.most_clusters = most, .seed = options.seed}).clusters;
  result.by_silhouette = best_silhouette(rows, most, options);
  if (options.clusters > 0) return static_cast<double>(options.clusters);
  return options.choose == ChooseClusters::gap ? result.by_gap : result.by_silhouette;
}

void cluster_rows(MatrixView<float> rows, const std::vector<std::size_t>& samples,
                  const Options& options, ProblemClusters& result) {
  const Value number = number_of_clusters(rows, options, result);
  if (!number.ok()) {
    result.status = status_name(number.status());
    return;
  }
  const KMeansOptions how{.clusters = static_cast<std::size_t>(number.value()),
                          .seed = options.seed};
  const KMeans found = k_means(rows, how);
  result.inertia = found.inertia;
  if (!found.inertia.ok()) {
    result.status = status_name(found.inertia.status());
    return;
  }
  result.status = "ok";
  result.clusters = found.clusters;
  result.silhouette = silhouette(rows, found.labels).mean;
  result.stability =
      cluster_stability(rows,
                        {.clustering = how, .resamples = stability_resamples, .seed = options.seed})
          .mean;
  add_members(rows, found, samples, result);
}

void cluster_problem(const Clusters& all, std::size_t layer, const Options& options,
                     ProblemClusters& result) {
  const auto& samples = all.run.samples[result.problem][result.temperature];
  result.samples = static_cast<std::size_t>(
      std::count_if(samples.begin(), samples.end(), [](const Sample& each) { return each.done; }));
  const std::vector<std::size_t> right = right_samples(all, result.problem, result.temperature);
  result.correct = right.size();
  const auto& grades = all.grading.grades[result.problem][result.temperature];
  const bool is_graded = std::any_of(grades.begin(), grades.end(),
                                     [](const Grade& grade) { return grade.right.has_value(); });
  if (!is_graded) {
    result.status = "no_answer";
    return;
  }
  if (right.size() < std::max(options.clusters, least_correct)) {
    result.status = "too_few_correct";
    return;
  }
  std::vector<RowPlace> places;
  places.reserve(right.size());
  for (const std::size_t sample : right) places.push_back(*samples[sample].latents.back());
  const std::vector<float> values = all.run.latents.gather(places, layer);
  cluster_rows(MatrixView<float>(values, places.size(), all.run.latents.units()), right, options,
               result);
}

void summarize_clusters(Clusters& result, const Options& options) {
  std::size_t clustered = 0;
  std::size_t parted = 0;
  std::vector<Value> stability;
  std::vector<Value> silhouettes;
  stability.reserve(result.problems.size());
  silhouettes.reserve(result.problems.size());
  for (const ProblemClusters& each : result.problems) {
    if (each.status != "ok") continue;
    if (each.by_gap.ok()) {
      ++clustered;
      parted += each.by_gap.value() > 1.0 ? 1U : 0U;
    }
    if (each.clusters < 2) continue;
    stability.push_back(each.stability);
    silhouettes.push_back(each.silhouette);
  }
  result.several = wilson_interval(parted, clustered, {.covers = "problems"});
  result.stability = cell_of(stability, options);
  result.silhouette = cell_of(silhouettes, options);
}

}  // namespace

Clusters analyze_clusters(Samples run, const Options& given) {
  Options options = given;
  if (options.clusters == 0) options.clusters = static_cast<std::size_t>(run.info.clusters);
  Clusters result;
  result.run = std::move(run);
  result.label = result.run.info.name;
  const std::size_t layer = clustered_layer(result.run, options);
  result.layer = result.run.info.layers[layer];
  result.grading = grade_samples(result.run, options.grader);
  const std::size_t temperatures = result.run.temperatures.size();
  result.problems.resize(result.run.info.problems.size() * temperatures);
  for_each_tile(result.problems.size(), options.threads, [&](std::size_t tile) {
    ProblemClusters& each = result.problems[tile];
    each.problem = tile / temperatures;
    each.temperature = tile % temperatures;
    cluster_problem(result, layer, options, each);
  });
  summarize_clusters(result, options);
  return result;
}

}  // namespace phiscope::analyze::sampling
