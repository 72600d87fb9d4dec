// SPDX-License-Identifier: MIT
#include "steps_folder.hpp"

using namespace phiscope::test;

namespace {

/// A folder in which one thing is wrong.
class BadSteps : public StepsFolder {
 public:
  /// Exit 1, one error line that holds every one of `reasons`, nothing on standard output, no run.
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
  void file_refused(const std::string& text, std::vector<std::string> reasons,
                    const std::string& options = "") const {
    write_text(problems(), text);
    reasons.push_back(problems().string());
    refused(options, reasons);
    write(thinker_problems());
  }
  void select_refused(const std::string& text, const std::string& reason) const {
    const std::filesystem::path file = path() / "ids";
    write_text(file, text);
    refused("--select '" + file.string() + "'", {file.string(), reason});
  }
};

}  // namespace

TEST_CASE("a problem file that is none is refused with one line", "[bad_input]") {
  const BadSteps folder;
  folder.file_refused("", {"empty, expected a JSON list of problems"});
  folder.file_refused("[]", {"no problems, expected at least one"});
  folder.file_refused("[{\"question\": 1,", {"not JSON"});
  folder.file_refused("{\"answer\": \"3\"}\n", {":1", "question"});
  folder.file_refused(R"([{"question": "a?"}])", {"entry 0", "answer"});
  folder.file_refused(R"([{"id": 1, "question": "a?", "answer": 2}, )"
                      R"({"id": 1, "question": "b?", "answer": 3}])",
                      {"problems 0 and 1", "have the id '1'", "expected each id once"});
  folder.file_refused(R"([{"question": "a?", "answer": "no number"}])",
                      {"none of 1 problems can run (the first: no_gold)"});
  std::filesystem::remove(folder.problems());
  folder.refused("", {folder.problems().string()});
}

TEST_CASE("a question that the context does not hold is refused by its name", "[bad_input]") {
  const BadSteps folder;
  auto problems = thinker_problems();
  problems[2]["question"] = std::string(50, 'a') + "?";
  // <s>, 51 characters, bot, three thoughts, their end, and six tokens of an answer.
  folder.file_refused(problems.dump(),
                      {"problem p2: ", "positions (question, thoughts, answer)",
                       "context length of the model, 64", "--skip-bad-problems"},
                      "--max-new-tokens 16");
  folder.write(problems);
  const Finished done =
      extract(folder.call("run", "--skip-bad-problems --max-new-tokens 16"), folder.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("2 problems do not run: p2 (too_long) p6 (no_gold)"));
}

TEST_CASE("ids to select are ids, each once, and some are there", "[bad_input]") {
  const BadSteps folder;
  folder.select_refused("", "empty, expected ids");
  folder.select_refused("[]", "no ids, expected at least one");
  folder.select_refused("[1.5]", "entry 0: found '1.5', expected an id");
  folder.select_refused(R"([{"name": "p1"}])", "entry 0: found ");
  folder.select_refused("p1\np1\n", "the id 'p1' twice, expected once");
  folder.select_refused("q1\nq2\n", "none of its 2 ids (the first: 'q1') is in ");
}

TEST_CASE("options that contradict each other or the model are refused", "[bad_input]") {
  const BadSteps folder;
  folder.refused("--layers 2", {"--layers: found '2', expected layers from 0 to 1"});
  folder.refused("--sets single,each", {"--sets: found 'each', expected some of cumulative"});
  folder.refused("--sets single,single", {"--sets: found single twice"});
  folder.refused("--donor mean", {"--donors: found nothing, expected a run directory"});
  folder.refused("--donors .", {"--donors: found a run for --donor zero"});
  folder.refused("--published --donor mean", {"--published: found --donor as well"});
  folder.refused("--published --sets all", {"--published: found --sets as well"});
  folder.refused("--published --include-bot", {"--published: found --include-bot as well"});
  folder.refused("--primary harm", {"--primary: found 'harm', expected needs_thought"});
  folder.refused("--primary trend --sets all",
                 {"--primary: found trend, expected --sets with single"});
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  folder.refused("", {"--model: found a model without latent thoughts"});
}

TEST_CASE("donors of another run, layer or step are refused", "[bad_input]") {
  const BadSteps folder;
  folder.run("donors", "--sets all");
  const std::string donors =
      "--sets single --donor mean --donors '" + (folder.path() / "donors").string() + "' ";
  folder.refused(donors + "--layers 0", {"layers differ, expected hook_resid_post"});
  folder.refused(donors + "--include-bot", {"steps 0 to 2, expected -1 to 2"});
  folder.refused(donors + "--latents 4", {"steps 0 to 2, expected 0 to 3"});
  std::filesystem::remove_all(folder.model());
  write_thinker(folder.model(), 12);
  folder.refused(donors, {"the model's files have other digests"});
}
