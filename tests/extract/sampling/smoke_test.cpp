// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

using namespace phiscope::test;

TEST_CASE("every step runs on the model that --smoke writes, and is analysed", "[smoke]") {
  const TempDir dir;
  const auto run = [&](const std::string& more) {
    return extract("sampling --smoke --out '" + (dir.path() / "run").string() + "' " + more,
                   dir.path());
  };
  const Finished done = run("");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK(std::ranges::count(done.out, '\n') == 5);
  for (const char* step : {"variance", "manifold", "sensitivity", "attribution", "clustering"}) {
    const std::string run_of_step = (dir.path() / "run" / step).string();
    CHECK(std::filesystem::exists(run_of_step + "/manifest.json"));
    const Finished verified = extract("verify '" + run_of_step + "'", dir.path());
    CAPTURE(step, verified.err);
    CHECK(verified.status == 0);
  }
  const auto plan = nlohmann::json::parse(read_text(dir.path() / "run/variance/plan.json"));
  CHECK(plan.at("problems").size() == 3);
  CHECK(plan.at("model_layers") == 4);
  const PatchingRun attribution(dir.path() / "run/attribution");
  CHECK(attribution.details().at("points").size() == 3);
  const Finished report =
      run_shell(program("analyze-sampling") + " '" + (dir.path() / "run").string() + "' --out '" +
                    (dir.path() / "report").string() + "' --no-figures --bootstrap 20",
                dir.path());
  CAPTURE(report.err);
  CHECK(report.status == 0);

  // Bytes are tokens: the prompt's length is that of its text.
  const std::string question = "A shelf has 9 books. 3 are lent. How many are left?";
  CHECK(plan.at("problems")[0].at("positions") ==
        ("User: " + question + "\nPlease solve this step by step.\nAssistant:").size());
  // Again it finds all done; elsewhere it gives the same latents.
  const Finished again = run("");
  REQUIRE(again.status == 0);
  CHECK_THAT(again.out, Contains("\"shards_found_done\":3"));
  const std::string latent = "variance/latent/shard-00002.npy";
  const Finished other =
      extract("sampling --smoke --steps variance --out '" + (dir.path() / "other").string() + "'",
              dir.path());
  REQUIRE(other.status == 0);
  CHECK(read_text(dir.path() / "other" / latent) == read_text(dir.path() / "run" / latent));
}

TEST_CASE("without --smoke a model and problems are required", "[smoke]") {
  const TempDir dir;
  const std::string out = " --out '" + (dir.path() / "run").string() + "'";
  const auto wrong = [&](const std::string& options, const std::string& reason) {
    const Finished done = extract("sampling " + options + out, dir.path());
    CAPTURE(options, done.err);
    CHECK(done.status == 2);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "run"));
  };
  wrong("", "--model is required");
  wrong("--model x", "--problems is required");
  wrong("--smoke --model x", "excludes");
  wrong("--smoke --problems x", "excludes");
  wrong("--smoke --dry-run", "excludes");
}

TEST_CASE("the plan names the claim that a run is to decide", "[smoke]") {
  const SamplingFolder folder;
  const PatchingRun run = folder.run("run", "variance", "--primary commitment");
  const auto plan = nlohmann::json::parse(read_text(folder.path() / "run/variance/plan.json"));
  CHECK(plan.at("options").at("primary") == "commitment");
  const Finished wrong = folder.extracted("other", "--primary other");
  CHECK(wrong.status == 2);
}
