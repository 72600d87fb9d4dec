// SPDX-License-Identifier: MIT
#include "steps/analysis/pool.hpp"

#include "report/provenance.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

/// The model as its run names it, without where it lay.
nlohmann::ordered_json model_of(const Steps& steps) {
  nlohmann::ordered_json model = report::plan_member(steps.sources.front().details, "model");
  if (model.is_object()) model.erase("path");
  return model;
}

void refuse_equal_ids(const Steps& pooled, const Steps& more) {
  std::map<std::string, const Problem*> known;
  for (const Problem& problem : pooled.problems) known.emplace(problem.id.dump(), &problem);
  for (const Problem& problem : more.problems) {
    const auto found = known.find(problem.id.dump());
    if (found == known.end()) continue;
    throw shard::FormatError(
        more.sources.front().path / "plan.json",
        "found problem " + id_text(problem.id) + ", which is also in " +
            pooled.sources[found->second->source].path.string() +
            ", expected other problems: runs of the same model, layers, sets and donor are pooled");
  }
}

void add_run(Steps& pooled, Steps more) {
  refuse_equal_ids(pooled, more);
  for (Problem& problem : more.problems) problem.source = pooled.sources.size();
  const auto move_all = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  // Answers of another run can be longer.
  if (more.readouts.size() > pooled.readouts.size()) pooled.readouts = more.readouts;
  move_all(more.problems, pooled.problems);
  move_all(more.rows, pooled.rows);
  move_all(more.dropped, pooled.dropped);
  move_all(more.sources, pooled.sources);
}

}  // namespace

bool are_alike(const Steps& a, const Steps& b) {
  return model_of(a) == model_of(b) && a.lanes == b.lanes && a.axes.latents == b.axes.latents &&
         a.donor == b.donor && a.published == b.published && a.dtype == b.dtype &&
         a.model_layers == b.model_layers;
}

std::vector<Steps> pool(std::vector<Steps> runs) {
  std::vector<Steps> pooled;
  pooled.reserve(runs.size());
  for (Steps& run : runs) {
    const auto alike = std::find_if(pooled.begin(), pooled.end(),
                                    [&run](const Steps& each) { return are_alike(each, run); });
    if (alike == pooled.end())
      pooled.push_back(std::move(run));
    else
      add_run(*alike, std::move(run));
  }
  return pooled;
}

}  // namespace phiscope::analyze::steps
