// SPDX-License-Identifier: MIT
#include "files/prompts.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

namespace {

using nlohmann::json;
using phiscope::extract::Prompt;
using phiscope::extract::read_prompts;

std::vector<Prompt> prompts_of(const std::string& bytes) {
  const phiscope::test::TempDir dir;
  phiscope::test::write_bytes(dir.path() / "p.jsonl", bytes);
  return read_prompts(dir.path() / "p.jsonl");
}

std::string prompts_refusal(const std::string& bytes) {
  return phiscope::test::refusal([&bytes] { prompts_of(bytes); });
}

}  // namespace

TEST_CASE("texts, questions and token ids are prompts", "[prompts]") {
  const auto prompts = prompts_of(
      "{\"text\": \"a\"}\n{\"question\": \"b\", \"answer\": \"c\", \"id\": \"q7\"}\n"
      "{\"input_ids\": [1, 0, 5], \"id\": 12, \"meta\": {\"k\": [1]}, \"level\": 3}\n");
  REQUIRE(prompts.size() == 3);
  CHECK(prompts[0].id == "0");
  CHECK(prompts[0].text == "a");
  CHECK_FALSE(prompts[0].answer.has_value());
  CHECK_FALSE(prompts[0].input_ids.has_value());
  CHECK(prompts[0].meta == json::object());
  CHECK(prompts[1].id == "q7");
  CHECK(prompts[1].text == "b");
  CHECK(prompts[1].answer == "c");
  CHECK(prompts[2].id == "12");
  CHECK_FALSE(prompts[2].text.has_value());
  CHECK(prompts[2].input_ids == std::vector<int>{1, 0, 5});
  CHECK(prompts[2].meta == json{{"k", {1}}, {"level", 3}});
}

TEST_CASE("problem files are prompt files, as lines and as a list", "[prompts]") {
  const std::string first =
      R"({"problem": "a", "solution": "s", "answer": 3, "unique_id": "test/1", "level": 2})";
  const std::string second = R"({"question": "b", "steps": ["x"], "answer": "7", "idx": null})";
  for (const std::string& bytes : {first + "\n" + second + "\n", "[" + first + ",\n" + second + "]",
                                   "\xEF\xBB\xBF \n[" + first + "," + second + "]\n"}) {
    CAPTURE(bytes);
    const auto prompts = prompts_of(bytes);
    REQUIRE(prompts.size() == 2);
    CHECK(prompts[0].id == "test/1");
    CHECK(prompts[0].text == "a");
    CHECK(prompts[0].answer == 3);
    CHECK(prompts[0].meta == json{{"solution", "s"}, {"level", 2}});
    CHECK(prompts[1].id == "1");
    CHECK(prompts[1].text == "b");
    CHECK(prompts[1].answer == "7");
    CHECK(prompts[1].meta == json{{"steps", {"x"}}});
  }
  CHECK_THAT(prompts_refusal("[]"), Contains("no prompts, expected at least one"));
  CHECK_THAT(prompts_refusal("[{\"text\": 5}]"), Contains("entry 0") && Contains("text"));
  CHECK_THAT(prompts_refusal(R"([{"id": "x", "text": "a"}, {"id": "x", "text": "b"}])"),
             Contains("entry 1: duplicate id 'x', expected another than that of entry 0"));
}

TEST_CASE("byte order mark, CRLF, a blank last line and no final newline are fine", "[prompts]") {
  const std::string bytes = GENERATE(
      as<std::string>(), "{\"text\":\"a\"}\n{\"text\":\"b\"}\n",
      "{\"text\":\"a\"}\n{\"text\":\"b\"}", "{\"text\":\"a\"}\r\n{\"text\":\"b\"}\r\n",
      "{\"text\":\"a\"}\n{\"text\":\"b\"}\n\n", "{\"text\":\"a\"}\r\n{\"text\":\"b\"}\r\n\r\n",
      "\xEF\xBB\xBF{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
  CAPTURE(bytes);
  const auto prompts = prompts_of(bytes);
  REQUIRE(prompts.size() == 2);
  CHECK(prompts[1].text == "b");
}

TEST_CASE("an empty text and a NUL in a text are kept", "[prompts]") {
  const auto prompts = prompts_of("{\"text\":\"\"}\n{\"text\":\"a\\u0000b\"}\n");
  CHECK(prompts[0].text == "");
  CHECK(prompts[1].text == std::string("a\0b", 3));
}

TEST_CASE("anything else is refused with file and line", "[prompts]") {
  const std::string good = "{\"text\":\"a\"}\n";
  const std::vector<std::string> second_lines{
      "{\"text\":\"b\"",
      "{}",
      "[1]",
      "{\"problem\":5}",
      "{\"text\":5}",
      "{\"text\":null}",
      "{\"text\":\"b\",\"question\":\"c\"}",
      "{\"input_ids\":[]}",
      "{\"input_ids\":[-1]}",
      "{\"input_ids\":[1.5]}",
      "{\"input_ids\":[4294967296]}",
      "{\"input_ids\":\"1 2\"}",
      "{\"text\":\"b\",\"id\":1.5}",
      "{\"text\":\"b\",\"meta\":1}",
      "{\"question\":\"b\",\"problem\":\"c\"}",
      "{\"text\":\"b\"} {}",
      "{\"text\":\"\xFF\"}",
      "{\"text\":\"b\",\"id\":\"0\"}",
      "{\"text\":\"b\",\"k\":1,\"meta\":{\"k\":2}}",
      "\xEF\xBB\xBF{\"text\":\"b\"}",
      "{\"text\":\"b\",\"text\":\"c\"}",
  };
  for (const std::string& line : second_lines) {
    CAPTURE(line);
    CHECK_THAT(prompts_refusal(good + line + "\n"),
               Contains("p.jsonl") && (Contains(":2: ") || Contains("line 2")));
  }
  CHECK_THAT(prompts_refusal(""), Contains("empty"));
  CHECK_THAT(prompts_refusal("\n"), Contains("empty"));
  CHECK_THAT(prompts_refusal("{\n\"text\": \"a\"\n}\n"), Contains("p.jsonl"));
}

TEST_CASE("two lines with one id are refused naming both", "[prompts]") {
  CHECK_THAT(
      prompts_refusal(
          "{\"text\":\"a\",\"id\":\"x\"}\n{\"text\":\"b\"}\n{\"text\":\"c\",\"id\":\"x\"}\n"),
      Contains(":3:") && Contains("'x'") && Contains("line 1"));
  CHECK_THAT(
      prompts_refusal("\n\n{\"text\":\"a\",\"id\":\"x\"}\n\n{\"text\":\"b\",\"id\":\"x\"}\n"),
      Contains(":5:") && Contains("line 3"));
}

TEST_CASE("an answer of any kind goes along as it is", "[prompts]") {
  for (const std::string answer : {"72", "3.50", "[3.5, \"x\"]", "true", "\"72\"", "{\"a\": 1}"}) {
    const auto prompts = prompts_of("{\"question\": \"q\", \"answer\": " + answer + "}\n");
    CHECK(prompts.at(0).answer == json::parse(answer));
    CHECK(prompts.at(0).meta.empty());
  }
}

TEST_CASE("blank lines are skipped", "[prompts]") {
  const auto prompts = prompts_of("\n{\"text\":\"a\"}\n \t\r\n\n{\"text\":\"b\"}\n\n\n");
  REQUIRE(prompts.size() == 2);
  CHECK(prompts[1].text == "b");
  CHECK(prompts[1].id == "1");
}
