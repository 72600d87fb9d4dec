// SPDX-License-Identifier: MIT
// What a plan says about its numbers, and that the program computes that way.
#include "catch.hpp"
#include "fixture.hpp"

#include <sstream>

using namespace phiscope::test;

namespace {

/// A small run under an environment such as "MKL_VERBOSE=1".
Finished run_under(const std::string& environment, const TempDir& dir, const std::string& name) {
  return run_shell("env -u MKL_CBWR " + environment + " " + program("extract") + " " +
                       small_loo(dir.path() / name),
                   dir.path());
}

nlohmann::json numerics(const TempDir& dir, const std::string& name) {
  return nlohmann::json::parse(read_text(dir.path() / name / "plan.json")).at("numerics");
}

}  // namespace

TEST_CASE("every product of MKL is in the mode that the plan names", "[numerics]") {
  const TempDir dir;
  const Finished done = run_under("MKL_VERBOSE=1", dir, "run");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  long products = 0;
  long strict = 0;
  std::istringstream text(done.out);
  for (std::string line; std::getline(text, line);) {
    if (line.find("GEMM") == std::string::npos) continue;
    ++products;
    if (line.find(" CNR:AUTO,STRICT ") != std::string::npos) ++strict;
  }
  CHECK(products > 100);
  CHECK(strict == products);
  CHECK(numerics(dir, "run").at("matrix_products") == "MKL AUTO,STRICT");
  CHECK(numerics(dir, "run").at("batch_invariant") == true);
}

TEST_CASE("a mode of the user's is kept if it promises as much, else refused", "[numerics]") {
  const TempDir dir;
  const Finished strict = run_under("MKL_CBWR=AVX2,STRICT", dir, "strict");
  CAPTURE(strict.err);
  REQUIRE(strict.status == 0);
  CHECK(numerics(dir, "strict").at("matrix_products") == "MKL AVX2,STRICT");
  const Finished other = run_under("MKL_CBWR=AUTO,STRICT", dir, "strict");
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("matrix_products"));
  for (const std::string mode : {"AVX2", "COMPATIBLE", "OFF"}) {
    const Finished loose = run_under("MKL_CBWR=" + mode, dir, "loose");
    CAPTURE(mode, loose.err);
    CHECK(loose.status == 1);
    CHECK(loose.err.starts_with("error: MKL_CBWR: found '" + mode + "', expected "));
    CHECK(lines(loose.err) == 1);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "loose"));
  }
}
