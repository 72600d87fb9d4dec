// SPDX-License-Identifier: MIT
// Inputs as people have them, through the program.
#include "catch.hpp"
#include "fixture.hpp"
#include "shard/run_reader.hpp"

using namespace phiscope::test;
using phiscope::shard::Run;

namespace {

/// Runs of a model in a folder.
class Bench {
 public:
  explicit Bench(const std::string& prompts) : model(copy_model(dir.path() / "model")) {
    write_text(dir.path() / "p.jsonl", prompts);
  }
  Finished run(const std::string& out, const std::string& more) const {
    return extract("activations --capture logits --model '" + model.string() + "' --prompts '" +
                       (dir.path() / "p.jsonl").string() + "' --out '" + path(out).string() + "' " +
                       more,
                   dir.path());
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return dir.path() / name;
  }
  [[nodiscard]] std::vector<double> array(const std::string& out, const std::string& name) const {
    return Run::open(path(out)).array(name, 0).read<double>();
  }
  /// Changes a member of config.json.
  void configure(const std::string& key, const nlohmann::json& value) const {
    auto config = nlohmann::json::parse(read_text(model / "config.json"));
    config[key] = value;
    write_text(model / "config.json", config.dump());
  }

  TempDir dir;
  std::filesystem::path model;
};

}  // namespace

TEST_CASE("answers go along as they are and blank lines are counted", "[inputs]") {
  const Bench bench(
      "\n{\"question\": \"cat\", \"answer\": 72}\n\n{\"question\": \"dog\", \"answer\": [3.50]}\n"
      "{\"text\": \"cat\"}\n");
  const Finished done = bench.run("run", "");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err,
             Contains("warning: " + bench.path("p.jsonl").string() + ": 2 blank lines skipped\n"));
  const auto prompts = Run::open(bench.path("run")).prompts();
  REQUIRE(prompts.size() == 3);
  CHECK(prompts[0].at("answer") == 72);
  CHECK(prompts[1].at("answer") == nlohmann::json{3.5});
  CHECK_FALSE(prompts[2].contains("answer"));
  const Finished tokens = extract("tokens --model '" + bench.model.string() + "' --prompts '" +
                                      bench.path("p.jsonl").string() + "'",
                                  bench.dir.path());
  CHECK(lines(tokens.out) == 3);
  CHECK_THAT(tokens.err, Contains("2 blank lines skipped"));
}

TEST_CASE("a repetition penalty needs no temperature", "[inputs]") {
  const Bench bench("{\"input_ids\": [1, 10, 11, 12, 10, 11, 12, 10, 11]}\n");
  const std::string generate = "--generate 12 --ignore-eos --positions gen ";
  REQUIRE(bench.run("plain", generate).status == 0);
  REQUIRE(bench.run("penalised", generate + "--repetition-penalty 1.8").status == 0);
  const auto ids = bench.array("penalised", "generated_ids");
  CHECK(ids != bench.array("plain", "generated_ids"));
  // Row s of the logits predicts token s.
  const auto logits = bench.array("penalised", "logits");
  const std::size_t vocab = logits.size() / ids.size();
  std::vector<std::size_t> earlier{1, 10, 11, 12};
  for (std::size_t s = 0; s < ids.size(); ++s) {
    std::vector<float> row(logits.begin() + static_cast<std::ptrdiff_t>(s * vocab),
                           logits.begin() + static_cast<std::ptrdiff_t>((s + 1) * vocab));
    const std::vector<float> free = row;
    for (const std::size_t id : earlier) {
      row[id] = free[id] < 0 ? free[id] * 1.8F : free[id] / 1.8F;
    }
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    CAPTURE(s);
    CHECK(static_cast<std::ptrdiff_t>(ids[s]) == best);
    earlier.push_back(static_cast<std::size_t>(ids[s]));
  }
  CHECK_THAT(bench.run("bad", generate + "--repetition-penalty 0").err,
             Contains("repetition_penalty: found 0, expected a number above 0"));
}

TEST_CASE("runs longer than the model's context are taken on demand", "[inputs]") {
  const Bench bench(
      "{\"id\": \"a\", \"input_ids\": [1, 10, 11, 12, 13, 14, 15, 16, 17, 18]}\n"
      "{\"id\": \"b\", \"input_ids\": [1, 10]}\n");
  REQUIRE(bench.run("wide", "--generate 2").status == 0);
  bench.configure("max_position_embeddings", 8);
  const Finished refused = bench.run("narrow", "--generate 2");
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("prompt a: 10 tokens and 2 to generate, expected at most the "
                                   "context length of the model, 8 (--allow-long takes more)"));
  const Finished done = bench.run("narrow", "--generate 2 --allow-long");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const std::string warning =
      "--allow-long: 1 runs may be longer than the 8 positions the model was trained for";
  CHECK_THAT(done.err, Contains("warning: " + warning + "\n"));
  CHECK_THAT(read_text(bench.path("narrow/extract-0-of-1.log")), Contains(warning));
  // Rotations do not depend on the length of the context.
  CHECK(bench.array("narrow", "logits") == bench.array("wide", "logits"));
  CHECK(bench.array("narrow", "generated_ids") == bench.array("wide", "generated_ids"));
}

TEST_CASE("learned positions end, whatever is asked", "[inputs]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", "{\"input_ids\": [1]}\n");
  const Finished done = extract("activations --capture logits --allow-long --model '" +
                                    (golden() / "models/gpt2/model").string() + "' --prompts '" +
                                    (dir.path() / "p.jsonl").string() + "' --out '" +
                                    (dir.path() / "run").string() + "'",
                                dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("table of learned positions") && Contains("rotary positions"));
}

TEST_CASE("what the tokenizer's files contradict is a warning in plan, log and standard error",
          "[inputs]") {
  const Bench bench("{\"text\": \"cat\"}\n");
  auto config = nlohmann::json::parse(read_text(bench.model / "tokenizer_config.json"));
  config["add_eos_token"] = true;
  write_text(bench.model / "tokenizer_config.json", config.dump());
  const Finished done = bench.run("run", "");
  REQUIRE(done.status == 0);
  const std::string warning =
      "tokenizer_config.json: add_eos_token is true and eos_token '<eos>', but tokenizer.json puts "
      "nothing after a text: tokenizer.json is followed";
  CHECK_THAT(done.err, Contains("warning: " + warning + "\n"));
  CHECK_THAT(read_text(bench.path("run/extract-0-of-1.log")), Contains(warning));
  const auto plan = nlohmann::json::parse(read_text(bench.path("run/plan.json")));
  CHECK(plan.at("model").at("tokenizer").at("warnings") == nlohmann::json{warning});
  CHECK(plan.at("model").at("digests").contains("tokenizer_config.json"));
}

TEST_CASE("a task of a job array with gaps is told its share", "[inputs]") {
  const TempDir dir;
  const auto message = [&](const std::string& variables) {
    const Finished done = run_shell(
        variables + " " + program("extract") + " " + small_loo(dir.path() / "run", "--shard slurm"),
        dir.path());
    CHECK(done.status == 1);
    return done.err;
  };
  const auto array = [](int id, int first, int last, int count) {
    return "SLURM_ARRAY_TASK_ID=" + std::to_string(id) +
           " SLURM_ARRAY_TASK_MIN=" + std::to_string(first) +
           " SLURM_ARRAY_TASK_MAX=" + std::to_string(last) +
           " SLURM_ARRAY_TASK_COUNT=" + std::to_string(count);
  };
  CHECK_THAT(message(array(7, 5, 9, 3) + " SLURM_ARRAY_TASK_STEP=2"),
             Contains("the job array 5-9 has 3 tasks, expected one without gaps; for task 7 use "
                      "--shard 1/3\n"));
  CHECK_THAT(message(array(9, 0, 11, 4) + " SLURM_ARRAY_TASK_STEP=3"),
             Contains("for task 9 use --shard 3/4\n"));
  // --array=1,5,6,7: Slurm does not say which ids there are.
  CHECK_THAT(message(array(5, 1, 7, 4) + " SLURM_ARRAY_TASK_STEP=1"),
             Contains("use --shard i/4 with i the number of the array's ids below 5\n"));
  CHECK_THAT(message(array(1, 1, 7, 4)), Contains("use --shard 0/4\n"));
  CHECK_THAT(message(array(7, 1, 7, 4)), Contains("use --shard 3/4\n"));
}
