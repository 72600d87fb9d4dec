// SPDX-License-Identifier: MIT
#include "patching/analysis/texts.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <fstream>

using namespace phiscope::analyze::patching;
using phiscope::test::TempDir;

namespace {

/// Two pairs and three sites; the clean answers are 12 and "1,300 in all".
Patching small() {
  Patching patching;
  patching.modes = {"rerun"};
  patching.sets = {"single"};
  patching.pairs.resize(2);
  patching.pairs[0].clean.answer = 12;
  patching.pairs[1].clean.answer = "1,300 in all";
  patching.rows.resize(2);
  patching.sites = {{.layer = 0, .step = 0}, {.layer = 0, .step = 1}, {.layer = 3, .step = 0}};
  return patching;
}

std::string read(const std::string& lines, Patching& patching) {
  const TempDir dir;
  std::ofstream(dir.path() / texts_name) << lines;
  try {
    read_texts(dir.path(), patching);
  } catch (const phiscope::shard::FormatError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("free answers go to their runs, and are judged against the unpatched one", "[texts]") {
  Patching patching = small();
  CHECK(read(R"({"key":[0,0,0,-1,0],"text":"It is 15"}
{"key":[0,0,0,-2,0],"text":"It is 12"}
{"key":[0,0,0,0,0],"text":"12"}
{"key":[0,0,0,3,0],"text":"15."}
{"key":[1,0,0,-1,0],"text":"7"}
{"key":[1,0,0,0,0],"text":"1300"}
{"key":[1,0,0,0,1],"text":"8"}
{"key":[1,0,0,3,0],"text":"none"}
)",
             patching)
            .empty());
  CHECK(patching.rows[0].generated.clean == "It is 12");
  CHECK(patching.rows[0].generated.unpatched == "It is 15");
  CHECK_FALSE(patching.rows[1].generated.clean.has_value());
  CHECK(patching.rows[0].greedy[0] == GreedyAnswer::flipped_to_clean);
  CHECK_FALSE(patching.rows[0].greedy[1].has_value());
  CHECK(patching.rows[0].greedy[2] == GreedyAnswer::unchanged);
  CHECK(patching.rows[1].greedy[0] == GreedyAnswer::flipped_to_clean);
  CHECK(patching.rows[1].greedy[1] == GreedyAnswer::other_number);
  CHECK(patching.rows[1].greedy[2] == GreedyAnswer::no_number);
}

TEST_CASE("keys of heads have one entry more", "[texts]") {
  Patching patching = small();
  patching.has_heads = true;
  patching.sites = {{.layer = 1, .head = 2, .step = 3}};
  CHECK(read(R"({"key":[0,0,0,-1,0,0],"text":"15"}
{"key":[0,0,0,1,2,3],"text":"12"}
)",
             patching)
            .empty());
  CHECK(patching.rows[0].greedy[0] == GreedyAnswer::flipped_to_clean);
}

TEST_CASE("without the file nothing is known, and a line of no run is refused", "[texts]") {
  Patching patching = small();
  const TempDir dir;
  read_texts(dir.path(), patching);
  CHECK(patching.rows[0].greedy.empty());
  CHECK_THAT(read("{\"key\":[2,0,0,0,0],\"text\":\"1\"}\n", patching),
             Contains(":1: key is of no run"));
  CHECK_THAT(read("{\"key\":[0,0,0,0],\"text\":\"1\"}\n", patching), Contains("key is of no run"));
  CHECK_THAT(read("{\"key\":[0,0,0,0,0],\"text\":\"1\"}\n{\"key\":[0,0,0,0,0],\"text\":\"2\"}\n",
                  patching),
             Contains(":2: found the key of an earlier line"));
  CHECK_THAT(read("{\"key\":[0,0,0,0,0]}\n", patching), Contains("text"));
}
