// SPDX-License-Identifier: MIT
#pragma once

#include "plan/sharing.hpp"

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// A hook of a layer.
using Place = std::pair<Hook, int>;

/// What of a run others take, and from which position on.
struct Wanted {
  std::set<Place> places{};
  int first = 0;         ///< position; of no meaning without places
  int scores_from = -1;  ///< position from which others are compared with it; -1: none are
};

/// What a run of a group takes of others, by their numbers in the group, and they of it.
struct RunNeeds {
  std::size_t parent = no_run;         ///< the run that it comes from
  std::size_t reference = no_run;      ///< the run that it is compared with, if another
  std::size_t quoted = no_run;         ///< the run whose tokens it takes
  std::vector<std::size_t> sources{};  ///< runs whose values it takes, ascending
  Wanted wanted{};
  bool forked = false;     ///< some run takes its cache
  bool continued = false;  ///< tokens are generated
};

/// What each run of a group takes of the others.
/// @param layers  of the model
/// @return  [run]
/// @throws std::invalid_argument if a run takes something of a later one
[[nodiscard]] std::vector<RunNeeds> group_needs(const Plan& plan, const Group& group, int layers);

/// Whether rows of a run have measures.
[[nodiscard]] bool needs_scores(const Plan& plan, const Run& run);

}  // namespace phiscope::extract
