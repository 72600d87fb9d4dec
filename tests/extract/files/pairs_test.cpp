// SPDX-License-Identifier: MIT
#include "files/pairs.hpp"

#include "catch.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <fstream>

using namespace phiscope::extract;
using phiscope::shard::FormatError;
using phiscope::test::TempDir;

namespace {

/// A file with this text, for one reading.
class Text {
 public:
  explicit Text(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "pairs.json"; }

 private:
  TempDir folder_;
};

const std::string good_pair =
    R"({"pair_id": 3, "clean": {"question": "a?", "answer": 1200, "reasoning_steps": 2},
        "corrupted": {"question": "b?", "answer": "about 1,300 in all"}})";

}  // namespace

TEST_CASE("the last number of a text is that of the published pattern", "[pairs]") {
  CHECK(last_number("The answer is: 18") == 18.0);
  CHECK(last_number("1,234.5 of them") == 1234.5);
  CHECK(last_number("3 - -7.") == -7.0);
  CHECK(last_number("5-3") == -3.0);
  CHECK(last_number(".5") == 5.0);
  CHECK(last_number("7.x9") == 9.0);
  CHECK_FALSE(last_number("none").has_value());
  CHECK_FALSE(last_number("- .").has_value());
}

TEST_CASE("a list and lines of pairs are read alike", "[pairs]") {
  std::string line = good_pair;
  std::erase(line, '\n');
  for (const std::string& text : {"[" + good_pair + "]", line + "\n\n", line}) {
    const Text file(text);
    const QuestionPairs read = read_pairs(file.path(), false);
    REQUIRE(read.pairs.size() == 1);
    CHECK(read.pairs[0].id == "3");
    CHECK(read.pairs[0].clean.question == "a?");
    CHECK(read.pairs[0].clean.answer == "1200");
    CHECK(read.pairs[0].clean.steps == 2);
    CHECK(read.pairs[0].corrupted.answer == "about 1,300 in all");
    CHECK_FALSE(read.pairs[0].corrupted.steps.has_value());
  }
  const Text ids(R"([{"pair_id": "x", "clean": {"input_ids": [1, 2], "answer": 1},
                      "corrupted": {"input_ids": [1, 3], "answer": 2}}])");
  CHECK(read_pairs(ids.path(), false).pairs[0].corrupted.input_ids == std::vector<int>{1, 3});
}

TEST_CASE("an answer may be a list with a number", "[pairs]") {
  const Text file(R"([{"pair_id": 1, "clean": {"question": "a", "answer": [18]},
                       "corrupted": {"question": "b", "answer": ["about", 7]}}])");
  const QuestionPairs read = read_pairs(file.path(), false);
  CHECK(read.pairs.at(0).clean.answer == "18");
  CHECK(read.pairs.at(0).corrupted.answer == "about, 7");
}

TEST_CASE("ids and answers are written as they were read", "[pairs]") {
  CHECK(pair_id("1e3", true) == "1e3");
  CHECK(pair_id("7", true) == "7");
  CHECK(pair_id("-7", false) == -7);
  CHECK(number_or_text("18") == 18);
  CHECK(number_or_text("-2.5") == -2.5);
  CHECK(number_or_text("007") == "007");
  CHECK(number_or_text("1e3") == "1e3");  // whose last number is 3
  CHECK(number_or_text("1E3") == "1E3");
  const Text file(R"([
    {"pair_id": "1e3", "clean": {"question": "a", "answer": 1}, "corrupted": {"question": "b",
     "answer": "1e3"}},
    {"pair_id": "7", "clean": {"question": "a", "answer": 1}, "corrupted": {"question": "b",
     "answer": 2}},
    {"pair_id": 8, "clean": {"question": "a", "answer": 1}, "corrupted": {"question": "b",
     "answer": 2}},
    {"pair_id": "9", "clean": {"question": "a", "answer": 1}}])");
  const QuestionPairs read = read_pairs(file.path(), true);
  const auto written = nlohmann::json::parse(pairs_text(read.pairs));
  CHECK(written[0].at("pair_id") == "1e3");
  CHECK(written[0].at("corrupted").at("answer") == "1e3");
  CHECK(written[1].at("pair_id") == "7");
  CHECK(written[2].at("pair_id") == 8);
  CHECK(read.dropped[0].id_is_text);
  const Text raw(R"([{"pair_id": "5", "variant": "clean", "question": "a", "answer": 1},
                     {"pair_id": "5", "variant": "corrupted", "question": "b", "answer": 2},
                     {"pair_id": 4, "variant": "clean", "question": "a", "answer": 1},
                     {"pair_id": 4, "variant": "corrupted", "question": "b", "answer": 2}])");
  const auto made = nlohmann::json::parse(pairs_text(prepare_pairs(raw.path()).pairs));
  CHECK(made[0].at("pair_id") == 4);
  CHECK(made[1].at("pair_id") == "5");
}

TEST_CASE("spans are read by name, kept, and refused where they are none", "[pairs]") {
  const auto with = [](const std::string& spans) {
    return R"([{"pair_id": 1, "clean": {"question": "a 16", "answer": 1, "spans": )" + spans +
           R"(}, "corrupted": {"question": "b", "answer": 2}}])";
  };
  const Text file(with(R"({"number": [2, 4], "name": [0, 1]})"));
  const QuestionPairs read = read_pairs(file.path(), false);
  const std::map<std::string, std::array<int, 2>> wanted{{"name", {0, 1}}, {"number", {2, 4}}};
  CHECK(read.pairs[0].clean.spans == wanted);
  CHECK(read.pairs[0].corrupted.spans.empty());
  const Text again(pairs_text(read.pairs));
  CHECK(read_pairs(again.path(), false).pairs[0].clean == read.pairs[0].clean);
  for (const char* spans : {R"({"n": [2, 2]})", R"({"n": [3, 2]})", R"({"n": [-1, 2]})",
                            R"({"n": [0]})", R"({"n": [0, 1, 2]})", R"({"n": [0, 1.5]})",
                            R"({"n": "16"})", R"({"n": [0, 99999999999]})"}) {
    CAPTURE(spans);
    const Text bad(with(spans));
    CHECK_THROWS_WITH(read_pairs(bad.path(), true),
                      Catch::Matchers::Contains("pair 1.clean.spans.n is ") &&
                          Catch::Matchers::Contains("expected [begin, end] of integers"));
  }
  const Text list(with("[0, 1]"));
  CHECK_THROWS_WITH(read_pairs(list.path(), false),
                    Catch::Matchers::Contains("pair 1.clean.spans"));
}

TEST_CASE("a bad pair is named, or counted where it may be left out", "[pairs]") {
  const auto refused = [](const std::string& text, const std::string& message, bool skip = false) {
    CAPTURE(text);
    const Text file(text);
    CHECK_THROWS_WITH(read_pairs(file.path(), skip), Catch::Matchers::Contains(message));
  };
  refused("", "empty");
  refused("[]", "no pairs");
  refused("[5]", "entry 0");
  refused("[" + good_pair + "," + good_pair + "]", "pair_id 3 occurs twice");
  refused(R"([{"clean": {}}])", "pair_id");
  refused(R"([{"pair_id": 1, "clean": {"question": "a", "answer": 1}}])", "pair 1.corrupted");
  refused(R"([{"pair_id": 1, "clean": {"question": "a", "answer": "none"},
               "corrupted": {"question": "a", "answer": 1}}])",
          "pair 1: the answer of its clean half is 'none', expected a number in it");
  refused(R"([{"pair_id": 1, "clean": {"question": "a", "input_ids": [1], "answer": 1},
               "corrupted": {"question": "a", "answer": 1}}])",
          "question");
  refused(R"([{"pair_id": 1, "clean": {"question": "a", "answer": 1}}])", "no usable pair", true);
  const Text file("[" + good_pair + R"(, {"pair_id": 1, "clean": {"question": "a", "answer": 1}},
      {"pair_id": 2, "clean": {"question": "a", "answer": "none"},
       "corrupted": {"question": "a", "answer": 1}}])");
  const QuestionPairs read = read_pairs(file.path(), true);
  CHECK(read.pairs.size() == 1);
  REQUIRE(read.dropped.size() == 2);
  CHECK(read.dropped[0].id == "1");
  CHECK(read.dropped[0].status == "half_missing");
  CHECK(read.dropped[1].status == "no_number");
}

TEST_CASE("variants are joined by ascending id, and equal answers dropped", "[pairs]") {
  const Text raw(R"([
    {"pair_id": 10, "variant": "corrupted", "question": "d", "answer": 5, "needs_cot": true},
    {"pair_id": 9, "variant": "clean", "question": "a", "answer": 1},
    {"pair_id": 10, "variant": "clean", "question": "c", "answer": 4, "reasoning_steps": 3},
    {"pair_id": 9, "variant": "corrupted", "question": "b", "answer": 2},
    {"pair_id": 2, "variant": "clean", "question": "e", "answer": "1,000"},
    {"pair_id": 2, "variant": "corrupted", "question": "f", "answer": 1000.0}])");
  const QuestionPairs made = prepare_pairs(raw.path());
  REQUIRE(made.pairs.size() == 2);
  CHECK(made.pairs[0].id == "9");
  CHECK(made.pairs[1].id == "10");
  REQUIRE(made.dropped.size() == 1);
  CHECK(made.dropped[0].id == "2");
  CHECK(made.dropped[0].status == "equal_answers");
  const Text again(pairs_text(made.pairs));
  const QuestionPairs read = read_pairs(again.path(), false);
  CHECK(read.pairs[1].clean == made.pairs[1].clean);
  CHECK(pairs_text(read.pairs) == pairs_text(made.pairs));
  const Text half(R"([{"pair_id": 1, "variant": "clean", "question": "a", "answer": 1}])");
  CHECK_THROWS_WITH(prepare_pairs(half.path()),
                    Catch::Matchers::Contains("pair 1: its corrupted half is missing"));
  const Text other(R"([{"pair_id": 1, "variant": "dirty", "question": "a", "answer": 1}])");
  CHECK_THROWS_WITH(prepare_pairs(other.path()), Catch::Matchers::Contains("variant is 'dirty'"));
}

TEST_CASE("the published pairs become the published prepared ones", "[pairs][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "patching";
  const QuestionPairs made = prepare_pairs(folder / "llama_clean_corrupted_pairs.json");
  std::vector<std::string> dropped;
  for (const DroppedPair& pair : made.dropped) dropped.push_back(pair.id);
  CHECK(dropped ==
        std::vector<std::string>{"12", "55", "229", "287", "334", "397", "465", "475", "555"});
  CHECK(made.pairs.size() == 57);
}
