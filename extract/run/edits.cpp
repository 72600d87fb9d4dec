// SPDX-License-Identifier: MIT
#include "run/edits.hpp"

#include "model/index_tensor.hpp"
#include "run/changes.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::extract {
namespace {

/// Rows of one lane in its batch.
struct LaneRows {
  std::int64_t first_position = 0;
  std::int64_t count = 0;
  std::int64_t first_row = 0;

  [[nodiscard]] bool holds(int position) const {
    return position >= first_position && position < first_position + count;
  }
  [[nodiscard]] std::int64_t row_of(int position) const {
    return first_row + position - first_position;
  }
};

/// Where a trace has some of a source's positions.
std::vector<std::int64_t> positions_in(const RunTrace& trace, const at::Tensor& values,
                                       const Source& source, std::span<const std::int64_t> which) {
  std::vector<std::int64_t> positions;
  positions.reserve(which.size());
  for (const std::int64_t i : which) {
    const std::int64_t position = source.positions.at(static_cast<std::size_t>(i)) - trace.first;
    if (position < 0 || position >= values.size(0)) {
      throw std::invalid_argument("edits_of: a source has no position " +
                                  std::to_string(position + trace.first));
    }
    positions.push_back(position);
  }
  return positions;
}

/// The rows of a site in a lane, and which of the site's positions they are.
struct SiteRows {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> which;
};
SiteRows rows_of(const Site& site, const LaneRows& lane) {
  SiteRows found;
  if (site.positions.empty()) {
    for (std::int64_t i = 0; i < lane.count; ++i) found.rows.push_back(lane.first_row + i);
    return found;
  }
  for (std::size_t i = 0; i < site.positions.size(); ++i) {
    if (!lane.holds(site.positions[i])) continue;
    found.rows.push_back(lane.row_of(site.positions[i]));
    found.which.push_back(static_cast<std::int64_t>(i));
  }
  return found;
}

/// Values of a source for the rows found, position by position; for all positions of a lane where
/// the site has all.
void take_values(const Site& site, const Source& from, const GroupTraces& traces,
                 const LaneRows& lane, const SiteRows& found, Change& change) {
  const RunTrace& trace = *traces.at(from.run);
  change.source = trace.values.at({site.hook, site.layer});
  change.of_all_heads = site.head >= 0;
  if (!site.positions.empty()) {
    change.positions = positions_in(trace, change.source, from, found.which);
    return;
  }
  for (std::int64_t i = 0; i < lane.count; ++i) {
    change.positions.push_back((lane.first_position + i) % change.source.size(0));
  }
}

/// The mean of some values for the rows found.
void take_mean(const Mean& action, const GroupTraces& traces, Change& change) {
  const Site& site = action.site;
  std::vector<at::Tensor> all;
  for (const Source& source : action.from) {
    const RunTrace& trace = *traces.at(source.run);
    const at::Tensor& values = trace.values.at({site.hook, site.layer});
    std::vector<std::int64_t> every(source.positions.size());
    std::iota(every.begin(), every.end(), std::int64_t{0});
    const std::vector<std::int64_t> positions = positions_in(trace, values, source, every);
    if (action.from.size() == 1 && positions.size() == 1) {
      // Of one value, as the mean over many texts is: nothing to compute.
      change.source = values;
      change.of_all_heads = site.head >= 0;
      change.positions.assign(change.rows.size(), positions.front());
      return;
    }
    const at::Tensor rows = values.index_select(0, index_tensor(positions, values.device()));
    all.push_back((site.head < 0 ? rows : rows.select(1, site.head)).to(at::kDouble));
  }
  change.source = at::cat(all, 0).mean(0, /*keepdim=*/true);
  change.positions.assign(change.rows.size(), 0);
}

/// A head of a lane that is zero at all positions.
struct RemovedHead {
  std::size_t lane = 0;
  int head = 0;
};
using RemovedHeads = std::map<int, std::vector<RemovedHead>>;  ///< by layer

/// The head that an action removes, where it does nothing else; else null.
const Site* removed_head(const Action& action) {
  const auto* zero = std::get_if<Zero>(&action);
  if (zero == nullptr) return nullptr;
  const Site& site = zero->site;
  const bool whole = site.hook == Hook::z && site.head >= 0 && site.positions.empty();
  return whole ? &site : nullptr;
}

/// The site of an action where a lane gets to it: what lies below the block that a lane enters is
/// another run's, which has made the same changes. Else null, as for an action without a site.
const Site* reached_site(const Action& action, const Lane& lane) {
  const Site* site = site_of(action);
  return site != nullptr && entry_layer(*site) >= lane.from_layer ? site : nullptr;
}

/// Heads that actions remove before any other action at hook_z of their layer.
RemovedHeads removed_heads(std::span<const LaneActions> lanes, const Batch& batch) {
  RemovedHeads removed;
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    std::set<int> changed;
    for (const Action& action : lanes[l].run->actions) {
      const Site* site = reached_site(action, batch.lanes[l]);
      if (site == nullptr || site->hook != Hook::z || changed.contains(site->layer)) continue;
      if (removed_head(action) != nullptr) {
        removed[site->layer].push_back({.lane = l, .head = site->head});
      } else {
        changed.insert(site->layer);
      }
    }
  }
  return removed;
}

/// Removed heads as one edit a layer, by two uploads.
void add_removals(const RemovedHeads& removed, const Batch& batch, std::int64_t heads,
                  std::vector<Edit>& edits) {
  if (removed.empty()) return;
  const std::int64_t lanes = std::ssize(batch.lanes);
  const at::Device device = batch.ids.device();
  const auto options = at::TensorOptions().dtype(at::kBool).pinned_memory(device.is_cuda());
  at::Tensor all = at::zeros({std::ssize(removed), lanes + 1, heads}, options);
  bool* of_layer = all.mutable_data_ptr<bool>();
  for (const auto& [layer, places] : removed) {
    for (const RemovedHead& one : places) {
      if (one.head >= heads) throw std::invalid_argument("edits_of: a head that no layer has");
      of_layer[static_cast<std::int64_t>(one.lane) * heads + one.head] = true;
    }
    of_layer += (lanes + 1) * heads;
  }
  // Rows that fill follow the last entry, which removes nothing.
  std::vector<std::int64_t> lane_of(static_cast<std::size_t>(batch.ids.size(0)), lanes);
  for (std::size_t l = 0; l < batch.lanes.size(); ++l) {
    std::fill(lane_of.begin() + batch.begin[l], lane_of.begin() + batch.begin[l + 1],
              static_cast<std::int64_t>(l));
  }
  all = all.to(device, /*non_blocking=*/true);
  const at::Tensor rows = index_tensor(lane_of, device);
  std::int64_t i = 0;
  for (const auto& [layer, places] : removed) {
    edits.push_back({.hook = Hook::z, .layer = layer, .rows = rows});
    edits.back().removed = all.select(0, i++);
  }
}

void add_changes(const LaneActions& of, std::size_t lane, const Batch& batch, ChangeList& changes) {
  const GroupTraces& traces = *of.traces;
  const Lane& one = batch.lanes[lane];
  const LaneRows rows{
      .first_position = one.start, .count = std::ssize(one.tokens), .first_row = batch.begin[lane]};
  std::set<int> changed;  // layers whose heads had another action
  for (const Action& action : of.run->actions) {
    const Site* site = reached_site(action, one);
    if (site == nullptr) continue;
    if (removed_head(action) != nullptr && !changed.contains(site->layer)) continue;
    if (site->hook == Hook::z) changed.insert(site->layer);
    const SiteRows found = rows_of(*site, rows);
    if (found.rows.empty()) continue;
    Change change{.hook = site->hook, .layer = site->layer, .head = site->head, .rows = found.rows};
    std::visit(Overloaded{
                   [](const Zero&) {},
                   [&](const Patch& a) {
                     change.kind = Change::Kind::set;
                     take_values(a.site, a.from, traces, rows, found, change);
                   },
                   [&](const Add& a) {
                     change.kind = Change::Kind::add;
                     change.scale = a.scale;
                     take_values(a.site, a.from, traces, rows, found, change);
                   },
                   [&](const Mean& a) {
                     change.kind = Change::Kind::set;
                     take_mean(a, traces, change);
                   },
                   [](const Force&) {},
               },
               action);
    changes.add(lane, std::move(change));
  }
}

}  // namespace

std::vector<Edit> edits_of(std::span<const LaneActions> lanes, const Batch& batch,
                           std::int64_t heads) {
  std::vector<Edit> edits;
  add_removals(removed_heads(lanes, batch), batch, heads, edits);
  ChangeList changes;
  for (std::size_t l = 0; l < lanes.size(); ++l) add_changes(lanes[l], l, batch, changes);
  const std::vector<Edit> further = changes.edits(heads, batch.ids.device());
  edits.insert(edits.end(), further.begin(), further.end());
  return edits;
}

std::vector<Place> wanted_places(const Group& group, std::size_t source) {
  std::vector<Place> places;
  for (const Run& run : group.runs) {
    for (const Action& action : run.actions) {
      for (const Source& from : sources_of(action)) {
        if (from.run != source) continue;
        const Site& site = *site_of(action);
        places.emplace_back(site.hook, site.layer);
      }
    }
  }
  return places;
}

std::vector<Forced> forced_tokens(const Run& run, int steps) {
  std::vector<Forced> tokens(static_cast<std::size_t>(std::max(0, steps)));
  for (const Action& action : run.actions) {
    const auto* force = std::get_if<Force>(&action);
    if (force != nullptr && force->step < steps) {
      Forced& forced = tokens[static_cast<std::size_t>(force->step)];
      forced = force->rank > 0 ? Forced{.rank = force->rank} : Forced{.token = force->token};
    }
  }
  return tokens;
}

}  // namespace phiscope::extract
