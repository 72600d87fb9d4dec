// SPDX-License-Identifier: MIT
// Two programs of one command line: `extract` runs no model, and hands over to extract-compute.
#include "catch.hpp"
#include "fixture.hpp"

using namespace phiscope::test;

namespace {

/// A copy of `extract` in a folder bin that has no libexec beside it.
std::filesystem::path lone_program(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "bin");
  const std::filesystem::path copy = folder / "bin/extract";
  std::filesystem::copy_file(program_dir() + "/extract", copy);
  return copy;
}

}  // namespace

TEST_CASE("extract is started without LibTorch", "[hand_over]") {
  const TempDir dir;
  const Finished light =
      run_shell("env LD_TRACE_LOADED_OBJECTS=1 " + program("extract"), dir.path());
  CHECK_THAT(light.out, Contains("libcrypto"));
  CHECK_THAT(light.out, !Contains("libtorch") && !Contains("libc10"));
  const Finished other =
      run_shell("env LD_TRACE_LOADED_OBJECTS=1 " + program("../libexec/phiscope/extract-compute"),
                dir.path());
  CHECK_THAT(other.out, Contains("libtorch_cpu"));
}

TEST_CASE("both programs have one command line", "[hand_over]") {
  const TempDir dir;
  const std::string other = program("../libexec/phiscope/extract-compute");
  for (const std::string words : {" --version", " --help", " loo --help", " --man"}) {
    const Finished light = run_shell(program("extract") + words, dir.path());
    CHECK(light.status == 0);
    CHECK(light.out == run_shell(other + words, dir.path()).out);
  }
}

TEST_CASE("the computing program gets the same arguments, and threads that sleep while they wait",
          "[hand_over]") {
  const TempDir dir;
  const std::filesystem::path lone = lone_program(dir.path());
  const std::filesystem::path other = dir.path() / "libexec/phiscope/extract-compute";
  write_text(other,
             "#!/bin/sh\necho \"$OMP_WAIT_POLICY $GOMP_SPINCOUNT\"\nfor word; do echo \"[$word]\"; "
             "done\nexit 5\n");
  std::filesystem::permissions(other, std::filesystem::perms::owner_all);
  const auto started = [&](const std::string& environment) {
    return run_shell("env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT " + environment + " '" +
                         lone.string() + "' loo --model 'a b' --out ''",
                     dir.path());
  };
  const std::string words = "\n[loo]\n[--model]\n[a b]\n[--out]\n[]\n";
  CHECK(started("").status == 5);
  CHECK(started("").out == " 3000" + words);
  CHECK(started("OMP_WAIT_POLICY=ACTIVE").out == "ACTIVE " + words);
  CHECK(started("GOMP_SPINCOUNT=100").out == " 100" + words);
}

TEST_CASE("a SIGUSR1 that comes while the computing program is loaded stops the run as a later one",
          "[hand_over]") {
  const TempDir dir;
  const std::filesystem::path lone = lone_program(dir.path());
  const std::filesystem::path other = dir.path() / "libexec/phiscope/extract-compute";
  write_text(other, "#!/usr/bin/env bash\nexec grep SigBlk /proc/self/status\n");
  std::filesystem::permissions(other, std::filesystem::perms::owner_all);
  CHECK_THAT(run_shell("'" + lone.string() + "' loo --model m --out o", dir.path()).out,
             Contains("0000000000000200"));  // signal 10, and no other one
  const std::filesystem::path run = dir.path() / "run";
  const Finished stopped = run_shell(
      "bash -c '" + program_dir() + "/extract " + small_loo(run) +
          " & pid=$!; until [[ $(readlink /proc/$pid/exe) == *extract-compute ]]; do :; done; "
          "kill -USR1 $pid; wait $pid'",
      dir.path());
  CHECK(stopped.status == 75);
  CHECK_THAT(stopped.err, Contains("stopped by SIGUSR1; rerun the same command to resume"));
  CHECK(extract(small_loo(run), dir.path()).status == 0);
}

TEST_CASE("without the computing program models and runs are read, and not computed",
          "[hand_over]") {
  const TempDir dir;
  const std::filesystem::path lone = lone_program(dir.path());
  const std::string call = "'" + lone.string() + "' ";
  REQUIRE(extract(small_loo(dir.path() / "run"), dir.path()).status == 0);
  const Finished verified =
      run_shell(call + "verify '" + (dir.path() / "run").string() + "'", dir.path());
  CHECK(verified.status == 0);
  CHECK_THAT(verified.out, Contains("\"problems\":[]"));
  CHECK(run_shell(call + "info '" + walk_model() + "'", dir.path()).status == 0);
  CHECK(run_shell(call + small_loo(dir.path() / "x", "--print-config"), dir.path()).status == 0);

  // A dry run says what the other program would.
  const auto planned = [&](const std::string& which) {
    const Finished dry = run_shell(which + small_loo(dir.path() / "x", "--dry-run"), dir.path());
    CAPTURE(which, dry.err);
    REQUIRE(dry.status == 0);
    auto plan = nlohmann::json::parse(dry.out).at("plan");
    CHECK(plan.at("runs").get<int>() > 0);
    plan.erase("memory_bytes");  // free now
    plan.erase("largest_batch");
    return plan;
  };
  CHECK(planned(call) == planned(program("../libexec/phiscope/extract-compute") + " "));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "x"));

  const Finished refused = run_shell(call + small_loo(dir.path() / "x"), dir.path());
  CHECK(refused.status == 1);
  CHECK(lines(refused.err) == 1);
  CHECK_THAT(refused.err,
             Catch::Matchers::StartsWith("error: " + (dir.path() / "libexec/phiscope").string() +
                                         "/extract-compute: cannot start: No such file"));
  CHECK(!std::filesystem::exists(dir.path() / "x"));
}
