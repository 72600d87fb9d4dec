// SPDX-License-Identifier: MIT
#include "sampling/analysis/study.hpp"

#include "report/folder.hpp"
#include "shard/file/format_error.hpp"

#include <utility>

namespace phiscope::analyze::sampling {
namespace {

std::vector<std::filesystem::path> run_directories(const std::filesystem::path& path) {
  if (std::filesystem::exists(path / "plan.json")) return {path};
  std::vector<std::filesystem::path> found;
  for (const Step step : all_steps) {
    const std::filesystem::path run = path / step_name(step);
    if (std::filesystem::exists(run / "plan.json")) found.push_back(run);
  }
  if (found.empty()) {
    throw shard::FormatError(
        path,
        "no run of extract sampling: found no plan.json, expected one there or "
        "in variance, manifold, sensitivity, attribution or clustering");
  }
  return found;
}

void add_step(const std::filesystem::path& run, const shard::ReadOptions& reading,
              const Options& options, Study& study) {
  switch (step_of(shard::Run::open(run, reading))) {
    case Step::variance:
      study.variance = analyze_variance(read_samples(run, reading), options);
      break;
    case Step::manifold:
      study.manifold = analyze_manifold(read_paths(run, reading), options);
      break;
    case Step::sensitivity:
      study.sensitivity = analyze_sensitivity(read_branches(run, reading), options);
      break;
    case Step::attribution:
      study.attribution = analyze_attribution(read_points(run, reading), options);
      break;
    case Step::clustering:
      study.clusters = analyze_clusters(read_samples(run, reading), options);
      break;
  }
}

void label_steps(Study& study) {
  const auto give = [&study](auto& step) {
    if (step) step->label = study.label;
  };
  give(study.variance);
  give(study.manifold);
  give(study.sensitivity);
  give(study.attribution);
  give(study.clusters);
}

}  // namespace

std::vector<const RunInfo*> Study::runs() const {
  std::vector<const RunInfo*> infos;
  if (variance) infos.push_back(&variance->run.info);
  if (manifold) infos.push_back(&manifold->run.info);
  if (sensitivity) infos.push_back(&sensitivity->run.info);
  if (attribution) infos.push_back(&attribution->run.info);
  if (clusters) infos.push_back(&clusters->run.info);
  return infos;
}

std::vector<Study> analyze_studies(const std::vector<std::filesystem::path>& paths,
                                   const shard::ReadOptions& reading, const Options& options) {
  std::vector<Study> studies;
  studies.reserve(paths.size());
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const std::filesystem::path& path : paths) {
    Study study;
    for (const auto& run : run_directories(path)) add_step(run, reading, options, study);
    names.push_back(
        (std::filesystem::absolute(path) / "").lexically_normal().parent_path().filename());
    studies.push_back(std::move(study));
  }
  const std::vector<std::string> labels = report::unique_labels(names);
  for (std::size_t i = 0; i < studies.size(); ++i) {
    studies[i].label = labels[i];
    label_steps(studies[i]);
  }
  return studies;
}

}  // namespace phiscope::analyze::sampling
