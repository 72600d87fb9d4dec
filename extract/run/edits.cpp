// SPDX-License-Identifier: MIT
#include "run/edits.hpp"

#include "model/index_tensor.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

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

/// Values of a source at some of its positions: [position, ...].
at::Tensor values_of(const Site& site, const Source& source, const GroupTraces& traces,
                     std::span<const std::int64_t> which) {
  const RunTrace& trace = *traces.at(source.run);
  const at::Tensor& all = trace.values.at({site.hook, site.layer});
  std::vector<std::int64_t> positions;
  positions.reserve(which.size());
  for (const std::int64_t i : which) {
    const std::int64_t position = source.positions.at(static_cast<std::size_t>(i)) - trace.first;
    if (position < 0 || position >= all.size(0)) {
      throw std::invalid_argument("edits_of: a source has no position " +
                                  std::to_string(position + trace.first));
    }
    positions.push_back(position);
  }
  const at::Tensor rows = all.index_select(0, index_tensor(positions, all.device()));
  return site.head < 0 ? rows : rows.select(1, site.head);
}

/// Values of a source for every position of a lane.
at::Tensor values_everywhere(const Site& site, const Source& source, const GroupTraces& traces,
                             const LaneRows& lane) {
  const at::Tensor& all = traces.at(source.run)->values.at({site.hook, site.layer});
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < lane.count; ++i) {
    positions.push_back((lane.first_position + i) % all.size(0));
  }
  const at::Tensor rows = all.index_select(0, index_tensor(positions, all.device()));
  return site.head < 0 ? rows : rows.select(1, site.head);
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

/// Values of a source for the rows found, position by position.
at::Tensor patched(const Site& site, const Source& from, const GroupTraces& traces,
                   const LaneRows& lane, const SiteRows& found) {
  return site.positions.empty() ? values_everywhere(site, from, traces, lane)
                                : values_of(site, from, traces, found.which);
}

at::Tensor mean_of(const Mean& action, const GroupTraces& traces) {
  std::vector<at::Tensor> all;
  for (const Source& source : action.from) {
    std::vector<std::int64_t> every(source.positions.size());
    for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
    all.push_back(values_of(action.site, source, traces, every).to(at::kDouble));
  }
  return at::cat(all, 0).mean(0, /*keepdim=*/true);
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

void add_edits(const LaneActions& of, const Lane& lane, std::int64_t first_row, at::Device device,
               std::vector<Edit>& edits) {
  const GroupTraces& traces = *of.traces;
  const LaneRows rows{
      .first_position = lane.start, .count = std::ssize(lane.tokens), .first_row = first_row};
  std::set<int> changed;  // layers whose heads had another action
  for (const Action& action : of.run->actions) {
    const Site* site = reached_site(action, lane);
    if (site == nullptr) continue;
    if (removed_head(action) != nullptr && !changed.contains(site->layer)) continue;
    if (site->hook == Hook::z) changed.insert(site->layer);
    const SiteRows found = rows_of(*site, rows);
    if (found.rows.empty()) continue;
    edits.push_back({.hook = site->hook,
                     .layer = site->layer,
                     .head = site->head,
                     .rows = index_tensor(found.rows, device)});
    edits.back().values = std::visit(
        Overloaded{
            [](const Zero&) { return at::Tensor(); },
            [&](const Patch& a) { return patched(a.site, a.from, traces, rows, found); },
            [&](const Add& a) {
              return patched(a.site, a.from, traces, rows, found).to(at::kDouble).mul(a.scale);
            },
            [&](const Mean& a) { return mean_of(a, traces); },
            [](const Force&) { return at::Tensor(); },
        },
        action);
    edits.back().added = std::holds_alternative<Add>(action);
  }
}

}  // namespace

std::vector<Edit> edits_of(std::span<const LaneActions> lanes, const Batch& batch,
                           std::int64_t heads) {
  std::vector<Edit> edits;
  add_removals(removed_heads(lanes, batch), batch, heads, edits);
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    add_edits(lanes[l], batch.lanes[l], batch.begin[l], batch.ids.device(), edits);
  }
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
