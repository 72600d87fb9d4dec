// SPDX-License-Identifier: MIT
#include "tiny_thinker.hpp"

#include <set>

using namespace phiscope::test;

namespace {

const std::string thorough =
    "--mode rerun,frozen --sets single,layer --readouts eot,answer,greedy:2 --max-new-tokens 6 ";
const std::vector<std::string> measures{
    "kl", "reverse_kl", "l2", "prediction_changed", "token_score", "token_log_probability"};

/// All arrays of a run by their keys.
std::map<std::string, StoredRows> all_rows(const PatchingRun& run) {
  std::map<std::string, StoredRows> all;
  for (const std::string& name : measures) all[name] = run.rows(name);
  all["logits"] = run.rows("logits");
  all["clean_latents"] = run.rows("clean_latents", "latent");
  all["generated_ids"] = run.rows("generated_ids", "generated");
  return all;
}

/// Every file of a run but the plan, which says the batch size, and its digests.
std::map<std::string, std::string> stored_bytes(const std::filesystem::path& folder) {
  auto files = tree(folder);
  files.erase("plan.json");
  files.erase("manifest.json");
  return files;
}

/// The first pair's value at the end of its thoughts.
double site_value(const StoredRows& rows, std::int64_t set, std::int64_t layer, std::int64_t step) {
  return rows.at({0, 0, set, layer, step, 0}).at(0);
}

}  // namespace

TEST_CASE("a question patched with its own values changes no bit", "[command]") {
  const ThinkerFolder folder;
  const auto same = half("16 eggs less 3?", 13);
  write_pairs(folder.pairs(), {pair_of(1, same, half("16 eggs less 3?", 24)),
                               pair_of(2, half("9 of 9?", 81), half("9 of 8?", 72))});
  const PatchingRun run = folder.run("run", thorough + "--dump-logits");
  const StoredRows logits = run.rows("logits");
  std::size_t rows = 0;
  double largest = 0.0;
  for (const char* measure : {"kl", "reverse_kl", "l2", "prediction_changed"}) {
    for (const auto& [key, value] : run.rows(measure)) {
      if (key[0] == 1) {
        largest = std::max(largest, value[0]);
        continue;
      }
      CAPTURE(measure, key);
      CHECK(value.at(0) == 0.0);
      CHECK(logits.at(key) == logits.at({0, 0, 0, -1, 0, key[5]}));
      ++rows;
    }
  }
  // Two modes, two layers, three steps and their set; baseline and clean run; eot twice, two quoted
  // tokens, two tokens of each answer.
  CHECK(rows == 4 * (2 * 2 * 4 + 2) * 8);
  CHECK(largest > 1e-3);
  const PatchingRun published = folder.run("published", "--published --no-greedy");
  for (const auto& [key, value] : published.rows("kl")) {
    if (key[0] == 0) CHECK(value.at(0) == 0.0);
  }
}

TEST_CASE("numbers do not depend on batch size, threads or shards", "[command]") {
  const ThinkerFolder folder;
  const std::string options = thorough + "--dump-logits ";
  const auto wanted = all_rows(folder.run("b16", options + "--batch-size 16 --threads 1"));
  // Eot twice, quoted tokens (the second pair's answer ends at its first), the answers' tokens.
  CHECK(wanted.at("kl").size() == (2 * 2 * 4 + 2) * ((2 + 2 + 3) + (2 + 1 + 3) + (2 + 2 + 4)));
  const auto bytes = stored_bytes(folder.path() / "b16");
  for (const std::string more : {"--batch-size 1 --threads 1", "--batch-size 80 --threads 2",
                                 "--batch-size 16 --threads 2"}) {
    CAPTURE(more);
    REQUIRE(extract(folder.call("again", options + more), folder.path()).status == 0);
    CHECK(stored_bytes(folder.path() / "again") == bytes);
    std::filesystem::remove_all(folder.path() / "again");
  }
  for (const std::size_t pairs : {1, 2}) {
    const PatchingRun run = folder.run("shards" + std::to_string(pairs),
                                       options + "--pairs-per-shard " + std::to_string(pairs));
    CHECK(run.shards() == (pairs == 1 ? 3 : 2));
    CHECK(all_rows(run) == wanted);
  }
}

TEST_CASE("a run stopped after its first shard resumes to the same bytes", "[command]") {
  const ThinkerFolder folder;
  nlohmann::json pairs = nlohmann::json::array();
  for (int i = 0; i < 24; ++i) {
    const std::string n = std::to_string(i + 10);
    pairs.push_back(pair_of(i, half(n + " eggs less 3?", i + 7), half(n + " of 4?", 4 * i + 40)));
  }
  write_pairs(folder.pairs(), pairs);
  const std::string options =
      "--readouts eot,answer --max-new-tokens 12 --pairs-per-shard 1 --batch-size 4";
  REQUIRE(extract(folder.call("whole", options), folder.path()).status == 0);
  const std::string commit = (folder.path() / "part/commit/shard-00000.json").string();
  const Finished stopped = run_shell(
      "bash -c \"set -m; " + program("extract") + " " + folder.call("part", options) +
          " & pid=\\$!; until [ -e '" + commit +
          "' ] || ! kill -0 \\$pid; do sleep 0.002; done; kill -TERM \\$pid; wait \\$pid\"",
      folder.path());
  CAPTURE(stopped.err);
  CHECK(stopped.status == 75);
  CHECK_THAT(stopped.err, Contains("rerun the same command to resume"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "part/manifest.json"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "part/generated_texts.jsonl"));
  const Finished resumed = extract(folder.call("part", options), folder.path());
  REQUIRE(resumed.status == 0);
  CHECK(nlohmann::json::parse(resumed.out).at("shards_found_done").get<int>() >= 1);
  CHECK(tree(folder.path() / "part") == tree(folder.path() / "whole"));
}

TEST_CASE("sets are what their steps are, whatever they are called", "[command]") {
  const ThinkerFolder folder;
  const PatchingRun run =
      folder.run("run",
                 "--sets single,layer,first:1,first:2,last:1,last:2,prefix,suffix,first:4 "
                 "--limit 1 --readouts eot --no-greedy");
  const StoredRows rows = run.rows("reverse_kl");
  enum Set : std::int64_t { single, layer, first1, first2, last1, last2, prefix, suffix };
  for (const std::int64_t l : {0, 1}) {
    CAPTURE(l);
    CHECK(site_value(rows, first1, l, 0) == site_value(rows, single, l, 0));
    CHECK(site_value(rows, prefix, l, 0) == site_value(rows, single, l, 0));
    CHECK(site_value(rows, prefix, l, 1) == site_value(rows, first2, l, 0));
    CHECK(site_value(rows, prefix, l, 2) == site_value(rows, layer, l, 0));
    CHECK(site_value(rows, suffix, l, 0) == site_value(rows, layer, l, 0));
    CHECK(site_value(rows, suffix, l, 1) == site_value(rows, last2, l, 0));
    CHECK(site_value(rows, suffix, l, 2) == site_value(rows, single, l, 2));
    CHECK(site_value(rows, last1, l, 0) == site_value(rows, single, l, 2));
    const std::set<double> different{site_value(rows, layer, 0, 0), site_value(rows, single, 0, 0),
                                     site_value(rows, single, 0, 1), site_value(rows, first2, 0, 0),
                                     site_value(rows, last2, 0, 0)};
    CHECK(different.size() == 5);
  }
  // Four steps are more than there are: no row.
  CHECK(rows.size() == 2 * (2 + 2 * (3 + 1 + 1 + 1 + 1 + 1 + 3 + 3)));
  CHECK(run.details().at("sets").size() == 9);
}

TEST_CASE("a site has the same bits alone as in the whole sweep", "[command]") {
  const ThinkerFolder folder;
  const std::string options = "--mode frozen --readouts eot,answer --max-new-tokens 4 ";
  const StoredRows whole = folder.run("whole", options).rows("kl");
  const PatchingRun one = folder.run("one", options + "--layers 1 --sets last:1 --limit 2");
  std::size_t compared = 0;
  for (const auto& [key, value] : one.rows("kl")) {
    RowKey same = key;
    if (key[3] == 1) same[4] = 2;
    CAPTURE(key);
    CHECK(value == whole.at(same));
    compared += key[3] == 1 ? 1 : 0;
  }
  CHECK(compared == (2 + 1 + 2) + (2 + 2 + 1));
}

TEST_CASE("each head is patched alone, and its key says which", "[command]") {
  const ThinkerFolder folder;
  const PatchingRun run = folder.run(
      "run", "--hook hook_z --sets single,layer --readouts eot --no-greedy --dtype float64");
  const auto plan = nlohmann::json::parse(read_text(folder.path() / "run/plan.json"));
  CHECK(plan.at("row_spaces").at(0).at("key") ==
        nlohmann::json({"pair", "mode", "set", "layer", "head", "step", "readout"}));
  CHECK(run.details().at("heads") == 2);
  const StoredRows rows = run.rows("l2");
  CHECK(rows.size() == 3 * 2 * (2 + 2 * 2 * 4));
  for (const std::int64_t layer : {0, 1}) {
    CHECK(rows.at({0, 0, 0, layer, 0, 1, 0}).at(0) > 0.0);
    CHECK(rows.at({0, 0, 0, layer, 0, 1, 0}) != rows.at({0, 0, 0, layer, 1, 1, 0}));
  }
  // The last thing of a head that is read: nothing after the last thought of the last layer.
  CHECK(rows.at({0, 0, 0, 1, 0, 2, 0}).at(0) == 0.0);
  CHECK(rows.at({0, 0, 0, 1, 1, 2, 0}).at(0) == 0.0);
  CHECK(run.rows("clean_latents", "latent").at({0, 0}).size() == 2 * 2 * 4);
}

TEST_CASE("without free answers nothing is generated, and the rest is the same", "[command]") {
  const ThinkerFolder folder;
  const PatchingRun with = folder.run("with", "--max-new-tokens 5");
  const PatchingRun without = folder.run("without", "--no-greedy");
  CHECK(std::filesystem::exists(folder.path() / "with/generated_ids"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "without/generated_ids"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "without/generated_texts.jsonl"));
  for (const std::string& measure : measures) {
    CHECK(with.rows(measure) == without.rows(measure));
  }
}

TEST_CASE("variants of a raw file are joined by the program", "[command]") {
  const TempDir dir;
  write_text(dir.path() / "raw.json", R"([
    {"pair_id": 7, "variant": "corrupted", "question": "b?", "answer": 2},
    {"pair_id": 7, "variant": "clean", "question": "a?", "answer": 1, "reasoning_steps": 3},
    {"pair_id": 5, "variant": "clean", "question": "c?", "answer": 4},
    {"pair_id": 5, "variant": "corrupted", "question": "d?", "answer": "4.0"}])");
  const std::string call = "patching --prepare '" + (dir.path() / "raw.json").string() +
                           "' --out '" + (dir.path() / "pairs.json").string() + "'";
  const Finished done = extract(call, dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("1 pairs, 1 dropped because both answers are the same number"));
  const auto line = nlohmann::json::parse(done.out);
  CHECK(line.at("n") == 1);
  CHECK(line.at("dropped") == nlohmann::json({"5"}));
  CHECK(nlohmann::json::parse(read_text(dir.path() / "pairs.json")) ==
        nlohmann::json::parse(R"([{"pair_id": 7,
          "clean": {"question": "a?", "answer": 1, "reasoning_steps": 3},
          "corrupted": {"question": "b?", "answer": 2}}])"));
}
