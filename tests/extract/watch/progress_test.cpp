// SPDX-License-Identifier: MIT
#include "watch/progress.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "temp_dir.hpp"

using phiscope::extract::Progress;
using namespace phiscope::test;

TEST_CASE("progress ends with all of the work, also where it was less than foreseen",
          "[progress]") {
  const TempDir dir;
  const auto ends_with = [&](std::uint64_t done) {
    return in_child(
               [&] {
                 Progress progress("extract", "tokens", 100);
                 progress.add(done);
                 progress.finish();
               },
               dir.path())
        .err;
  };
  CHECK_THAT(ends_with(100),
             Catch::Matchers::StartsWith("extract: 100 tokens (100 %), ") && !Contains("foreseen"));
  CHECK_THAT(ends_with(70), Catch::Matchers::StartsWith("extract: 70 tokens (100 %), ") &&
                                Catch::Matchers::EndsWith("/s; at most 100 were foreseen\n"));
}

TEST_CASE("durations and sizes are told in units that people use", "[progress]") {
  CHECK(phiscope::extract::duration_text(11.2) == "12 s");
  CHECK(phiscope::extract::duration_text(185.0) == "3 min 05 s");
  CHECK(phiscope::extract::duration_text(3725.0) == "1 h 02 min");
  CHECK(phiscope::extract::bytes_text(999.0) == "999 B");
  CHECK(phiscope::extract::bytes_text(1240.0) == "1.2 kB");
  CHECK(phiscope::extract::bytes_text(640e6) == "640 MB");
}
