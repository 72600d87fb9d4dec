// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

#include <sstream>

using namespace phiscope::test;

namespace {

/// Exit 1, one error line with the reason, and no run.
void refused(const SamplingFolder& folder, const std::string& options, const std::string& reason) {
  const Finished done = folder.extracted("refused", options);
  CAPTURE(options, done.err);
  CHECK(done.status == 1);
  CHECK(done.out.empty());
  CHECK(std::ranges::count(done.err, '\n') == 1);
  CHECK_THAT(done.err, Catch::Matchers::StartsWith("error: ") && Contains(reason));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
}

/// A call with other options in place of some, wherever they are.
std::string with_option(std::string call, const std::string& from, const std::string& to) {
  REQUIRE(call.find(from) != std::string::npos);
  for (std::size_t at = call.find(from); at != std::string::npos;
       at = call.find(from, at + to.size())) {
    call.replace(at, from.size(), to);
  }
  return call;
}

/// A run of these options would be computed.
void planned_alone(const SamplingFolder& folder, const std::string& call) {
  const Finished done = extract(call + " --dry-run", folder.path());
  CAPTURE(call, done.err);
  CHECK(done.status == 0);
}

}  // namespace

TEST_CASE("options of sampling that contradict each other are refused", "[bad_input]") {
  const SamplingFolder folder;
  refused(folder, "--steps 8", "--steps: found '8', expected some of variance");
  refused(folder, "--temperatures=-1", "--temperatures: found -1");
  refused(folder, "--temperatures 0.5,0.5", "--temperatures: found 0.500000 twice");
  refused(folder, "--temperatures 0.12345", "at most three decimals");
  refused(folder, "--target-layer 4", "--target-layer: found 4, expected a layer from 0 to 3");
  refused(folder, "--layers 1,2 --target-layer 3", "--target-layer: found 3, expected one of");
  refused(folder, "--prefix-share 1", "--prefix-share: found 1");
  refused(folder, "--top-p 0", "top_p: found 0");
  refused(
      folder, "--cluster-temperature 0.12345",
      "error: --cluster-temperature: found 0.123450, expected a number from 0 to 60 with at most "
      "three decimals\n");
  refused(folder, "--target-layer=-7",
          "error: --target-layer: found -7, expected a layer from 0 to 3, or -1\n");
  refused(folder, "--cluster-layer=-3",
          "error: --cluster-layer: found -3, expected a layer from 0 to 3, or -1\n");
  refused(folder, "--steps variance --variance-max-new-tokens 24",
          "error: --checkpoints: found 40, expected ascending numbers from --stride (4) to "
          "--variance-max-new-tokens (24)\n");
  refused(folder, "--steps clustering --cluster-max-new-tokens 3",
          "error: --stride: found 4, expected at most --cluster-max-new-tokens (3)\n");
  write_text(folder.path() / "texts.jsonl", "{}\n");
  refused(folder,
          "--steps clustering --temperatures 0.12345 --texts '" +
              (folder.path() / "texts.jsonl").string() + "'",
          "error: --temperatures: found 0.123450, expected a number");
}

TEST_CASE("an option of a step that does not run is not looked at", "[bad_input]") {
  const SamplingFolder folder;
  planned_alone(folder, folder.call("run",
                                    "--steps manifold --cluster-temperature 0.12345 "
                                    "--cluster-layer 9 --temperatures 0.12345"));
  planned_alone(folder, folder.call("run", "--steps clustering --prefix-share 1"));
  const std::string manifold = folder.call("refused", "--steps manifold");
  planned_alone(folder, with_option(manifold, "--checkpoints 8,16,40", ""));  // up to 128
  planned_alone(folder, with_option(manifold, "--window-stride 2", "--window-stride 20"));
  const auto refusal = [&](const std::string& call) {
    const Finished done = extract(call, folder.path());
    CHECK(done.status == 1);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
    return done.err;
  };
  CHECK(refusal(with_option(manifold, "--max-new-tokens 40", "--max-new-tokens 3")) ==
        "error: --stride: found 4, expected at most --max-new-tokens (3)\n");
  const std::string variance = folder.call("refused", "--steps variance");
  CHECK(refusal(with_option(variance, "--checkpoints 8,16,40", "")) ==
        "error: --checkpoints: found 64, expected ascending numbers from --stride (4) to "
        "--max-new-tokens (40)\n");
  const std::string sensitivity = folder.call("refused", "--steps sensitivity");
  CHECK(refusal(with_option(sensitivity, "--window-stride 2", "--window-stride 20")) ==
        "error: --window-stride: found 20, expected at most --lookahead (12)\n");
}

TEST_CASE("a template is UTF-8 with the place of the question once", "[bad_input]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "template";
  folder.run("plain", "manifold", "");
  write_text(file, "\xEF\xBB\xBF{problem}");
  folder.run("marked", "manifold", "");
  CHECK(folder.prompts(folder.path() / "marked/manifold") ==
        folder.prompts(folder.path() / "plain/manifold"));
  const auto template_refused = [&](const std::string& text, const std::string& reason) {
    write_text(file, text);
    refused(folder, "", "error: " + file.string() + ": " + reason + "\n");
  };
  template_refused("\xEF\xBB\xBF\xEF\xBB\xBF{problem}",
                   "found a second byte order mark, expected text");
  template_refused("Q: \xFF {problem}", "byte 3 is '\\xff', expected UTF-8");
  template_refused("{problem} again: {problem}", "found {problem} 2 times, expected it once");
  template_refused("no place", "found no {problem}, expected it once");
  template_refused("", "found no {problem}, expected it once");
}

TEST_CASE("answers that are numbers or lists are known solutions", "[bad_input]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "problems.jsonl";
  write_text(file,
             "{\"id\": \"a\", \"question\": \"How many lamps?\", \"answer\": 1234567890}\n"
             "{\"id\": \"b\", \"question\": \"How many?\", \"answer\": [12345, \"678\"]}\n");
  // The problem file is its own oracle, as where none is given.
  const Finished done = extract(with_option(folder.call("run", "--steps manifold"),
                                            SamplingFolder::problems().string(), file.string()),
                                folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  // Every character of a number is a token; before it the line break of --solution-prefix.
  CHECK(PatchingRun(folder.path() / "run/manifold").details().at("oracle_tokens") ==
        nlohmann::json({1 + 10, 1 + std::string("12345, 678").size()}));
}

TEST_CASE("known solutions are looked at before the first step runs", "[bad_input]") {
  const SamplingFolder folder;
  const std::filesystem::path oracle = folder.path() / "oracle.jsonl";
  const std::string call = with_option(folder.call("refused", ""),  // every step
                                       "--oracle '" + SamplingFolder::problems().string(),
                                       "--oracle '" + oracle.string());
  const auto refusal = [&](const std::string& text) {
    write_text(oracle, text);
    const Finished done = extract(call, folder.path());
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
    return done.err;
  };
  CHECK(refusal("{\"id\": \"words-000\", \"solution\": \"5\"}\n"
                "{\"id\": \"words-001\", \"solution\": 7}\n") ==
        "error: " + oracle.string() +
            ": a solution of none of 2 problems that can be used (the first: too_short)\n");
  CHECK(refusal("{\"id\": \"words-000\", \"solution\": {\"a\": 1}}\n") ==
        "error: " + oracle.string() +
            ":1: solution is an object, expected a string, a number or a list of them\n");
  CHECK(refusal("{\"id\": \"words-000\"}\n") ==
        "error: " + oracle.string() +
            ":1: solution is missing, expected a string, a number or a list of them\n");
}

TEST_CASE("problems and solutions that cannot be used are named", "[bad_input]") {
  const SamplingFolder folder;
  write_text(folder.path() / "oracle.jsonl", R"({"id": "other", "solution": "5"})"
                                             "\n");
  const std::string oracle = (folder.path() / "oracle.jsonl").string();
  const auto with = [&](const std::string& file) {
    // The last of two values is not taken: the call is made anew.
    std::string call = folder.call("refused", "--steps manifold");
    const std::string known = SamplingFolder::problems().string();
    call.replace(call.find("--oracle '") + 10, known.size(), file);
    return extract(call, folder.path());
  };
  const Finished none = with(oracle);
  CHECK(none.status == 1);
  CHECK_THAT(none.err, Contains("a solution of none of 2 problems") && Contains("no_oracle"));
  write_text(folder.path() / "oracle.jsonl", R"({"id": "words-000", "solution": "5"})"
                                             "\n"
                                             R"({"id": "words-000", "solution": "5"})");
  CHECK_THAT(with(oracle).err, Contains("the id 'words-000' twice"));
}

TEST_CASE("a solution without its reasoning, its reasoning, or both", "[bad_input]") {
  const SamplingFolder folder(1);
  const std::string id = R"({"id": "words-000", "solution": )";
  const auto tokens = [&](const std::string& text, const std::string& part) {
    write_text(folder.path() / "oracle.jsonl", id + nlohmann::json(text).dump() + "}");
    std::string call = folder.call("run", "--steps manifold --oracle-part " + part);
    const std::string known = SamplingFolder::problems().string();
    call.replace(call.find("--oracle '") + 10, known.size(),
                 (folder.path() / "oracle.jsonl").string());
    std::filesystem::remove_all(folder.path() / "run");
    const Finished done = extract(call, folder.path());
    CAPTURE(done.err);
    if (done.status != 0) return -1;
    return PatchingRun(folder.path() / "run/manifold").details().at("oracle_tokens")[0].get<int>();
  };
  const std::string solution = "There are 9-3=<<9-3=6>>6 balloons in the library.\n#### 6";
  const int plain = tokens(solution, "solution");
  CHECK(plain > 20);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "solution") == plain);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "all") > plain);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "reasoning") < plain);
  // Cut off before the solution begins.
  CHECK(tokens("<think>There are 6 balloons in the", "solution") == -1);
}

TEST_CASE("solutions that cannot be used are named and counted, the others are run",
          "[bad_input]") {
  const SamplingFolder folder(5);
  std::string known;
  for (const auto& [id, solution] :
       {std::pair<std::string, std::string>{"words-000", "There are 9-3=<<9-3=6>>6 balloons."},
        {"words-001", ""},                         // nothing
        {"words-002", "Tom"},                      // fewer tokens than --stride
        {"words-003", std::string(4000, '7')}}) {  // longer than the context; words-004 has none
    known += nlohmann::json{{"id", id}, {"solution", solution}}.dump() + "\n";
  }
  write_text(folder.path() / "oracle.jsonl", known);
  std::string call = folder.call("run", "--steps manifold");
  const std::string problems = SamplingFolder::problems().string();
  call.replace(call.find("--oracle '") + 10, problems.size(),
               (folder.path() / "oracle.jsonl").string());
  call.replace(call.find("--solution-prefix '\n'"), 21, "--solution-prefix ''");
  const Finished done = extract(call, folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const PatchingRun run(folder.path() / "run/manifold");
  std::map<std::string, std::string> dropped;
  for (const auto& one : run.details().at("dropped")) {
    dropped[one.at("problem_id")] = one.at("status");
  }
  CHECK(dropped == std::map<std::string, std::string>{{"words-001", "empty_oracle"},
                                                      {"words-002", "too_short"},
                                                      {"words-003", "too_long"},
                                                      {"words-004", "no_oracle"}});
  CHECK(run.details().at("problems").size() == 1);
  CHECK(run.rows("latent", "pooled").size() == 4);
  CHECK_THAT(done.err,
             Contains("manifold: 4 problems do not run (the first: \"words-001\", empty_oracle)"));
  // A file that was cut off is no oracle.
  write_text(folder.path() / "oracle.jsonl", known.substr(0, known.size() - 30));
  const Finished cut = extract(call, folder.path());
  CHECK(cut.status == 1);
  CHECK_THAT(cut.err, Contains("oracle.jsonl: line 4:"));
}

TEST_CASE("a problem that leaves no room for a solution is refused", "[bad_input]") {
  const SamplingFolder folder;
  std::string call = folder.call("refused", "--steps variance");
  call.replace(call.find("--max-new-tokens 40"), 19, "--max-new-tokens 5000");
  const Finished done = extract(call, folder.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("problem words-000: ") &&
                           Contains("tokens and 5000 to generate, expected at most the context "
                                    "length of the model"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
}
