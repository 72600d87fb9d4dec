// SPDX-License-Identifier: MIT
// What runs of a problem file, by the plan that the program writes.
#include "steps_folder.hpp"

#include <set>

using namespace phiscope::test;

namespace {

std::set<std::string> ids_of(const PatchingRun& run, const std::string& part = "") {
  std::set<std::string> ids;
  for (const auto& problem : run.details().at("problems")) {
    if (part.empty() || problem.at("part") == part) ids.insert(problem.at("problem_id"));
  }
  return ids;
}

const std::string shortest = "--sets single --layers 0 ";

}  // namespace

TEST_CASE("a problem without a number is named, and the rest runs", "[inputs]") {
  const StepsFolder folder;
  const Finished done = extract(folder.call("run", shortest), folder.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: 1 problems do not run: p6 (no_gold)"));
  const PatchingRun run(folder.path() / "run");
  CHECK(run.details().at("dropped") ==
        nlohmann::json::parse(R"([{"problem_id": "p6", "status": "no_gold"}])"));
  const auto& problems = run.details().at("problems");
  REQUIRE(problems.size() == 9);
  const auto& fifth = problems.at(4);
  CHECK(fifth.at("problem_id") == "p4");
  CHECK(fifth.at("gold") == "28");
  CHECK(fifth.at("answer") == "28");
  CHECK(fifth.at("steps") == 6);
  CHECK(fifth.at("stratum") == 5);
  CHECK(fifth.at("part") == "sweep");
  // <s>, 15 characters and bot; "2" and "8" of the answer, whose space is a token of its own.
  CHECK(fifth.at("positions") == 17);
  CHECK(fifth.at("tokens") == nlohmann::json({5, 11}));
  const std::string lines = read_text(folder.path() / "run/prompts.jsonl");
  const auto line = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  CHECK(line.at("id") == "p0");
  CHECK(line.at("text") == "0 eggs less 3?");
  CHECK(line.at("input_ids").size() == 16);
  CHECK(line.at("answer") == "0");
}

TEST_CASE("problems are drawn by stratum, and validation is apart", "[inputs]") {
  const StepsFolder folder;
  nlohmann::json problems = nlohmann::json::array();
  for (int i = 0; i < 20; ++i) {
    problems.push_back(problem_of("p" + std::to_string(i), "9 of 9?", i, 2 + i % 4));
  }
  folder.write(problems);
  const PatchingRun run =
      folder.run("run", shortest + "--per-stratum 2 --validation 4 --problems-per-shard 3");
  CHECK(ids_of(run, "sweep").size() == 8);
  CHECK(ids_of(run, "validation").size() == 4);
  CHECK(ids_of(run).size() == 12);
  CHECK(run.shards() == 4);
  for (std::size_t s = 0; s < 4; ++s) {
    CHECK(run.details().at("strata").at(s) ==
          nlohmann::json({{"stratum", s + 2}, {"available", 5}, {"sweep", 2}, {"validation", 1}}));
  }
  CHECK(run.details().at("strata").at(4).at("stratum").is_null());
  const Finished few = extract(folder.call("few", shortest + "--per-stratum 7"), folder.path());
  REQUIRE(few.status == 0);
  CHECK_THAT(few.err, Contains("--per-stratum: 5 problems of 5+ steps, fewer than 7"));
}

TEST_CASE("without a stratum nothing is drawn, and that is counted", "[inputs]") {
  const StepsFolder folder;
  nlohmann::json problems = {problem_of("a", "9 of 9?", 81, 3),
                             {{"id", "b"}, {"question", "9 of 8?"}, {"answer", "72"}}};
  folder.write(problems);
  const PatchingRun drawn = folder.run("drawn", shortest + "--per-stratum 1");
  CHECK(ids_of(drawn) == std::set<std::string>{"a"});
  CHECK(drawn.details().at("dropped") ==
        nlohmann::json::parse(R"([{"problem_id": "b", "status": "no_steps"}])"));
  const PatchingRun all = folder.run("all", shortest);
  CHECK(ids_of(all) == std::set<std::string>{"a", "b"});
  CHECK(all.details().at("problems").at(1).at("stratum").is_null());
}

TEST_CASE("ids are taken from a list, from lines, or from the results of a report", "[inputs]") {
  const StepsFolder folder;
  const std::filesystem::path file = folder.path() / "ids";
  const std::vector<std::string> forms{
      R"(["p1", "p3"])",
      "p3\n\n p1 \r\n",
      R"([{"id": "p1"}, {"problem_id": "p3"}])",
      "{\"unique_id\": \"p1\", \"more\": 1}\n{\"gsm8k_id\": \"p3\"}\n",
      R"({"results": [{"problem_id": "p3"}, {"problem_id": "p1"}]})",
      "{\n\"results\": [\"p3\",\n\"p1\"]}"};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    CAPTURE(forms[i]);
    write_text(file, forms[i]);
    const PatchingRun run =
        folder.run("run" + std::to_string(i), shortest + "--select '" + file.string() + "'");
    CHECK(ids_of(run) == std::set<std::string>{"p1", "p3"});
    CHECK(run.details().at("not_selected").empty());
  }
  write_text(file, "p1\nq1\nq2\n");
  const Finished done =
      extract(folder.call("some", shortest + "--select '" + file.string() + "'"), folder.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("--select: 2 ids are not in"));
  CHECK(PatchingRun(folder.path() / "some").details().at("not_selected") ==
        nlohmann::json({"q1", "q2"}));
}
