// SPDX-License-Identifier: MIT
// The prompts of phiid and ablate are this project's own and equally many in every category.
#include "catch.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

using namespace phiscope::extract;
using phiscope::test::reference;
using phiscope::test::source_dir;

namespace {

std::vector<Prompt> own_prompts() {
  return read_prompts(source_dir() / "datasets" / "phiid" / "prompts.jsonl");
}

/// Letters and digits of the words, in lower case.
std::vector<std::string> words_of(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : ' ';
  }
  std::istringstream stream(plain);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// All sequences of five words of a text.
std::set<std::vector<std::string>> fives(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  std::set<std::vector<std::string>> result;
  for (std::size_t i = 0; i + 5 <= words.size(); ++i) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(i);
    result.emplace(begin, begin + 5);
  }
  return result;
}

}  // namespace

TEST_CASE("sixty prompts, ten in each of six categories", "[phiid_prompts]") {
  std::map<std::string, int> in_category;
  std::set<std::string> texts;
  const auto prompts = own_prompts();
  CHECK(prompts.size() == 60);
  for (const Prompt& prompt : prompts) {
    CAPTURE(prompt.id);
    const auto category = prompt.meta.at("category").get<std::string>();
    const int number = ++in_category[category];
    CHECK(prompt.id == category + (number < 10 ? "-0" : "-") + std::to_string(number));
    const std::string& text = prompt.text.value();
    CHECK(texts.insert(text).second);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(text.front() != ' ');
    CHECK(text.back() != ' ');  // a space at the end makes an odd token
    const auto spaces = std::count(text.begin(), text.end(), ' ');
    CHECK(spaces + 1 >= 8);
    CHECK(spaces + 1 <= 60);
  }
  CHECK(in_category == std::map<std::string, int>{{"grammar", 10},
                                                  {"arithmetic", 10},
                                                  {"logic", 10},
                                                  {"common-sense", 10},
                                                  {"general-knowledge", 10},
                                                  {"creative", 10}});
}

TEST_CASE("no two prompts share five words in a row", "[phiid_prompts]") {
  std::map<std::vector<std::string>, std::string> owner;
  for (const Prompt& prompt : own_prompts()) {
    for (const auto& five : fives(prompt.text.value())) {
      CAPTURE(prompt.id, five);
      CHECK(owner.emplace(five, prompt.id).second);
    }
  }
}

TEST_CASE("no prompt repeats five words of a published one", "[phiid_prompts][needs_reference]") {
  const auto data = reference();
  if (!data) SKIP_NO_REFERENCE();
  std::set<std::vector<std::string>> published;
  const auto prompts =
      phiscope::shard::read_json(*data / "published" / "phiid" / "prompts60.json").at("prompts");
  REQUIRE(prompts.size() == 60);
  for (const auto& text : prompts) published.merge(fives(text.get<std::string>()));
  for (const Prompt& prompt : own_prompts()) {
    for (const auto& five : fives(prompt.text.value())) {
      CAPTURE(prompt.id, five);
      CHECK_FALSE(published.contains(five));
    }
  }
}

TEST_CASE("the demo model can read every token of its sixty prompts", "[phiid_prompts]") {
  const Tokenizer tokenizer = Tokenizer::open(source_dir() / "datasets" / "models" / "words");
  const int unknown = tokenizer.unknown_id().value();
  const auto count = [&](const std::string& text) {
    const auto ids = tokenizer.encode(text).ids;
    return std::count(ids.begin(), ids.end(), unknown);
  };
  std::map<std::string, int> of_kind;
  std::set<std::string> texts;
  for (const Prompt& prompt : read_prompts(source_dir() / "datasets" / "phiid" / "words.jsonl")) {
    CAPTURE(prompt.id);
    CHECK(count(prompt.text.value()) == 0);
    CHECK(texts.insert(prompt.text.value()).second);
    ++of_kind[prompt.meta.at("category").get<std::string>()];
  }
  CHECK(of_kind == std::map<std::string, int>{{"sums", 10},
                                              {"differences", 10},
                                              {"products", 10},
                                              {"shares", 10},
                                              {"comparisons", 10},
                                              {"begun", 10}});
  CHECK(count(own_prompts().front().text.value()) > 0);
}
