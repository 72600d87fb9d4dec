// SPDX-License-Identifier: MIT
#include "ahead/writing_speed.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"

TEST_CASE("speeds are measured, and nothing stays", "[writing_speed]") {
  const phiscope::test::TempDir folder;
  const auto speed = phiscope::extract::measure_writing(folder.path());
  CHECK(speed.hash > 1e6);
  CHECK(speed.disk > 1e5);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a folder that cannot be written to has no speed", "[writing_speed]") {
  const phiscope::test::TempDir folder;
  const auto speed = phiscope::extract::measure_writing(folder.path() / "none");
  CHECK(speed.hash > 1e6);
  CHECK(speed.disk == 0.0);
}
