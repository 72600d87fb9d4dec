// SPDX-License-Identifier: MIT
#include "steps/analysis/lane.hpp"

#include "catch.hpp"

namespace phiscope::analyze::steps::lane_test {

TEST_CASE("lanes are by kind, layer and step; early exit has no layer", "[lane]") {
  const LaneAxes axes = {.kinds = {Kind::single, Kind::all, Kind::early_exit, Kind::cumulative},
                         .layers = {2, 5},
                         .latents = 2,
                         .include_bot = true};
  const std::vector<Lane> expected = {
      {Kind::single, 2, -1},     {Kind::single, 2, 0},     {Kind::single, 2, 1},
      {Kind::single, 5, -1},     {Kind::single, 5, 0},     {Kind::single, 5, 1},
      {Kind::all, 2, 2},         {Kind::all, 5, 2},        {Kind::early_exit, -1, 0},
      {Kind::early_exit, -1, 1}, {Kind::cumulative, 2, 1}, {Kind::cumulative, 2, 2},
      {Kind::cumulative, 5, 1},  {Kind::cumulative, 5, 2}};
  CHECK(lanes_of(axes) == expected);
  CHECK(lanes_of({.kinds = {Kind::leave_one}, .layers = {1}, .latents = 2, .include_bot = true}) ==
        std::vector<Lane>{{Kind::leave_one, 1, 0}, {Kind::leave_one, 1, 1}});
}

TEST_CASE("kinds have the names of the plan and the numbers of the key", "[lane]") {
  const char* names[] = {"baseline", "cumulative", "single", "leave-one", "all", "early-exit"};
  for (std::size_t i = 0; i < kind_count; ++i) {
    CHECK(kind_name(static_cast<Kind>(i)) == names[i]);
    CHECK(kind_named(names[i]) == static_cast<Kind>(i));
  }
  CHECK_FALSE(kind_named("early_exit").has_value());
  CHECK_FALSE(kind_named("").has_value());
}

TEST_CASE("a lane is named as a sentence needs it", "[lane]") {
  CHECK(lane_text({Kind::single, 4, 2}, false) == "single 2");
  CHECK(lane_text({Kind::single, 4, -1}, true) == "single bot at layer 4");
  CHECK(lane_text({Kind::all, 4, 6}, true) == "all at layer 4");
  CHECK(lane_text({Kind::early_exit, -1, 0}, true) == "early-exit 0");
  CHECK(lane_text({}, true) == "baseline");
}

}  // namespace phiscope::analyze::steps::lane_test
