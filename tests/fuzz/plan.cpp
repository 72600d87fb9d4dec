// SPDX-License-Identifier: MIT
#include "shard/plan.hpp"

#include "target.hpp"

namespace phiscope::fuzz {

bool try_plan(std::string_view input) {
  return accept_or_refuse("plan.json", [&] {
    const shard::RunPlan plan = shard::parse_plan(input, "plan.json");
    require(plan.shards >= 1 && plan.shards <= shard::shard_limit, "plan: shards");
    for (const shard::ArrayPlan& array : plan.arrays) {
      require(array.axes.size() == array.row_shape.size() + 1, "plan: axes");
      require(shard::array_file(array.name, 0).find("..") == std::string::npos, "plan: a name");
    }
    const std::string written = plan_bytes(plan);
    const auto again = read_again([&] { return shard::parse_plan(written, "plan.json"); });
    require(plan_bytes(again) == written, "plan: does not come back");
  });
}

}  // namespace phiscope::fuzz
