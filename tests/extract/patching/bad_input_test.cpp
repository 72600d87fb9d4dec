// SPDX-License-Identifier: MIT
#include "tiny_thinker.hpp"

using namespace phiscope::test;

namespace {

/// A folder in which one thing is wrong.
class BadFolder : public ThinkerFolder {
 public:
  /// Exit 1, one line that holds every one of `reasons`, nothing on standard output, no run.
  void refused(const std::string& options, const std::vector<std::string>& reasons) const {
    const Finished done = extract(call("refused", options), path());
    CAPTURE(options, done.err);
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK(std::ranges::count(done.err, '\n') == 1);
    CHECK_THAT(done.err, Catch::Matchers::StartsWith("error: "));
    for (const std::string& reason : reasons) CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(path() / "refused"));
  }
  /// The same of a pairs file: the line names it.
  void pairs_refused(const std::string& text, std::vector<std::string> reasons,
                     const std::string& options = "--no-greedy") const {
    write_text(pairs(), text);
    reasons.push_back(pairs().string());
    refused(options, reasons);
  }
  void pairs_refused(const nlohmann::json& list, std::vector<std::string> reasons,
                     const std::string& options = "--no-greedy") const {
    pairs_refused(list.dump(), std::move(reasons), options);
  }
};

/// The pairs of the folder, the second one changed.
template <class Change>
nlohmann::json changed_second(const Change& change) {
  nlohmann::json pairs = thinker_pairs();
  change(pairs[1]);
  return pairs;
}

}  // namespace

TEST_CASE("a pairs file that is none is refused with one line", "[bad_input]") {
  const BadFolder folder;
  folder.pairs_refused(std::string(), {"empty, expected a JSON list of pairs"});
  folder.pairs_refused(std::string("[]"), {"no pairs, expected at least one"});
  folder.pairs_refused(std::string("[{\"pair_id\": 1,"), {"line 1:16: not JSON"});
  folder.pairs_refused(std::string("[5]"), {"entry 0"});
  folder.pairs_refused(std::string("{\"pair_id\": 1}\n{broken\n"), {"line 2"});
  folder.pairs_refused(changed_second([](auto& pair) { pair.erase("pair_id"); }),
                       {"entry 1", "pair_id"});
  folder.pairs_refused(changed_second([](auto& pair) { pair["pair_id"] = 1.5; }),
                       {"entry 1", "pair_id", "a string or an integer"});
  std::filesystem::remove(folder.pairs());
  folder.refused("", {folder.pairs().string()});
}

TEST_CASE("a pair that is not whole is refused by its name", "[bad_input]") {
  const BadFolder folder;
  const auto second = [&](const auto& change, const std::vector<std::string>& reasons) {
    folder.pairs_refused(changed_second(change), reasons);
  };
  second([](auto& pair) { pair.erase("corrupted"); }, {"pair b", "corrupted"});
  second([](auto& pair) { pair.erase("clean"); }, {"pair b", "clean"});
  second([](auto& pair) { pair["clean"] = 5; }, {"pair b", "clean"});
  second([](auto& pair) { pair["pair_id"] = 4; }, {"pair_id 4 occurs twice, expected each once"});
  second([](auto& pair) { pair["clean"]["answer"] = "none"; },
         {"pair b: the answer of its clean half is 'none', expected a number in it"});
  second([](auto& pair) { pair["corrupted"]["answer"] = ""; },
         {"pair b: the answer of its corrupted half is '', expected a number in it"});
  second([](auto& pair) { pair["corrupted"].erase("answer"); },
         {"pair b", "answer", "a number, or a text or list with one"});
  second(
      [](auto& pair) {
        pair["clean"]["answer"] = nlohmann::json::object({{"a", 1}});
      },
      {"pair b", "answer", "a number, or a text or list with one"});
  second([](auto& pair) { pair["clean"].erase("question"); },
         {"pair b", "a question, or else input_ids"});
  second(
      [](auto& pair) {
        pair["clean"]["input_ids"] = {1, 2};
      },
      {"pair b", "a question, or else input_ids"});
  second([](auto& pair) { pair["clean"]["reasoning_steps"] = -1; }, {"pair b", "reasoning_steps"});
}

TEST_CASE("tokens that the model cannot take are refused by their pair", "[bad_input]") {
  const BadFolder folder;
  const auto ids = [](const nlohmann::json& list) {
    return changed_second([&](auto& pair) {
      pair["clean"] = {{"input_ids", list}, {"answer", 20}};
    });
  };
  folder.pairs_refused(ids({5, -1}), {"pair b", "input_ids", "integers >= 0"});
  folder.pairs_refused(ids({5, 4096}), {"pair b: token id 4096, expected 0 to 46"});
  folder.pairs_refused(ids(nlohmann::json::array()), {"pair b", "input_ids", "at least one"});
  folder.pairs_refused(
      changed_second([](auto& pair) { pair["corrupted"]["question"] = std::string(60, '7'); }),
      {"pair b: 83 positions (question, thoughts, answer)",
       "expected at most the context length of the model, 64", "--skip-bad-pairs"});
  folder.pairs_refused(thinker_pairs(), {"pair 4: 278 positions"}, "--max-new-tokens 256");
  // An answer that reads as the other one, token for token.
  folder.pairs_refused(changed_second([](auto& pair) { pair["corrupted"]["answer"] = "20"; }),
                       {"pair b: both answers are the tokens of '20'"});
  folder.pairs_refused(changed_second([](auto& pair) { pair["corrupted"]["answer"] = "20"; }),
                       {"pair b: both answers are the tokens of '20'"},
                       "--no-greedy --readouts eot");
}

TEST_CASE("bad pairs are counted instead, where that is asked for", "[bad_input]") {
  const BadFolder folder;
  nlohmann::json pairs = thinker_pairs();
  pairs.push_back({{"pair_id", "half"}, {"clean", half("9 of 9?", 81)}});
  pairs.push_back(pair_of("wordy", half("9 of 9?", "many"), half("9 of 8?", 72)));
  pairs.push_back(pair_of("long", half(std::string(60, '7'), 1), half("9 of 8?", 72)));
  pairs.push_back(pair_of("same", half("9 of 9?", 81), half("81?", 81)));
  write_pairs(folder.pairs(), pairs);
  const std::string options = "--skip-bad-pairs --no-greedy";
  const Finished done = extract(folder.call("run", options), folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: 4 pairs dropped: half (half_missing) wordy (no_number) "
                                "long (too_long) same (equal_answers)"));
  const PatchingRun run(folder.path() / "run");
  CHECK(run.details().at("dropped").size() == 4);
  CHECK(run.details().at("dropped")[3] ==
        nlohmann::json({{"pair_id", "same"}, {"status", "equal_answers"}}));
  CHECK(run.details().at("pairs").size() == 3);
  // What is left is what it would be alone.
  write_pairs(folder.pairs(), thinker_pairs());
  const PatchingRun alone = folder.run("alone", "--no-greedy");
  CHECK(run.rows("kl") == alone.rows("kl"));
  // Nothing is left: an error.
  folder.pairs_refused(nlohmann::json::array({pairs[3]}), {"no usable pair"}, options);
  folder.pairs_refused(nlohmann::json::array({pairs[5]}),
                       {"none of 1 pairs can be used (the first: too_long)"}, options);
}

TEST_CASE("options without a meaning are refused with what is expected", "[bad_input]") {
  const BadFolder folder;
  folder.refused("--mode rerun,iterative",
                 {"--mode: found 'iterative', expected rerun, frozen or both"});
  folder.refused("--sets single,first:0", {"--sets: found 'first:0', expected some of single"});
  folder.refused("--sets first:2x", {"--sets: found 'first:2x'"});
  folder.refused("--donor noise:0", {"--donor: found 'noise:0', expected clean, zero, mean"});
  folder.refused("--donor noise:nan", {"--donor: found 'noise:nan'"});
  folder.refused("--donor noise:1x", {"--donor: found 'noise:1x'"});
  folder.refused("--readouts eot,greedy:0",
                 {"--readouts: found 'greedy:0', expected some of eot, answer, greedy:N"});
  folder.refused("--readouts last", {"--readouts: found 'last'"});
  // The model's context is 64 tokens.
  for (const std::string count : {"65", "2000000000", "99999999999"}) {
    folder.refused("--readouts eot,greedy:" + count,
                   {"--readouts: found 'greedy:" + count +
                    "', expected some of eot, answer, greedy:N with N from 1 to 64\n"});
  }
  folder.refused("--no-greedy --readouts greedy:64", {"pair 4", "context length of the model, 64"});
  folder.refused("--hook logits", {"--hook: found 'logits', expected one of hook_resid_pre"});
  folder.refused("--layers 2", {"--layers"});
  folder.refused("--published --latents 3",
                 {"--latents: found 3, expected none where no thoughts are computed"});
  folder.refused("--no-greedy --latents 1000", {"pair 4", "context length of the model, 64"});
  const Finished nothing = extract("patching --model '" + folder.model().string() + "' --out '" +
                                       (folder.path() / "refused").string() + "'",
                                   folder.path());
  CHECK(nothing.status == 1);
  CHECK_THAT(nothing.err, Contains("--pairs: found nothing, expected a pairs file"));
}

TEST_CASE("a model without thoughts has no published pass and no frozen mode", "[bad_input]") {
  const BadFolder folder;
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  folder.refused("--published", {"--published: found a model without codi.json"});
  folder.refused("--mode frozen", {"--mode: found frozen for a model without latent thoughts"});
  folder.refused("--latents 2", {"--latents: found 2"});
  folder.refused("--no-greedy", {"none of 3 pairs can be used (the first: not_aligned)"});
}

TEST_CASE("a span that is not there is refused with its pair", "[bad_input]") {
  const BadFolder folder;
  folder.refused("--span number",
                 {"--span: found 'number' for a model of latent thoughts", "expected none"});
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  const std::string options = "--no-greedy --span number";
  folder.refused(options + " --align end",
                 {"--span: found 'number' and --align end, expected one of them"});
  nlohmann::json pairs = nlohmann::json::array({thinker_pairs()[2]});
  folder.pairs_refused(
      pairs, {"pair 9: its clean half has no span 'number', expected one", "--skip-bad-pairs"},
      options);
  pairs[0]["clean"]["spans"] = {{"number", {0, 1}}};
  pairs[0]["corrupted"]["spans"] = {{"other", {0, 1}}};
  folder.pairs_refused(pairs, {"pair 9: its corrupted half has no span 'number'"}, options);
  folder.pairs_refused(pairs, {"none of 1 pairs can be used (the first: no_span)"},
                       options + " --skip-bad-pairs");
  pairs[0]["corrupted"]["spans"] = {{"number", {8, 9}}};
  folder.pairs_refused(pairs,
                       {"pair 9: span 'number' is [8, 9], expected a range within the question's 8 "
                        "characters that a token touches"},
                       options);
  pairs[0]["corrupted"] = {{"input_ids", {5, 6}}, {"answer", 90}, {"spans", {{"number", {1, 3}}}}};
  folder.pairs_refused(
      pairs, {"pair 9: span 'number' is [1, 3], expected a range within the half's 2 input_ids"},
      options);
}

TEST_CASE("a text needs a tokenizer", "[bad_input]") {
  const BadFolder folder;
  std::filesystem::remove(folder.model() / "tokenizer.json");
  folder.refused("--no-greedy", {"tokenizer.json"});
}

TEST_CASE("a raw file that makes no pairs is refused", "[bad_input]") {
  const TempDir dir;
  const auto refused = [&](const std::string& text, const std::string& reason) {
    write_text(dir.path() / "raw.json", text);
    const Finished done = extract("patching --prepare '" + (dir.path() / "raw.json").string() +
                                      "' --out '" + (dir.path() / "pairs.json").string() + "'",
                                  dir.path());
    CAPTURE(text, done.err);
    CHECK(done.status == 1);
    CHECK(std::ranges::count(done.err, '\n') == 1);
    CHECK_THAT(done.err, Contains((dir.path() / "raw.json").string()));
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "pairs.json"));
  };
  const std::string clean = R"({"pair_id": 7, "variant": "clean", "question": "a", "answer": 1})";
  refused("[" + clean + "]", "pair 7: its corrupted half is missing, expected both");
  refused("[" + clean + "," + clean + "]", "pair 7: its clean half occurs twice, expected once");
  refused(R"([{"pair_id": 7, "variant": "dirty", "question": "a", "answer": 1}])",
          "pair 7: variant is 'dirty', expected \"clean\" or \"corrupted\"");
  refused(R"([{"pair_id": 7, "variant": "clean", "question": "a", "answer": "?"}])",
          "pair 7: the answer of its clean half is '?', expected a number in it");
}
