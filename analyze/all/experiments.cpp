// SPDX-License-Identifier: MIT
#include "all/experiments.hpp"

#include "shard/file/format_error.hpp"
#include "shard/plan.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace phiscope::analyze::all {
namespace {

struct Known {
  const char* experiment;
  const char* folder;  ///< and the program, after "analyze-"
  const char* title;
};

constexpr std::array<Known, 6> known_experiments = {{
    {"loo", "loo", "Leave-one-out: does a word shape the geometry of the others?"},
    {"phiid", "phiid", "Integrated information of attention heads"},
    {"ablate", "ablation", "Ablation: do synergistic heads matter more?"},
    {"patching", "patching", "Patching: where the answer is carried"},
    {"steps", "steps", "Steps: which thoughts a right answer needs"},
    {"sampling", "sampling", "Sampling: the geometry of sampled solutions"},
}};

bool is_run(const std::filesystem::path& path) {
  return std::filesystem::exists(path / "plan.json");
}

/// The run directories in a folder, by name; none if it is no folder that can be read.
std::vector<std::filesystem::path> runs_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> runs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_run(entry.path())) runs.push_back(entry.path());
  }
  std::ranges::sort(runs);
  return runs;
}

/// Whether the folder holds the steps of a chain of `sampling`.
bool is_chain(const std::filesystem::path& folder) {
  const auto runs = runs_in(folder);
  return !runs.empty() && std::ranges::all_of(runs, [](const std::filesystem::path& run) {
    return shard::read_plan(run).experiment == "sampling";
  });
}

/// The runs and chains of `sampling` in a folder, by name.
std::vector<std::filesystem::path> members_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> members;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_run(entry.path()) || is_chain(entry.path())) members.push_back(entry.path());
  }
  if (error) throw shard::FormatError(folder, "cannot be read: " + error.message());
  if (members.empty()) {
    throw shard::FormatError(folder,
                             "no plan.json here or one level down, expected run directories");
  }
  std::ranges::sort(members);
  return members;
}

void add(const std::filesystem::path& run, const std::string& experiment,
         std::vector<Group>& groups) {
  const auto* const known = std::ranges::find(known_experiments, experiment, &Known::experiment);
  if (known == known_experiments.end()) {
    throw shard::FormatError(run, "experiment '" + experiment +
                                      "' has no report, expected loo, phiid, ablate, patching, "
                                      "steps or sampling");
  }
  auto found = std::ranges::find(groups, experiment, &Group::experiment);
  if (found == groups.end()) {
    groups.push_back({.experiment = experiment,
                      .program = std::string("analyze-") + known->folder,
                      .folder = known->folder,
                      .title = known->title,
                      .runs = {}});
    found = groups.end() - 1;
  }
  if (std::ranges::find(found->runs, run) == found->runs.end()) found->runs.push_back(run);
}

}  // namespace

std::vector<Group> grouped(const std::vector<std::filesystem::path>& paths) {
  std::vector<Group> groups;
  const auto take = [&groups](const std::filesystem::path& path) {
    add(path, is_run(path) ? shard::read_plan(path).experiment : "sampling", groups);
  };
  for (const auto& path : paths) {
    if (is_run(path) || is_chain(path)) {
      take(path);
      continue;
    }
    for (const auto& member : members_of(path)) take(member);
  }
  return groups;
}

}  // namespace phiscope::analyze::all
