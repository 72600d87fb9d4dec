// SPDX-License-Identifier: MIT
#include "steps/sets.hpp"

#include "catch.hpp"

#include <string>

using namespace phiscope::extract;

namespace {

/// "i:changed/thoughts" of each run of a kind.
std::vector<std::string> texts(StepKind kind, int count) {
  std::vector<std::string> all;
  for (const StepSet& one : step_sets(kind, count)) {
    CHECK(one.kind == kind);
    std::string text = std::to_string(one.step) + ":";
    for (const int step : one.changed) text += std::to_string(step);
    all.push_back(text + "/" + std::to_string(one.thoughts));
  }
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each kind of step set has its runs", "[sets]") {
  CHECK(texts(StepKind::baseline, 3) == Texts{"0:/3"});
  CHECK(texts(StepKind::cumulative, 3) == Texts{"1:0/3", "2:01/3", "3:012/3"});
  CHECK(texts(StepKind::single, 3) == Texts{"0:0/3", "1:1/3", "2:2/3"});
  CHECK(texts(StepKind::leave_one, 3) == Texts{"0:12/3", "1:02/3", "2:01/3"});
  CHECK(texts(StepKind::all, 3) == Texts{"3:012/3"});
  CHECK(texts(StepKind::early_exit, 3) == Texts{"0:/0", "1:/1", "2:/2"});
}

TEST_CASE("names of step sets are read", "[sets]") {
  CHECK(parse_step_kind("cumulative") == StepKind::cumulative);
  CHECK(parse_step_kind("single") == StepKind::single);
  CHECK(parse_step_kind("leave-one") == StepKind::leave_one);
  CHECK(parse_step_kind("all") == StepKind::all);
  CHECK(parse_step_kind("early-exit") == StepKind::early_exit);
  for (const char* name : {"", "baseline", "leave_one", "Single", "early-exit "}) {
    CAPTURE(name);
    CHECK_FALSE(parse_step_kind(name).has_value());
  }
}
