// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"

using namespace phiscope::test;
using phiscope::shard::Run;

namespace {

std::string words_model() {
  return (source_dir() / "datasets/models/words").string();
}

/// One problem that the model solves, and one text that it cannot read.
void write_prompts(const std::filesystem::path& file) {
  write_text(
      file,
      "{\"id\": \"known\", \"text\": \"Tom has 7 apples. He buys 5 more. How many apples does "
      "Tom have now?\"}\n"
      "{\"id\": \"unknown\", \"text\": \"Zebras graze. Tom has 7 apples.\"}\n");
}

nlohmann::json options_of(const Run& run) {
  return nlohmann::json::parse(run.plan().details.at("options").dump());
}

// The warnings as they are written.
const std::string unknown_warning =
    "warning: more than 5 % of the tokens of 1 of 2 prompts are unknown to the model's tokenizer "
    "(2 of all 31); give prompts in its vocabulary";
const std::string published_warning =
    "warning: --published: continuations run on after the end of the text, as in the published "
    "experiment: what the model writes there (loops, mostly) is in the series";

}  // namespace

TEST_CASE("a phiid run holds norms, tokens and probabilities of every step", "[command]") {
  const TempDir dir;
  write_text(
      dir.path() / "p.jsonl",
      "{\"id\": \"a\", \"input_ids\": [1, 10, 11]}\n{\"id\": \"b\", \"input_ids\": [1, 20]}\n");
  const std::string common = " --model '" + walk_model() + "' --prompts '" +
                             (dir.path() / "p.jsonl").string() + "' --out '";
  REQUIRE(extract("phiid --generate 6 --ignore-eos" + common + (dir.path() / "run").string() + "'",
                  dir.path())
              .status == 0);
  REQUIRE(extract("activations --generate 6 --ignore-eos --positions gen --capture head_norm" +
                      common + (dir.path() / "same").string() + "'",
                  dir.path())
              .status == 0);
  const Run run = Run::open(dir.path() / "run");
  const Run same = Run::open(dir.path() / "same");
  using Shape = std::vector<std::uint64_t>;
  CHECK(run.plan().experiment == "phiid");
  CHECK(run.array("head_norm", 0).shape() == Shape{12, 3, 2});
  CHECK(run.array("head_norm", 0).read<double>() == same.array("head_norm", 0).read<double>());
  CHECK(run.array("generated_ids", 0).read<std::int32_t>() ==
        same.array("generated_ids", 0).read<std::int32_t>());
  for (const double p : run.array("generated_logprob", 0).read<double>()) CHECK(p < 0.0);
  const auto options = nlohmann::json::parse(run.plan().details.at("options").dump());
  CHECK(options.at("stop_at_eos") == false);
  CHECK(options.at("end_tokens").is_array());
}

TEST_CASE("a batch that no shard can fill is said before the run, and not counted", "[command]") {
  const TempDir dir;
  std::string prompts;
  for (int i = 0; i < 20; ++i) prompts += "{\"input_ids\": [1, 10, 11]}\n";
  write_text(dir.path() / "p.jsonl", prompts);
  const auto planned = [&](const std::string& more) {
    const Finished done = extract("phiid --generate 6 --dry-run --model '" + walk_model() +
                                      "' --prompts '" + (dir.path() / "p.jsonl").string() +
                                      "' --out '" + (dir.path() / "run").string() + "' " + more,
                                  dir.path());
    CAPTURE(more, done.err);
    REQUIRE(done.status == 0);
    return std::pair(nlohmann::json::parse(done.out).at("plan"), done.err);
  };
  const auto [plain, nothing] = planned("");
  CHECK(plain.at("shards") == 2);
  CHECK(plain.at("batch_runs") == 16);
  CHECK_THAT(nothing, !Contains("never crosses"));
  const auto [few, said] = planned("--batch-size 32");
  CHECK(few.at("batch_runs") == 16);
  CHECK(few.at("batch_bytes") == plain.at("batch_bytes"));
  CHECK(few.at("key_value_bytes") == plain.at("key_value_bytes"));
  CHECK(few.at("largest_batch").is_number());
  CHECK_THAT(said,
             Contains("note: --batch-size 32: a batch never crosses a shard, and no shard has "
                      "more than 16 runs\n"));
  const auto [many, filled] = planned("--batch-size 32 --prompts-per-shard 32");
  CHECK(many.at("batch_runs") == 20);
  CHECK(many.at("batch_bytes").get<std::int64_t>() * 16 ==
        plain.at("batch_bytes").get<std::int64_t>() * 20);
  CHECK_THAT(filled, !Contains("never crosses"));  // all runs are in one batch
}

TEST_CASE("a continuation ends with its text unless that is ignored", "[command]") {
  const TempDir dir;
  write_prompts(dir.path() / "p.jsonl");
  const auto run_with = [&](const std::string& flags, const std::string& name) {
    const auto ended = extract("phiid --generate 60 --model '" + words_model() + "' --prompts '" +
                                   (dir.path() / "p.jsonl").string() + "' --out '" +
                                   (dir.path() / name).string() + "' " + flags,
                               dir.path());
    REQUIRE(ended.status == 0);
    return ended.err;
  };
  const std::string told = run_with("", "default");
  CHECK_THAT(told, Contains(unknown_warning));
  CHECK_THAT(told, !Contains("published"));
  run_with("--ignore-eos --primary surrogates-synergy", "ignored");
  CHECK_THAT(run_with("--published", "published"), Contains(published_warning));
  const auto first_rows = [&](const char* name) {  // of the prompt that the model can read
    const auto keys = Run::open(dir.path() / name).keys("generated", 0);
    const auto view = keys.view<std::int64_t>();
    std::size_t rows = 0;
    for (std::size_t i = 0; i < view.size(); i += 2) rows += view[i] == 0 ? 1U : 0U;
    return rows;
  };
  const Run stopped = Run::open(dir.path() / "default");
  const auto ids = stopped.array("generated_ids", 0).read<std::int32_t>();
  CHECK(first_rows("default") < 60);
  CHECK(ids[first_rows("default") - 1] == 2);  // <eos> is the last step
  CHECK(std::count(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(first_rows("default")),
                   2) == 1);
  CHECK(first_rows("ignored") == 60);
  CHECK(first_rows("published") == 60);
  const auto plain = options_of(stopped);
  CHECK(plain.at("stop_at_eos") == true);
  CHECK(plain.at("published") == false);
  CHECK(plain.at("primary") == "inverted-u");
  CHECK(plain.at("unknown_token") == 0);
  const auto other = options_of(Run::open(dir.path() / "ignored"));
  CHECK(other.at("stop_at_eos") == false);
  CHECK(other.at("primary") == "surrogates-synergy");
  CHECK(options_of(Run::open(dir.path() / "published")).at("published") == true);
}

TEST_CASE("an unknown primary test is refused with the known ones", "[command]") {
  const TempDir dir;
  const auto refused = extract("phiid --model m --prompts p --out o --primary best", dir.path());
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err, Contains("surrogates-redundancy"));
}

TEST_CASE("the token that ends a text of a latent model is that of its codi.json", "[command]") {
  const TempDir dir;
  const auto model = dir.path() / "model";
  std::filesystem::copy(source_dir() / "datasets/models/week", model,
                        std::filesystem::copy_options::recursive);
  auto config = nlohmann::ordered_json::parse(read_text(model / "config.json"));
  config["eos_token_id"] = 5;
  write_text(model / "config.json", config.dump());
  write_text(dir.path() / "q.jsonl",
             "{\"question\": \"If today is Monday, which day is tomorrow?\"}\n");
  for (const std::string more : {"", "--ignore-eos "}) {
    const auto out = dir.path() / ("run" + std::to_string(more.size()));
    const Finished done =
        extract("phiid --generate 4 " + more + "--model '" + model.string() + "' --prompts '" +
                    (dir.path() / "q.jsonl").string() + "' --out '" + out.string() + "'",
                dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    CHECK(options_of(Run::open(out)).at("end_tokens") == std::vector<int>{2});
  }
}
