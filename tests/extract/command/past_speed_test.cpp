// SPDX-License-Identifier: MIT
#include "command/past_speed.hpp"

#include "catch.hpp"
#include "fixture.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace phiscope::test;
using phiscope::extract::advice_for;
using phiscope::extract::PastSpeed;
using phiscope::extract::PastSpeeds;
using phiscope::extract::time_text;

TEST_CASE("a speed is found for what is alike, then for the same model", "[past_speed]") {
  const TempDir dir;
  const PastSpeeds speeds(dir.path() / "cache");
  CHECK_FALSE(speeds.find("loo", "model a"));
  CHECK(speeds.keep("loo", "model a", 3000, 2.0, "2026-11-29").empty());
  const auto alike = speeds.find("loo", "model a");
  REQUIRE(alike);
  CHECK(alike->tokens_per_second == 1500.0);
  CHECK(alike->day == "2026-11-29");
  CHECK(alike->is_alike);
  const auto other = speeds.find("phiid", "model a");
  REQUIRE(other);
  CHECK_FALSE(other->is_alike);
  CHECK_FALSE(speeds.find("loo", "model b"));
  CHECK(
      speeds.keep("loo", "model a", 10, 0.5, "2026-11-30").empty());  // too short to tell anything
  CHECK(speeds.find("loo", "model a")->day == "2026-11-29");
}

TEST_CASE("a damaged speed counts as absent, a folder that takes none is told", "[past_speed]") {
  const TempDir dir;
  const PastSpeeds speeds(dir.path());
  CHECK(speeds.keep("loo", "m", 3000, 2.0, "2026-11-29").empty());
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    std::ofstream(entry.path()) << R"({"tokens_per_second": -1.0, "day": "2026-11-29"})";
  }
  CHECK_FALSE(speeds.find("loo", "m"));
  CHECK_FALSE(PastSpeeds("/dev/null/x").keep("loo", "m", 3000, 2.0, "2026-11-29").empty());
  CHECK_FALSE(PastSpeeds("/dev/null/x").find("loo", "m"));
}

TEST_CASE("the time is told with where it comes from, or is unknown", "[past_speed]") {
  CHECK_THAT(time_text({}, 100), Contains("unknown: no run of this model"));
  const PastSpeed speed{.tokens_per_second = 50.0, .day = "2026-11-29"};
  CHECK(time_text(speed, 1000) ==
        "about 20 s, at the 50 tokens/s that such a run had here on 2026-11-29");
  CHECK_THAT(time_text(PastSpeed{.tokens_per_second = 50.0, .day = "", .is_alike = false}, 1000),
             Contains("that another experiment with this model had here"));
  CHECK_THAT(time_text(speed, 1'000'000), Contains("--shard i/n divides it"));
  CHECK(advice_for(3600.0).empty());
  CHECK_THAT(advice_for(3601.0), Contains("--limit"));
}

TEST_CASE("a dry run tells the time that an earlier run took", "[past_speed]") {
  const TempDir dir;
  const std::string in_cache =
      "env XDG_CACHE_HOME='" + dir.path().string() + "' " + program("extract") + " ";
  const auto run = [&](const std::string& out, const std::string& more) {
    const Finished done = run_shell(
        in_cache + "loo --model '" + walk_model() + "' --out '" + (dir.path() / out).string() +
            "' --context-lengths 10,20 --n-trials 12 --positions all " + more,
        dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return done;
  };
  const Finished before = run("new", "--dry-run");
  CHECK_THAT(before.err, Contains("time: unknown"));
  CHECK(nlohmann::json::parse(before.out)["seconds"].is_null());
  run("run", "");
  std::ifstream log(dir.path() / "run/extract-0-of-1.log");
  REQUIRE(log);
  double seconds = 0.0;
  for (std::string line; std::getline(log, line);) {
    const auto entry = nlohmann::json::parse(line);
    if (entry["event"] == "done") seconds = entry["seconds"];
  }
  REQUIRE(seconds > 0.0);
  const Finished after = run("new", "--dry-run");
  const auto told = nlohmann::json::parse(after.out)["seconds"];
  // What was over in less than a second is not kept.
  REQUIRE(told.is_null() == (seconds < 1.0));
  if (!told.is_null()) CHECK(told.get<double>() == Approx(seconds).epsilon(1e-6));
}
