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
using phiscope::extract::TimedWork;

namespace {

/// 3,000 tokens together in 2 s, 100 single ones in 4 s.
const TimedWork timed{
    .tokens = {.together = 3000, .single = 100}, .together_seconds = 2.0, .single_seconds = 4.0};

PastSpeed speed_of(const TimedWork& work) {
  PastSpeed speed;
  speed.timed = work;
  speed.day = "2026-11-29";
  return speed;
}

}  // namespace

TEST_CASE("a speed is found for what is alike, then for the same model", "[past_speed]") {
  const TempDir dir;
  const PastSpeeds speeds(dir.path() / "cache");
  CHECK_FALSE(speeds.find("loo", "model a"));
  CHECK(speeds.keep("loo", "model a", timed, "2026-11-29").empty());
  const auto alike = speeds.find("loo", "model a");
  REQUIRE(alike);
  CHECK(alike->timed.tokens.together == 3000);
  CHECK(alike->timed.tokens.single == 100);
  CHECK(alike->timed.together_seconds == 2.0);
  CHECK(alike->timed.single_seconds == 4.0);
  CHECK(alike->day == "2026-11-29");
  CHECK(alike->is_alike);
  const auto other = speeds.find("phiid", "model a");
  REQUIRE(other);
  CHECK_FALSE(other->is_alike);
  CHECK_FALSE(speeds.find("loo", "model b"));
  TimedWork little = timed;  // too little to tell anything
  little.together_seconds = 0.5;
  little.single_seconds = 0.4;
  CHECK(speeds.keep("loo", "model a", little, "2026-11-30").empty());
  CHECK(speeds.find("loo", "model a")->day == "2026-11-29");
}

TEST_CASE("a damaged speed counts as absent, a folder that takes none is told", "[past_speed]") {
  const TempDir dir;
  const PastSpeeds speeds(dir.path());
  CHECK(speeds.keep("loo", "m", timed, "2026-11-29").empty());
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    std::ofstream(entry.path())
        << R"({"together": {"tokens": 3, "seconds": -1.0}, "single": {"tokens": 0,)"
           R"( "seconds": 0}, "day": "2026-11-29"})";
  }
  CHECK_FALSE(speeds.find("loo", "m"));
  CHECK_FALSE(PastSpeeds("/dev/null/x").keep("loo", "m", timed, "2026-11-29").empty());
  CHECK_FALSE(PastSpeeds("/dev/null/x").find("loo", "m"));
}

TEST_CASE("the time is told with where it comes from, or is unknown", "[past_speed]") {
  CHECK_THAT(time_text({}, {.together = 100}), Contains("unknown: no run of this model"));
  // 4 s for what enters together, 16 s for what enters singly.
  CHECK(time_text(speed_of(timed), {.together = 6000, .single = 400}) ==
        "about 20 s, at the pace that such a run had here on 2026-11-29 (320 tokens/s)");
  PastSpeed other = speed_of(timed);
  other.is_alike = false;
  CHECK_THAT(time_text(other, {.together = 1000}),
             Contains("that another experiment with this model had here"));
  CHECK_THAT(time_text(speed_of(timed), {.single = 1'000'000}), Contains("--shard i/n divides it"));
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
  nlohmann::json done;
  for (std::string line; std::getline(log, line);) {
    done = nlohmann::json::parse(line);
  }
  REQUIRE(done["event"] == "done");
  const Finished after = run("new", "--dry-run");
  const auto told = nlohmann::json::parse(after.out);
  const double seconds = done["together"]["seconds"];  // nothing is generated
  CHECK(told["plan"]["tokens"]["together"] == done["together"]["tokens"]);
  CHECK(told["plan"]["tokens"]["single"] == 0);
  // What was over in less than a second is not kept.
  REQUIRE(told["seconds"].is_null() == (seconds < 1.0));
  if (seconds >= 1.0) CHECK(told["seconds"].get<double>() == Approx(seconds).epsilon(1e-6));
}
