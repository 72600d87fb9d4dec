// SPDX-License-Identifier: MIT
#include "judge/judgement.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

using namespace phiscope::judge;
using phiscope::test::write_text;

namespace {

Judgement example_judgement() {
  return {.id = "a",
          .request = "00ff",
          .is_verdict = true,
          .distinct = true,
          .answered = true,
          .reason = "by \"x\"\n",
          .asked_model = "m",
          .model = "served",
          .provider = "P",
          .response = "gen",
          .usage = {{"total_tokens", 3}}};
}

std::vector<Judgement> read_back(const std::string& text, bool may_be_cut = false) {
  const phiscope::test::TempDir folder;
  write_text(folder.path() / "j.jsonl", text);
  return read_judgements(folder.path() / "j.jsonl", may_be_cut);
}

}  // namespace

TEST_CASE("a judgement reads back as it was written", "[judgement]") {
  Judgement missing = example_judgement();
  missing.is_verdict = false;
  missing.distinct = false;
  missing.answered = false;
  missing.usage = nullptr;
  for (const Judgement& one : {example_judgement(), missing}) {
    const std::string line = judgement_line(one);
    const auto read = read_back(line + "\n");
    REQUIRE(read.size() == 1);
    CHECK(judgement_line(read[0]) == line);
    CHECK(read[0].distinct == one.distinct);
    CHECK(read[0].answered == one.answered);
    CHECK(read[0].reason == one.reason);
  }
  CHECK_THAT(judgement_line(missing), Contains("\"status\":\"missing\",\"distinct\":null"));
  CHECK_THAT(judgement_line(example_judgement()), Contains("\"status\":\"ok\",\"distinct\":true"));
}

TEST_CASE("a journal may end within a line, a file of judgements may not", "[judgement]") {
  const std::string line = judgement_line(example_judgement());
  const std::string cut = line + "\n" + line.substr(0, 20);
  CHECK(read_back(cut, true).size() == 1);
  CHECK_THROWS_WITH(read_back(cut), Contains("line 2"));
  CHECK(read_judgements("/nonexistent/j.jsonl", false).empty());
}

TEST_CASE("judgements that are wrong are refused by line and member", "[judgement]") {
  std::string line = judgement_line(example_judgement());
  const auto with = [&](const std::string& old, const std::string& now) {
    std::string changed = line;
    changed.replace(changed.find(old), old.size(), now);
    return changed + "\n";
  };
  CHECK_THROWS_WITH(read_back(with("\"distinct\":true", "\"distinct\":null")),
                    Contains("line 1.distinct is null"));
  CHECK_THROWS_WITH(read_back(with("\"ok\"", "\"missing\"")), Contains("line 1.distinct is true"));
  CHECK_THROWS_WITH(read_back(with("\"ok\"", "\"fine\"")), Contains("line 1.status is \"fine\""));
  CHECK_THROWS_WITH(read_back(with("\"answered\":true", "\"answered\":1")), Contains("answered"));
  CHECK_THROWS_WITH(read_back(with("\"provider\"", "\"povider\"")), Contains("povider"));
}
