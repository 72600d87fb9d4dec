// SPDX-License-Identifier: MIT
#include "all/experiments.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <fstream>

using phiscope::analyze::all::Group;
using phiscope::analyze::all::grouped;
using phiscope::test::TempDir;

namespace {

void write_empty_run(const std::filesystem::path& run, const std::string& experiment) {
  std::filesystem::create_directories(run);
  std::ofstream(run / "plan.json")
      << R"({"schema": "phiscope-run/1", "experiment": ")" << experiment
      << R"(", "shards": 1, "row_spaces": [{"name": "row", "key": ["i"]}], "arrays": []})";
}

using Paths = std::vector<std::filesystem::path>;

}  // namespace

TEST_CASE("runs are grouped by experiment, in the order in which they are met", "[experiments]") {
  const TempDir folder;
  const auto at = [&folder](const char* name) { return folder.path() / name; };
  write_empty_run(at("steps"), "steps");
  write_empty_run(at("keep"), "loo");
  write_empty_run(at("drop"), "loo");
  write_empty_run(at("heads"), "ablate");
  const std::vector<Group> groups =
      grouped({at("keep"), at("heads"), at("drop"), at("steps"), at("keep")});
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].experiment == "loo");
  CHECK(groups[0].program == "analyze-loo");
  CHECK(groups[0].runs == Paths{at("keep"), at("drop")});  // each once
  CHECK(groups[1].program == "analyze-ablation");
  CHECK(groups[1].folder == "ablation");
  CHECK(groups[2].program == "analyze-steps");
}

TEST_CASE("a folder stands for the runs in it, steps of sampling stay together", "[experiments]") {
  const TempDir folder;
  const auto at = [&folder](const char* name) { return folder.path() / name; };
  write_empty_run(at("runs/b"), "loo");
  write_empty_run(at("runs/a"), "loo");
  write_empty_run(at("chain/variance"), "sampling");
  write_empty_run(at("chain/manifold"), "sampling");
  const auto groups = grouped({at("runs"), at("chain")});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].runs == Paths{at("runs/a"), at("runs/b")});
  CHECK(groups[1].runs == Paths{at("chain")});
  const auto all = grouped({folder.path()});
  REQUIRE(all.size() == 1);  // a chain counts as a run, a folder of other runs does not
  CHECK(all[0].runs == Paths{at("chain")});
  CHECK(grouped({at("chain/manifold")})[0].runs == Paths{at("chain/manifold")});
}

TEST_CASE("what is no run, and what has no report, is refused by name", "[experiments]") {
  const TempDir folder;
  std::filesystem::create_directories(folder.path() / "empty");
  CHECK_THROWS_WITH(grouped({folder.path() / "empty"}), Contains("no plan.json here"));
  CHECK_THROWS_WITH(grouped({folder.path() / "none"}), Contains("none: cannot be read: "));
  write_empty_run(folder.path() / "run", "activations");
  CHECK_THROWS_WITH(grouped({folder.path() / "run"}),
                    Contains("experiment 'activations' has no report, expected loo, phiid"));
}
