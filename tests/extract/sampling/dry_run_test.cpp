// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

using namespace phiscope::test;

namespace {

/// What --dry-run prints, by step.
std::map<std::string, nlohmann::json> planned(const Finished& done) {
  std::map<std::string, nlohmann::json> plans;
  std::istringstream lines(done.out);
  for (std::string line; std::getline(lines, line);) {
    const auto one = nlohmann::json::parse(line);
    plans[one.at("step")] = one.at("plan");
  }
  return plans;
}

}  // namespace

TEST_CASE("a dry run says the bytes of keys and values of each step", "[dry_run]") {
  const SamplingFolder folder;
  const Finished done =
      folder.extracted("run", "--dry-run --dtype bfloat16 --batch-size 3 --memory 0.5");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run"));
  CHECK_THAT(done.err, Contains("note: attribution: its points are known when"));
  const auto plans = planned(done);
  CHECK(plans.size() == 4);
  // The same numbers by another way: the configuration, and the lengths that real runs describe.
  const auto config = nlohmann::json::parse(read_text(SamplingFolder::model() / "config.json"));
  const PatchingRun variance = folder.run("real", "variance", "");
  const PatchingRun manifold = folder.run("real", "manifold", "");
  const auto unit_bytes = config.at("num_hidden_layers").get<std::int64_t>() *
                          config.at("num_key_value_heads").get<std::int64_t>() *
                          (config.at("hidden_size").get<std::int64_t>() /
                           config.at("num_attention_heads").get<std::int64_t>()) *
                          2 * 2;  // keys and values, two bytes each
  std::int64_t prompt = 0;
  std::int64_t forced = 0;
  for (std::size_t p = 0; p < 2; ++p) {
    const auto positions = variance.details().at("problems")[p].at("positions").get<std::int64_t>();
    prompt = std::max(prompt, positions);
    forced = std::max(
        forced, positions + manifold.details().at("prefix").at("tokens")[p].get<std::int64_t>());
  }
  const auto tiles = [](std::int64_t tokens) { return (tokens / 16 + (tokens % 16 > 0)) * 16; };
  const std::map<std::string, std::int64_t> tokens{{"variance", prompt + 40},
                                                   {"manifold", forced + 40},
                                                   {"sensitivity", prompt + 40},
                                                   {"clustering", prompt + 40}};
  for (const auto& [step, longest] : tokens) {
    const auto& plan = plans.at(step);
    CAPTURE(step, longest);
    const std::int64_t lane = tiles(longest) * unit_bytes;
    CHECK(plan.at("key_value_bytes").at("lane") == lane);
    CHECK(plan.at("key_value_bytes").at("batch") == 3 * lane);
    CHECK(plan.at("memory_bytes") == 500'000'000);
    const auto run_bytes = plan.at("batch_bytes").get<std::int64_t>() / 3;
    CHECK(run_bytes > lane);
    const auto batch = plan.at("largest_batch").get<std::int64_t>();
    const auto weights = plan.at("weight_bytes").get<std::int64_t>();
    CHECK(weights + batch * run_bytes <= 450'000'000);
    CHECK(weights + (batch + 1) * run_bytes > 450'000'000);
  }
}

TEST_CASE("a dry run says the runs, rows, tokens and bytes of the real one", "[dry_run]") {
  const SamplingFolder folder;
  const std::string steps = "--steps variance,manifold,sensitivity,clustering";
  const auto plans = planned(folder.extracted("dry", "--dry-run " + steps));
  REQUIRE(plans.size() == 4);
  REQUIRE(folder.extracted("run", steps).status == 0);
  for (const auto& [step, plan] : plans) {
    const std::filesystem::path out = folder.path() / "run" / step;
    const PatchingRun run(out);
    std::uint64_t bytes = 0;  // of rows and their keys, without headers
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out)) {
      if (entry.path().extension() != ".npy") continue;
      bytes += phiscope::shard::NpyFile(entry.path()).bytes().size();
    }
    std::size_t tokens = 0;
    for (const auto& [key, ids] : generated_of(run)) tokens += ids.size();
    CAPTURE(step, bytes, tokens);
    CHECK(plan.at("shards") == run.shards());
    // Texts end early, so what is said is the most that there can be, and not much more.
    CHECK(plan.at("disk_bytes").get<std::uint64_t>() >= bytes);
    CHECK(plan.at("disk_bytes").get<std::uint64_t>() <= 3 * bytes);
    const auto rows = run.rows("latent", "pooled").size();
    CHECK(plan.at("rows").get<std::size_t>() >= rows);
    CHECK(plan.at("tokens").at("single").get<std::size_t>() >= tokens);
  }
  // One greedy and three times three solutions of each problem; one group each for the others.
  CHECK(plans.at("variance").at("runs") == 2 * (1 + 3 * 3));
  CHECK(plans.at("manifold").at("runs") == 2 * 3);
  CHECK(plans.at("sensitivity").at("runs") == 2 * (1 + 4));
  CHECK(plans.at("clustering").at("runs") == 2 * 3);
}

TEST_CASE("a model that does not fit is refused with its size before it is read", "[dry_run]") {
  const SamplingFolder folder;
  // The configuration of a Llama of 70,553,706,496 weights, without any of them.
  const std::filesystem::path model = folder.path() / "large";
  std::filesystem::create_directories(model);
  write_text(model / "config.json",
             R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192,
                 "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64,
                 "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192,
                 "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "hidden_act": "silu",
                 "tie_word_embeddings": false, "eos_token_id": 128001, "bos_token_id": 128000})");
  const std::string call = "sampling --model '" + model.string() + "' --problems '" +
                           SamplingFolder::problems().string() + "' --out '" +
                           (folder.path() / "run").string() + "' --memory 80 --dtype ";
  const Finished half = extract(call + "bfloat16", folder.path());
  CHECK(half.status == 1);
  CHECK_THAT(half.err, Contains("has 141 GB of weights in bfloat16, found 80 GB of memory in "
                                "--memory, expected room for all of them: take a smaller model"));
  CHECK_THAT(extract(call + "float32", folder.path()).err,
             Contains("282 GB of weights in float32") && Contains("take a smaller --dtype"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run"));
  // A dry run says it and goes on; here to weights that are not there.
  const Finished dry = extract(call + "bfloat16 --dry-run", folder.path());
  CHECK_THAT(dry.err, Contains("warning: --model: ") && Contains("141 GB of weights"));
  // With room it is the missing weights that are refused.
  std::string more = call + "bfloat16";
  more.replace(more.find("--memory 80"), 11, "--memory 142");
  const Finished room = extract(more, folder.path());
  CHECK(room.status == 1);
  CHECK_THAT(room.err, !Contains("141 GB") && Contains("large"));
}

TEST_CASE("texts that are given and not continued do not count as long", "[dry_run]") {
  const SamplingFolder folder;
  std::string call = folder.call("run", "--dry-run --steps manifold");
  // Beside the prompt 200 tokens fit into the model's 256 positions, beside its solution they would
  // not.
  call.replace(call.find("--max-new-tokens 40"), 19, "--max-new-tokens 200");
  const Finished done = extract(call, folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, !Contains("--allow-long"));
}
