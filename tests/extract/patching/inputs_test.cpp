// SPDX-License-Identifier: MIT
// Pairs that can be used and pairs that cannot, on models with and without thoughts.
#include "tiny_thinker.hpp"

#include <sstream>

using namespace phiscope::test;

namespace {

/// Tokens of a text, by the table that the tokenizer was made of.
std::vector<int> tokens_of(const std::string& text) {
  std::vector<int> ids;
  ids.reserve(text.size());
  for (const char c : text) ids.push_back(static_cast<int>(thinker_characters.find(c)) + 3);
  return ids;
}

std::vector<int> question_of(const std::string& text, std::vector<int> end = {}) {
  std::vector<int> ids = tokens_of(text);
  ids.insert(ids.begin(), 1);
  ids.insert(ids.end(), end.begin(), end.end());
  return ids;
}

/// Questions of equal and of different lengths.
nlohmann::json plain_pairs() {
  return {pair_of(4, half("16 eggs?", 13), half("18 eggs?", 24)),
          pair_of("longer", half("9 of 9?", 81), half("9 of 10?", 90))};
}

nlohmann::json lines_of(const std::string& text) {
  nlohmann::json lines = nlohmann::json::array();
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("a question enters with BOS and what begins the thoughts", "[inputs]") {
  const ThinkerFolder folder;
  const auto prompts = [&](const std::string& name, const std::string& more) {
    folder.run(name, "--no-greedy --readouts eot " + more);
    return lines_of(read_text(folder.path() / name / "prompts.jsonl"));
  };
  const int pad = static_cast<int>(thinker_base);
  const auto thought = prompts("thought", "");
  REQUIRE(thought.size() == 6);
  CHECK(thought[0].at("id") == "4/clean");
  CHECK(thought[0].at("input_ids") == question_of("16 eggs less 3?", {pad + 1}));
  CHECK(thought[1].at("input_ids") == question_of("171 eggs less 3?", {pad + 1}));
  CHECK(thought[3].at("id") == "b/corrupted");
  CHECK(thought[5].at("meta").at("answer") == "90");
  // The published pass has five pads in place of thoughts, and no BOS.
  std::vector<int> published = question_of("half of 40?", {pad + 1, pad, pad, pad, pad, pad});
  published.erase(published.begin());
  CHECK(prompts("published", "--published")[2].at("input_ids") == published);
  // Ids are the question as it is: nothing is added before it.
  auto pairs = thinker_pairs();
  pairs[0]["clean"] = {{"input_ids", {5, 6, 7}}, {"answer", 13}};
  write_pairs(folder.pairs(), pairs);
  CHECK(prompts("ids", "")[0].at("input_ids") == std::vector<int>{5, 6, 7, pad + 1});
}

TEST_CASE("ids are in the run as the pairs file has them", "[inputs]") {
  const ThinkerFolder folder;
  nlohmann::json pairs = thinker_pairs();
  pairs[0]["pair_id"] = "1e3";
  pairs[1]["pair_id"] = "7";
  pairs[2]["pair_id"] = "12";
  pairs[2]["corrupted"] = half("81?", 81);
  write_pairs(folder.pairs(), pairs);
  const PatchingRun run = folder.run("run", "--no-greedy --readouts eot --skip-bad-pairs");
  CHECK(run.details().at("pairs")[0].at("pair_id") == "1e3");
  CHECK(run.details().at("pairs")[1].at("pair_id") == "7");
  CHECK(run.details().at("dropped")[0].at("pair_id") == "12");
  const auto lines = lines_of(read_text(folder.path() / "run/prompts.jsonl"));
  CHECK(lines[0].at("meta").at("pair_id") == "1e3");
}

TEST_CASE("answers are scored from the first token at which they differ", "[inputs]") {
  const ThinkerFolder folder;
  const PatchingRun run = folder.run("run", "--no-greedy");
  const auto& pairs = run.details().at("pairs");
  CHECK(pairs[0].at("pair_id") == 4);
  // "The answer is: 13" and "... 168": the space and the 1 are said by both.
  CHECK(pairs[0].at("clean").at("tokens") == tokens_of("3"));
  CHECK(pairs[0].at("corrupted").at("tokens") == tokens_of("68"));
  CHECK(pairs[1].at("clean").at("tokens") == tokens_of("20"));
  CHECK(pairs[1].at("corrupted").at("tokens") == tokens_of("4"));
  CHECK(run.details().at("readouts") == nlohmann::json({"eot", "eot:corrupted", "clean:0",
                                                        "clean:1", "corrupted:0", "corrupted:1"}));
}

TEST_CASE("the scored tokens are those that the scores predict", "[inputs]") {
  // Given the whole answer, or quoted: a greedy answer that is given as the clean one is scored at
  // the same positions as the quoted tokens.
  const ThinkerFolder folder;
  const std::string common = "--dtype float64 --dump-logits --max-new-tokens 4 --answer-prefix ";
  const PatchingRun run = folder.run("run", common + "'' --readouts eot,answer");
  const StoredRows logits = run.rows("logits");
  const StoredRows score = run.rows("token_score");
  const auto& pairs = run.details().at("pairs");
  std::size_t compared = 0;
  for (const auto& [key, row] : logits) {
    const auto name = run.details().at("readouts").at(static_cast<std::size_t>(key[5]));
    const std::string readout = name.get<std::string>();
    const std::size_t colon = readout.find(':');
    if (colon == std::string::npos || readout == "eot:corrupted") continue;
    const auto tokens =
        pairs.at(static_cast<std::size_t>(key[0])).at(readout.substr(0, colon)).at("tokens");
    const auto token = tokens.at(std::stoul(readout.substr(colon + 1))).get<std::size_t>();
    CHECK(score.at(key).at(0) == row.at(token));
    ++compared;
  }
  CHECK(compared == (2 + 2 * 3) * (1 + 2 + 2 + 1 + 2 + 2));
}

TEST_CASE("an answer's token is scored where a question that ends before it is", "[inputs]") {
  const TempDir dir;
  const auto model = write_plain(dir.path() / "model");
  const auto run = [&](const std::string& name, const std::string& end) {
    const auto pair = pair_of(1, half("9 of 9?" + end, 810), half("9 of 8?" + end, 729));
    const auto file = write_pairs(dir.path() / (name + ".json"), nlohmann::json::array({pair}));
    const Finished done = extract(
        patching_call(model, file, dir.path() / name,
                      "--answer-prefix : --no-greedy --dump-logits --dtype float64 --layers 0"),
        dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(dir.path() / name);
  };
  const PatchingRun given = run("given", "");
  const StoredRows logits = given.rows("logits");
  const auto check = [&](const std::string& readout, const std::string& end) {
    CAPTURE(readout, end);
    const StoredRows asked =
        run("asked" + readout.substr(0, 2) + readout.back(), end).rows("logits");
    for (const std::int64_t subject : {-1, -2}) {
      const auto& found = logits.at({0, 0, 0, subject, 0, given.readout(readout)});
      const auto& wanted = asked.at({0, 0, 0, subject, 0, 0});
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(std::abs(found[i] - wanted[i]) < 1e-10);
      }
    }
  };
  check("clean:0", ": ");
  check("clean:1", ": 8");
  check("clean:2", ": 81");
  check("corrupted:0", ": ");
  check("corrupted:1", ": 7");
  check("corrupted:2", ": 72");
}

TEST_CASE("without thoughts, questions of different length are left out and counted", "[inputs]") {
  const TempDir dir;
  const auto model = write_plain(dir.path() / "model");
  const auto file = write_pairs(dir.path() / "pairs.json", plain_pairs());
  const auto run = [&](const std::string& name, const std::string& more, std::string& said) {
    const Finished done =
        extract(patching_call(model, file, dir.path() / name,
                              "--readouts eot --no-greedy --dtype float64 " + more),
                dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    said = done.err;
    return PatchingRun(dir.path() / name);
  };
  std::string said;
  const PatchingRun start = run("start", "", said);
  CHECK_THAT(said, Contains("warning: 1 pairs dropped: longer (not_aligned)"));
  CHECK(start.details().at("dropped") ==
        nlohmann::json::parse(R"([{"pair_id": "longer", "status": "not_aligned"}])"));
  REQUIRE(start.details().at("pairs").size() == 1);
  CHECK(start.details().at("positions") == 9);
  const StoredRows kl = start.rows("reverse_kl");
  CHECK(kl.size() == 2 * (2 + 2 * 9));
  // The questions differ at their second character alone: nothing before it can differ.
  for (const std::int64_t layer : {0, 1}) {
    for (std::int64_t step = 0; step < 9; ++step) {
      CAPTURE(layer, step);
      const double found = kl.at({0, 0, 0, layer, step, 0}).at(0);
      const bool read_later = step == 8 || layer == 0;
      CHECK((found > 0.0) == (step >= 2 && read_later));
    }
  }
  // The last position of the last layer is all that is read: there the answer is the clean one.
  const double clean = kl.at({0, 0, 0, -2, 0, 0}).at(0);
  CHECK(clean > 0.0);
  CHECK(kl.at({0, 0, 0, 1, 8, 0}).at(0) == clean);

  const PatchingRun end = run("end", "--align end", said);
  CHECK_THAT(said, !Contains("dropped"));
  REQUIRE(end.details().at("pairs").size() == 2);
  const StoredRows aligned = end.rows("reverse_kl");
  CHECK(aligned.size() == 2 * (2 + 2 * 9) + 2 * (2 + 2 * 8));
  CHECK(aligned.at({1, 0, 0, 1, 7, 0}) == aligned.at({1, 0, 0, -2, 0, 0}));
  for (const auto& [key, value] : kl) CHECK(aligned.at(key) == value);
}

TEST_CASE("the sites of a span are its tokens, wherever the halves have it", "[inputs]") {
  const TempDir dir;
  const auto model = write_plain(dir.path() / "model");
  nlohmann::json pairs{pair_of(1, half("9 of 16?", 144), half("9 of 17?", 153)),
                       pair_of("moved", half("a 16", 16), half("a b 17", 17))};
  const auto mark = [](nlohmann::json& half, int begin, int end) {
    half["spans"]["number"] = {begin, end};
  };
  mark(pairs[0]["clean"], 5, 7);
  mark(pairs[0]["corrupted"], 5, 7);
  mark(pairs[1]["clean"], 2, 4);
  mark(pairs[1]["corrupted"], 4, 6);
  const auto run = [&](const std::string& name, const std::string& more) {
    const auto file = write_pairs(dir.path() / (name + ".json"), pairs);
    const Finished done =
        extract(patching_call(model, file, dir.path() / name,
                              "--readouts eot --no-greedy --dtype float64 --dump-logits " + more),
                dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(dir.path() / name);
  };
  const PatchingRun spans = run("spans", "--span number");
  const auto& described = spans.details().at("pairs");
  CHECK(spans.details().at("options").at("span") == "number");
  CHECK(described[0].at("sites") == 2);
  CHECK(described[0].at("clean").at("first_site") == 6);  // <s> is the first token
  CHECK(described[1].at("clean").at("first_site") == 3);
  CHECK(described[1].at("corrupted").at("first_site") == 5);
  // Of the pair whose halves are aligned, each site is the same position's of the whole sweep.
  const StoredRows some = spans.rows("logits");
  const StoredRows whole = run("whole", "--align start").rows("logits");
  std::size_t compared = 0;
  for (const auto& [key, row] : some) {
    if (key[0] != 0) continue;
    RowKey same = key;
    if (key[3] >= 0) same[4] += 6;
    CAPTURE(key);
    CHECK(row == whole.at(same));
    compared += key[3] >= 0 ? 1 : 0;
  }
  CHECK(compared == 2 * 2 * 2);
  // The other pair's value at a site is that of the clean question's own token: its last position
  // after the last layer is all that is read.
  CHECK(some.at({1, 0, 0, 1, 1, 0}) == some.at({1, 0, 0, -2, 0, 0}));
  CHECK(some.at({1, 0, 0, 1, 0, 0}) == some.at({1, 0, 0, -1, 0, 0}));
  // As ids, the span is of their positions.
  const auto ids = [](const std::string& text) { return question_of(text); };
  pairs[0]["clean"] = {{"input_ids", ids("9 of 16?")}, {"answer", 144}};
  pairs[0]["corrupted"] = {{"input_ids", ids("9 of 17?")}, {"answer", 153}};
  mark(pairs[0]["clean"], 6, 8);
  mark(pairs[0]["corrupted"], 6, 8);
  CHECK(run("ids", "--span number").rows("logits") == some);
}

TEST_CASE("pairs whose spans differ in length are left out and counted", "[inputs]") {
  const TempDir dir;
  const auto model = write_plain(dir.path() / "model");
  nlohmann::json pairs{pair_of(1, half("9 of 16?", 144), half("9 of 17?", 153)),
                       pair_of(2, half("9 of 8?", 72), half("9 of 10?", 90)),
                       pair_of("bare", half("9 of 8?", 72), half("9 of 9?", 81))};
  for (const auto& [pair, side, end] :
       {std::tuple{0, "clean", 7}, std::tuple{0, "corrupted", 7}, std::tuple{1, "clean", 6},
        std::tuple{1, "corrupted", 7}, std::tuple{2, "clean", 6}}) {
    pairs[static_cast<std::size_t>(pair)][side]["spans"]["number"] = {5, end};
  }
  const auto file = write_pairs(dir.path() / "pairs.json", pairs);
  const Finished done =
      extract(patching_call(model, file, dir.path() / "run",
                            "--readouts eot --no-greedy --skip-bad-pairs --span number"),
              dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: 2 pairs dropped: 2 (not_aligned) bare (no_span)"));
  const PatchingRun run(dir.path() / "run");
  CHECK(run.details().at("dropped") ==
        nlohmann::json::parse(R"([{"pair_id": 2, "status": "not_aligned"},
                                  {"pair_id": "bare", "status": "no_span"}])"));
  CHECK(run.details().at("pairs").size() == 1);
}

TEST_CASE("a question may be the beginning of the other, or the same", "[inputs]") {
  const TempDir dir;
  const auto model = write_plain(dir.path() / "model");
  const auto file =
      write_pairs(dir.path() / "pairs.json", {pair_of(1, half("9 of 1", 8), half("9 of 10", 90)),
                                              pair_of(2, half("9 of 8?", 72), half("9 of 8?", 9))});
  const auto run = [&](const std::string& name, const std::string& pairs) {
    const Finished done = extract(
        patching_call(model, pairs, dir.path() / name, "--align end --no-greedy --dump-logits"),
        dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(dir.path() / name);
  };
  const PatchingRun both = run("both", file.string());
  const StoredRows logits = both.rows("logits");
  const StoredRows score = both.rows("token_score");
  std::size_t compared = 0;
  for (const auto& [key, row] : logits) {
    if (key[0] != 1) continue;
    CAPTURE(key);
    CHECK(row == logits.at({1, 0, 0, -1, 0, key[5]}));
    CHECK(score.at(key) == score.at({1, 0, 0, -1, 0, key[5]}));
    ++compared;
  }
  CHECK(compared == (2 + 2 * 8) * (2 + 2 + 1));
  // The clean question is the same wherever it stands.
  const auto turned = write_pairs(dir.path() / "turned.json",
                                  {pair_of(1, half("9 of 10", 90), half("9 of 1", 8)),
                                   pair_of(2, half("9 of 7?", 63), half("9 of 8?", 9))});
  const PatchingRun other = run("turned", turned.string());
  CHECK(other.rows("logits").at({0, 0, 0, -1, 0, 0}) == logits.at({0, 0, 0, -2, 0, 0}));
  CHECK(other.rows("logits").at({0, 0, 0, -2, 0, 0}) == logits.at({0, 0, 0, -1, 0, 0}));
}

TEST_CASE("pairs whose answers cannot be told apart are left out and counted", "[inputs]") {
  const ThinkerFolder folder;
  auto pairs = thinker_pairs();
  pairs[1]["corrupted"]["answer"] = 201;  // begins with the clean answer, 20
  write_pairs(folder.pairs(), pairs);
  const PatchingRun nested = folder.run("nested", "--no-greedy");
  CHECK(nested.details().at("dropped") ==
        nlohmann::json::parse(R"([{"pair_id": "b", "status": "answer_nested"}])"));
  CHECK(nested.details().at("pairs").size() == 2);
  CHECK(nested.details().at("pairs")[1].at("pair_id") == 9);
  // Where answers are not given, they need not differ so.
  CHECK(folder.run("eot", "--no-greedy --readouts eot").details().at("dropped").empty());
}

TEST_CASE("an answer's prefix that tokens run across is a status", "[inputs]") {
  const ThinkerFolder folder;
  auto tokenizer = nlohmann::json::parse(read_text(folder.model() / "tokenizer.json"));
  // ":" and the space after it become one token, so that the prefix alone ends otherwise.
  tokenizer["model"]["vocab"].erase(".");
  tokenizer["model"]["vocab"][": "] = thinker_base - 1;
  tokenizer["model"]["merges"].push_back({":", " "});
  write_text(folder.model() / "tokenizer.json", tokenizer.dump());
  const Finished done = extract(folder.call("run", "--no-greedy"), folder.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("none of 3 pairs can be used (the first: prefix_retokenised)"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run"));
}
