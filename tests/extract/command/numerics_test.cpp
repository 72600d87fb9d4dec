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

bool is_of_intel() {
#ifdef __x86_64__
  return __builtin_cpu_is("intel") != 0;
#else
  return false;
#endif
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

TEST_CASE("the plan says where products of 16 bits are summed in float32", "[numerics]") {
  const TempDir dir;
  const std::filesystem::path run = dir.path() / "half";
  REQUIRE(extract(small_loo(run, "--dtype bfloat16"), dir.path()).status == 0);
  const std::string products = numerics(dir, "half").at("matrix_products");
#ifdef __x86_64__
  const bool widened = __builtin_cpu_supports("avx512bf16") == 0;
#else
  const bool widened = false;
#endif
  CHECK((products.find(", 16 bits in float32") != std::string::npos) == widened);
}

TEST_CASE("a mode of the user's is kept if it promises as much, else refused", "[numerics]") {
  const TempDir dir;
  const Finished strict = run_under("MKL_CBWR=AVX2,STRICT", dir, "strict");
  CAPTURE(strict.err);
  REQUIRE(strict.status == 0);
  const Finished other = run_under("MKL_CBWR=AUTO,STRICT", dir, "strict");
  // On processors of other makers than Intel MKL has no such branches and stays in its own.
  if (numerics(dir, "strict").at("matrix_products") == "MKL AUTO,STRICT") {
    CHECK_FALSE(is_of_intel());
    CHECK(other.status == 0);
  } else {
    CHECK(numerics(dir, "strict").at("matrix_products") == "MKL AVX2,STRICT");
    CHECK(other.status == 1);
    CHECK_THAT(other.err, Contains("matrix_products"));
  }
  for (const std::string mode : {"AVX2", "COMPATIBLE", "OFF"}) {
    const Finished loose = run_under("MKL_CBWR=" + mode, dir, "loose");
    CAPTURE(mode, loose.err);
    CHECK(loose.status == 1);
    CHECK(loose.err.starts_with("error: MKL_CBWR: found '" + mode + "', expected "));
    CHECK(lines(loose.err) == 1);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "loose"));
  }
}

TEST_CASE("another instruction set is refused, unless CPUs may be mixed", "[numerics]") {
  const TempDir dir;
  REQUIRE(run_under("ATEN_CPU_CAPABILITY=default", dir, "run").status == 0);
  CHECK(numerics(dir, "run").at("instructions") == "DEFAULT");
  CHECK(numerics(dir, "run").at("threads") == "any");
  const std::string version = numerics(dir, "run").at("libtorch");
  CHECK(version.find_first_not_of("0123456789.+abcdefghijklmnopqrstuvwxyz") == std::string::npos);
  const auto before = tree(dir.path() / "run");
  std::filesystem::remove(dir.path() / "run/commit/shard-00001.json");
  std::filesystem::remove(dir.path() / "run/manifest.json");
  const Finished refused = extract(small_loo(dir.path() / "run"), dir.path());
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("plan.json: numerics.instructions: found DEFAULT, expected ") &&
                              Contains("--mixed-cpus"));
  const Finished mixed = extract(small_loo(dir.path() / "run", "--mixed-cpus"), dir.path());
  CAPTURE(mixed.err);
  CHECK(mixed.status == 0);
  CHECK(tree(dir.path() / "run").at("plan.json") == before.at("plan.json"));
  std::istringstream log(read_text(dir.path() / "run/extract-0-of-1.log"));
  std::vector<std::string> sets;
  for (std::string line; std::getline(log, line);) {
    const auto fields = nlohmann::json::parse(line);
    if (fields.at("event") == "shard") sets.push_back(fields.at("instructions"));
  }
  REQUIRE(sets.size() >= 2);
  CHECK(sets.front() == "DEFAULT");
  CHECK(sets.back() != "DEFAULT");
  REQUIRE(extract(small_loo(dir.path() / "other", "--mixed-cpus"), dir.path()).status == 0);
  CHECK(numerics(dir, "other").at("instructions") == "mixed");
}

TEST_CASE("another LibTorch is refused", "[numerics]") {
  const TempDir dir;
  REQUIRE(extract(small_loo(dir.path() / "run"), dir.path()).status == 0);
  const auto plan = dir.path() / "run/plan.json";
  const std::string version = numerics(dir, "run").at("libtorch");
  std::string text = read_text(plan);
  text.replace(text.find("\"libtorch\": \"" + version), 13 + version.size(),
               "\"libtorch\": \"1.9.9");
  write_text(plan, text);
  const Finished refused = extract(small_loo(dir.path() / "run"), dir.path());
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("numerics.libtorch: \"1.9.9\" there, \"" + version + "\" now"));
}
