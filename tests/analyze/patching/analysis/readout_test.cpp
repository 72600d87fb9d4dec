// SPDX-License-Identifier: MIT
#include "patching/analysis/readout.hpp"

#include "catch.hpp"

namespace phiscope::analyze::patching::readout_test {

TEST_CASE("a read-out is named by its continuation and token", "[readout]") {
  const auto clean = readout_named("clean:12");
  REQUIRE(clean);
  CHECK(clean->name == "clean:12");
  CHECK(clean->continuation == Continuation::clean);
  CHECK(clean->index == 12);
  CHECK(readout_named("corrupted:0")->continuation == Continuation::corrupted);
  CHECK(readout_named("greedy:3")->continuation == Continuation::greedy);
  CHECK(readout_named("greedy:3")->index == 3);
  CHECK(readout_named("eot")->continuation == Continuation::eot);
  CHECK(readout_named("eot:corrupted")->continuation == Continuation::eot_corrupted);
  for (const char* name : {"", "eot:", "eot:clean", "clean", "clean:", "clean:-1", "clean:01",
                           "clean:1x", "greedy:99999", "answer:0"}) {
    CAPTURE(name);
    CHECK_FALSE(readout_named(name));
  }
}

TEST_CASE("means count each distribution once", "[readout]") {
  const auto distinct = [](const std::vector<std::string>& names) {
    std::vector<Readout> readouts;
    for (const std::string& name : names) readouts.push_back(*readout_named(name));
    return distinct_readouts(readouts);
  };
  CHECK(distinct({"eot", "eot:corrupted", "greedy:0", "clean:0", "clean:1", "corrupted:0",
                  "corrupted:1"}) == std::vector<bool>{true, false, true, true, true, false, true});
  // Without the other of its kind a read-out is the only one of its distribution.
  CHECK(distinct({"eot:corrupted", "corrupted:0"}) == std::vector<bool>{true, true});
  CHECK(distinct({"eot:corrupted", "clean:1", "corrupted:0"}) ==
        std::vector<bool>{true, true, true});
  CHECK(distinct({}).empty());
}

}  // namespace phiscope::analyze::patching::readout_test
