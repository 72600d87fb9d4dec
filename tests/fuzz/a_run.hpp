// SPDX-License-Identifier: MIT
#pragma once

#include "shard/commit.hpp"
#include "shard/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phiscope::fuzz {

/// The run whose commits and manifest the fuzzers read: two shards of two arrays.
inline shard::RunPlan a_plan() {
  shard::RunPlan plan;
  plan.experiment = "fuzz";
  plan.shards = 2;
  plan.row_spaces = {{.name = "r", .key = {"prompt", "token"}}};
  plan.arrays.resize(2);
  for (shard::ArrayPlan& array : plan.arrays) array.row_space = "r";
  plan.arrays[0].name = "a";
  plan.arrays[0].axes = {"row", "unit"};
  plan.arrays[0].row_shape = {3};
  plan.arrays[1].name = "b";
  plan.arrays[1].axes = {"row"};
  plan.details["version"] = "0";
  return plan;
}

inline shard::Commit a_commit(std::int64_t shard) {
  shard::Commit commit{.shard = shard, .files = {}};
  for (const std::string& name : committed_names(a_plan(), shard)) {
    commit.files.push_back({.file = name, .rows = 4, .bytes = 176, .sha256 = std::string(64, 'a')});
  }
  return commit;
}

inline constexpr std::string_view some_prompts = "{\"id\":\"0\"}\n";

}  // namespace phiscope::fuzz
