// SPDX-License-Identifier: MIT
// The model is one thing: what was hashed is what is computed with, or the run ends.
#include "catch.hpp"
#include "fixture.hpp"

using namespace phiscope::test;

namespace {

/// A run of 24 shards.
std::string long_loo(const std::filesystem::path& model, const std::filesystem::path& out) {
  return "loo --model " + model.string() + " --out " + out.string() +
         " --context-lengths 40,80 --n-trials 6 --positions all --batch-size 4 --dtype bfloat16";
}

/// Runs it, and a shell command once shard 1 is committed.
Finished run_and(const std::string& change, const std::filesystem::path& model,
                 const std::filesystem::path& out, const std::filesystem::path& scratch) {
  const std::string commit = (out / "commit/shard-00001.json").string();
  return run_shell("bash -c '" + program_dir() + "/extract " + long_loo(model, out) +
                       " & pid=$!; until [ -e " + commit +
                       " ] || ! kill -0 $pid; do sleep 0.005; done; " + change + "; wait $pid'",
                   scratch);
}

}  // namespace

TEST_CASE("a model that changes under a run ends it, and nothing is committed after that",
          "[model_change]") {
  const TempDir dir;
  const auto model = copy_model(dir.path() / "model");
  const std::string weights = (model / "model.safetensors").string();
  const std::string whole = read_text(weights);
  REQUIRE(extract(long_loo(model, dir.path() / "whole"), dir.path()).status == 0);
  const auto wanted = tree(dir.path() / "whole");
  struct Change {
    const char* name;
    std::string how;
    std::string said;
  };
  for (const Change& change :
       {Change{"written", "echo 1 | dd of=" + weights + " bs=1 conv=notrunc seek=100000",
               "error: " + weights +
                   ": the file changed during the run: it has another "
                   "modification time, change time"},
        Change{"replaced",
               "cp " + weights + " " + weights + ".new; mv " + weights + ".new " + weights,
               "the file changed during the run: it has another inode"},
        Change{"config", "echo {} > " + (model / "special_tokens_map.json").string(),
               "the file changed during the run: it has appeared"},
        Change{"cut", "truncate -s 4096 " + weights, "error: " + weights + ": "}}) {
    CAPTURE(change.name);
    const auto out = dir.path() / change.name;
    const Finished done = run_and(change.how, model, out, dir.path());
    CAPTURE(done.err);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(change.said));
    CHECK_FALSE(std::filesystem::exists(out / "manifest.json"));
    int commits = 0;
    for (const auto& [file, bytes] : tree(out)) {
      if (file.find(".part-") != std::string::npos || file.ends_with(".lock")) continue;
      CAPTURE(file);
      CHECK(bytes == wanted.at(file));
      commits += file.starts_with("commit/") ? 1 : 0;
    }
    CHECK(commits >= 2);
    // As it was: the run is resumed to the same bytes.
    std::filesystem::remove(weights);
    write_text(weights, whole);
    std::filesystem::remove(model / "special_tokens_map.json");
    const Finished resumed = extract(long_loo(model, out), dir.path());
    CAPTURE(resumed.err);
    REQUIRE(resumed.status == 0);
    CHECK(tree(out) == wanted);
  }
}

TEST_CASE("a model that was hashed before is not read again, unless that is asked for",
          "[model_change]") {
  const TempDir dir;
  const auto cache = dir.path() / "cache";
  const auto run = [&](const std::string& name, const std::string& more) {
    const Finished done =
        run_shell("env XDG_CACHE_HOME='" + cache.string() + "' " + program("extract") + " " +
                      small_loo(dir.path() / name, more),
                  dir.path());
    CAPTURE(done.err);
    CHECK(done.status == 0);
    return nlohmann::json::parse(read_text(dir.path() / name / "plan.json"))
        .at("model")
        .at("digests");
  };
  const auto first = run("first", "");
  REQUIRE(std::filesystem::exists(cache / "phiscope"));
  CHECK(run("second", "") == first);
  // A false entry for every file shows who is asked.
  for (const auto& entry : std::filesystem::directory_iterator(cache / "phiscope")) {
    if (!entry.path().filename().string().starts_with("digest-")) continue;
    std::string text = read_text(entry.path());
    text.replace(text.size() - 65, 64, std::string(64, 'f'));
    write_text(entry.path(), text);
  }
  CHECK(run("cached", "").at("model.safetensors") == std::string(64, 'f'));
  CHECK(run("asked", "--no-digest-cache") == first);
}

TEST_CASE("where nothing can be kept of a model the run says so and is made", "[model_change]") {
  const TempDir dir;
  const Finished done = run_shell(
      "env XDG_CACHE_HOME=/dev/null " + program("extract") + " " + small_loo(dir.path() / "run"),
      dir.path());
  CHECK(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: the model's digests are not kept for the next run: "));
}
