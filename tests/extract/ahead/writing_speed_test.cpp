// SPDX-License-Identifier: MIT
#include "ahead/writing_speed.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"

using phiscope::extract::writing_text;
using phiscope::extract::WritingSpeed;

TEST_CASE("speeds are measured, and nothing stays", "[writing_speed]") {
  const phiscope::test::TempDir folder;
  const auto speed = phiscope::extract::measure_writing(folder.path());
  CHECK(speed.hash > 1e6);
  CHECK(speed.disk > 1e5);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("the limit of a run is named with its share", "[writing_speed]") {
  const WritingSpeed slow_disk{.hash = 2e9, .disk = 1e9};
  const std::string costs =
      "200 kB per token; this disk takes about 5000 tokens/s (1.0 GB/s), hashing at most 10000 "
      "tokens/s (2.0 GB/s); ";
  CHECK(writing_text(2e5, slow_disk, {}) ==
        costs + "a device that computes more waits for the disk");
  CHECK(writing_text(2e5, slow_disk, 500.0) ==
        costs +
            "computing is the limit: it made 500 tokens/s here before, 10 % of what the disk "
            "takes");
  CHECK(writing_text(2e5, slow_disk, 4800.0) ==
        costs +
            "the disk is the limit: such a run made 4800 tokens/s here before, 96 % of it; "
            "fewer --layers, hooks or positions, or --dtype-store, make less of it");
  const WritingSpeed slow_hash{.hash = 1e9, .disk = 2e9};
  CHECK_THAT(writing_text(2e5, slow_hash, 4800.0), Contains("; hashing is the limit: such a run"));
  CHECK_THAT(writing_text(2e5, slow_hash, {}), Contains("waits for hashing"));
  const WritingSpeed no_disk{.hash = 1e9};
  CHECK(writing_text(1e3, no_disk, 1e3) ==
        "1.0 kB per token; hashing at most 1000000 tokens/s (1.0 GB/s); computing is the limit: it "
        "made 1000 tokens/s here before, 0 % of what hashing takes");
}

TEST_CASE("a folder that cannot be written to has no speed", "[writing_speed]") {
  const phiscope::test::TempDir folder;
  const auto speed = phiscope::extract::measure_writing(folder.path() / "none");
  CHECK(speed.hash > 1e6);
  CHECK(speed.disk == 0.0);
}
