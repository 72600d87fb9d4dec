// SPDX-License-Identifier: MIT
#include "files/tokenizer.hpp"

#include "expected_tokens.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <ctime>
#include <random>
#include <set>

namespace {

using nlohmann::json;
using phiscope::extract::Encoding;
using phiscope::extract::Tokenizer;
using phiscope::shard::FormatError;

std::filesystem::path golden(const std::string& name) {
  return phiscope::test::golden() / "tokenizer" / name;
}

json golden_json(const std::string& name) {
  std::ifstream in(golden(name) / "tokenizer.json");
  return json::parse(in);
}

/// Opens a tokenizer.json of this content.
Tokenizer open_json(const json& value) {
  const phiscope::test::TempDir dir;
  std::ofstream(dir.path() / "tokenizer.json") << value.dump();
  return Tokenizer::open(dir.path());
}

std::string tokenizer_refusal(const json& value) {
  try {
    open_json(value);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// The slow twin of the merging: the pair of lowest rank, leftmost first, until none is left.
std::vector<std::string> merge_slowly(
    std::vector<std::string> parts,
    const std::vector<std::pair<std::string, std::string>>& merges) {
  for (;;) {
    std::size_t best = merges.size();
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      for (std::size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].first == parts[i] && merges[rank].second == parts[i + 1]) {
          best = rank;
          place = i;
        }
      }
    }
    if (best == merges.size()) return parts;
    parts[place] += parts[place + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

/// A byte-level BPE over the letters a and b without pre-tokenization by words.
json letters_json(const std::vector<std::pair<std::string, std::string>>& merges) {
  json value = golden_json("whole_words");
  value["pre_tokenizer"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  value["post_processor"] = nullptr;
  value["added_tokens"] = json::array();
  value["model"]["ignore_merges"] = false;
  json& vocab = value["model"]["vocab"] = {{"a", 0}, {"b", 1}};
  value["model"]["merges"] = json::array();
  for (const auto& [left, right] : merges) {
    if (!vocab.contains(left + right)) vocab[left + right] = vocab.size();
    value["model"]["merges"].push_back({left, right});
  }
  return value;
}

/// As many steps that make two letters a of each.
json doublings(const std::string& list, int steps) {
  const json step{{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
  json all{{"type", "Sequence"}};
  for (int i = 0; i < steps; ++i) all[list].push_back(step);
  return all;
}

}  // namespace

TEST_CASE("ids, offsets and texts are those of Hugging Face's tokenizers", "[tokenizer]") {
  const std::string name =
      GENERATE(as<std::string>(), "words", "words_and_signs", "prefix_space", "whole_words",
               "composed", "byte_fallback", "mark_first", "mark_words");
  CAPTURE(name);
  const Tokenizer tokenizer = Tokenizer::open(golden(name));
  const auto lines = phiscope::test::read_lines(golden(name) / "expected.jsonl");
  REQUIRE(lines.size() > 40);
  for (const json& line : lines) {
    phiscope::test::check_tokens(tokenizer, line.at("text"), line);
    const auto ids = line.at("ids_special").get<std::vector<int>>();
    CHECK(tokenizer.decode(ids) == line.at("decoded").get<std::string>());
    CHECK(tokenizer.decode(ids, true) == line.at("decoded_skip").get<std::string>());
  }
}

TEST_CASE("a word-level tokenizer maps words to their ids and others to the unknown token",
          "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::open(golden("words"));
  const Encoding encoding = tokenizer.encode("The  heron wept");
  const int unknown = tokenizer.id_of("<unk>").value();
  CHECK(encoding.ids ==
        std::vector<int>{1, *tokenizer.id_of("The"), *tokenizer.id_of("heron"), unknown});
  CHECK(encoding.offsets ==
        std::vector<std::array<std::size_t, 2>>{{0, 0}, {0, 3}, {5, 10}, {11, 15}});
  CHECK(encoding.special == std::vector<bool>{true, false, false, false});
  CHECK(tokenizer.kind() == "WordLevel");
  CHECK(tokenizer.is_special(1));
  CHECK_FALSE(tokenizer.is_special(*tokenizer.id_of("heron")));
  CHECK(tokenizer.token_of(*tokenizer.id_of("heron")) == "heron");
  CHECK_FALSE(tokenizer.token_of(100'000).has_value());
  CHECK_FALSE(tokenizer.token_of(-1).has_value());
}

TEST_CASE("the start of the text is added once and only on demand", "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::open(golden("whole_words"));
  const int start = tokenizer.id_of("<s>").value();
  const auto with = tokenizer.encode("the heron");
  const auto without = tokenizer.encode("the heron", false);
  CHECK(with.ids.front() == start);
  CHECK(std::ranges::count(with.ids, start) == 1);
  CHECK(with.ids.size() == without.ids.size() + 1);
  CHECK(std::ranges::count(without.ids, start) == 0);
}

TEST_CASE("byte-level tokens of a text join to the text", "[tokenizer]") {
  const std::string name = GENERATE(as<std::string>(), "whole_words", "prefix_space");
  const Tokenizer tokenizer = Tokenizer::open(golden(name));
  std::mt19937_64 engine(7);
  for (int round = 0; round < 200; ++round) {
    std::string text = "x";  // no leading space, so that a prefix space can be told from the text's
    for (std::uint64_t length = engine() % 40; length > 0; --length) {
      constexpr std::array<const char*, 12> parts{
          "a", " ", "\n", "é", "東", "7", "'s", "\xF0\x9F\x91\x8D", "\u0301", "the", ".", "\t"};
      text += parts[engine() % parts.size()];
    }
    CAPTURE(text);
    const Encoding encoding = tokenizer.encode(text, false);
    const std::string decoded = tokenizer.decode(encoding.ids);
    CHECK(decoded == (name == "prefix_space" ? " " + text : text));
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
      CHECK(encoding.offsets[i][0] <= encoding.offsets[i][1]);
      CHECK(encoding.offsets[i][1] <= text.size());
    }
  }
}

TEST_CASE("merging agrees with the slow search for the lowest rank", "[tokenizer]") {
  const auto seed = GENERATE(range(0U, 12U));
  CAPTURE(seed);
  std::mt19937_64 engine(seed);
  std::vector<std::string> known{"a", "b"};
  std::vector<std::pair<std::string, std::string>> merges;
  std::set<std::pair<std::string, std::string>> seen;
  while (merges.size() < 25) {
    const std::pair<std::string, std::string> pair{known[engine() % known.size()],
                                                   known[engine() % known.size()]};
    if (!seen.insert(pair).second) continue;
    merges.push_back(pair);
    if (std::ranges::find(known, pair.first + pair.second) == known.end()) {
      known.push_back(pair.first + pair.second);
    }
  }
  const Tokenizer tokenizer = open_json(letters_json(merges));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> parts(engine() % 60);
    for (std::string& part : parts) part = engine() % 2 == 0 ? "a" : "b";
    std::string text;
    for (const std::string& part : parts) text += part;
    CAPTURE(text);
    std::vector<std::string> found;
    for (const int id : tokenizer.encode(text).ids) found.push_back(tokenizer.token_of(id).value());
    CHECK(found == merge_slowly(parts, merges));
  }
}

TEST_CASE("a word that is a token stays whole when the file ignores merges", "[tokenizer]") {
  json value = letters_json({{"a", "a"}, {"b", "a"}});
  value["model"]["vocab"]["abba"] = 7;
  CHECK(open_json(value).encode("abba").ids.size() == 3);
  value["model"]["ignore_merges"] = true;
  CHECK(open_json(value).encode("abba").ids == std::vector<int>{7});
  CHECK(open_json(value).encode("abbaa").ids.size() == 4);
}

TEST_CASE("the work for a long word grows as its length, not as the square", "[tokenizer]") {
  const Tokenizer tokenizer = open_json(letters_json({{"a", "a"}, {"aa", "aa"}, {"b", "a"}}));
  const auto processor_time = [&tokenizer](std::size_t n) {
    const std::string text(n, 'a');
    const std::clock_t start = std::clock();
    CHECK(tokenizer.encode(text).ids.size() == n / 4);
    return static_cast<double>(std::clock() - start);
  };
  const double shorter = processor_time(1U << 14U);
  CHECK(processor_time(1U << 20U) < 1000.0 * shorter);  // 64 times the length; the square: 4096
}

TEST_CASE("a text that a normalizer makes out of proportion is refused", "[tokenizer]") {
  json value = letters_json({});
  const auto normalized = [&value](const json& normalizer) {
    value["normalizer"] = normalizer;
    return open_json(value);
  };
  // At most 100 times the bytes and 1000: 2^10 for one, 64 and not 128 times as many for 1000.
  CHECK(normalized(doublings("normalizers", 10)).encode("a").ids.size() == 1024);
  const std::string longer(1000, 'a');
  CHECK(normalized(doublings("normalizers", 6)).encode(longer).ids.size() == 64'000);
  CHECK_THROWS_AS(normalized(doublings("normalizers", 7)).encode(longer), std::invalid_argument);
  for (const int steps : {11, 40}) {
    const Tokenizer tokenizer = normalized(doublings("normalizers", steps));
    CHECK(tokenizer.encode("b").ids == std::vector<int>{1});
    CHECK_THROWS_AS(tokenizer.encode("ba"), std::invalid_argument);
    CHECK_THROWS_WITH(tokenizer.encode("a"),
                      Contains("normalizer makes more than 1100 bytes of a text of 1, expected at "
                               "most 100 times as many and 1000"));
  }
  const Tokenizer at_once = normalized(
      {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(500, 'b')}});
  CHECK(at_once.encode("aa").ids.size() == 1000);
  CHECK_THROWS_AS(at_once.encode("aaa"), std::invalid_argument);
  const Tokenizer before = normalized({{"type", "Prepend"}, {"prepend", std::string(1100, 'b')}});
  CHECK_THROWS_AS(before.encode("a"), std::invalid_argument);
  CHECK(before.encode("").ids.empty());
}

TEST_CASE("a normalizer that makes an added token out of proportion is refused with the file",
          "[tokenizer]") {
  json value = letters_json({});
  const json added{{"id", 0}, {"content", "a"}, {"normalized", true}, {"special", false}};
  value["added_tokens"].push_back(added);
  value["normalizer"] = doublings("normalizers", 10);
  CHECK(open_json(value).encode(std::string(1024, 'b')).ids.size() == 1024);
  for (const int steps : {11, 40}) {
    value["normalizer"] = doublings("normalizers", steps);
    CHECK_THAT(tokenizer_refusal(value),
               Contains("tokenizer.json: added token 'a': the tokenizer's normalizer makes more "
                        "than 1100 bytes of a text of 1"));
  }
}

TEST_CASE("tokens that a decoder makes out of proportion are refused", "[tokenizer]") {
  json value = letters_json({});
  const auto decoded = [&value](const json& decoder, const std::vector<int>& ids) {
    value["decoder"] = decoder;
    return open_json(value).decode(ids);
  };
  const std::vector<int> one{0};
  CHECK(decoded(doublings("decoders", 10), one) == std::string(1024, 'a'));
  CHECK_THROWS_AS(decoded(doublings("decoders", 11), one), std::invalid_argument);
  CHECK_THROWS_WITH(decoded(doublings("decoders", 40), one),
                    Contains("decoder makes more than 1100 bytes of a text of 1"));
  // All tokens count together: at most 1300 of three, of which two are letters a.
  const std::vector<int> three{0, 1, 0};
  CHECK(decoded(doublings("decoders", 9), three) ==
        std::string(512, 'a') + "b" + std::string(512, 'a'));
  CHECK_THROWS_AS(decoded(doublings("decoders", 10), three), std::invalid_argument);
  // From the left, without looking at what was put in.
  const json fuse{{"type", "Fuse"}};
  const json halve{{"type", "Replace"}, {"pattern", {{"String", "aa"}}}, {"content", "a"}};
  json fused{{"type", "Sequence"}};
  fused["decoders"].push_back(fuse);
  fused["decoders"].push_back(halve);
  CHECK(decoded(fused, {0, 0, 0, 0, 0, 1, 0, 0}) == "aaaba");
}

TEST_CASE("a text that is not UTF-8 is refused with the place", "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::open(golden("whole_words"));
  for (const std::string bad :
       {"ab\xFF", "ab\xC3", "ab\xC0\x80", "ab\xE0\x80\x80", "ab\xF0\x80\x80\x80", "ab\xED\xA0\x80",
        "ab\xF4\x90\x80\x80", "ab\x80"}) {
    CHECK_THROWS_AS(tokenizer.encode(bad), std::invalid_argument);
    CHECK_THROWS_WITH(tokenizer.encode(bad), Contains("byte 2"));
  }
}

TEST_CASE("bytes that are not UTF-8 decode to replacement characters", "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::open(golden("whole_words"));
  const auto ids = tokenizer.encode("\xF0\x9F\x91\x8D", false).ids;
  REQUIRE(ids.size() == 4);
  CHECK(tokenizer.decode(std::vector<int>(ids.begin(), ids.begin() + 3)) == "\uFFFD");
  CHECK(tokenizer.decode(ids) == "\xF0\x9F\x91\x8D");
  CHECK(tokenizer.decode(std::vector<int>{ids[3], ids[3]}) == "\uFFFD\uFFFD");
}

TEST_CASE("byte tokens that are not UTF-8 decode to one replacement character each",
          "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::open(golden("byte_fallback"));
  const auto id = [&tokenizer](const char* token) { return tokenizer.id_of(token).value(); };
  CHECK(tokenizer.decode(std::vector<int>{id("e"), id("<0xC3>"), id("<0xA9>")}) == "e\u00E9");
  CHECK(tokenizer.decode(std::vector<int>{id("<0xE6>"), id("<0x9D>"), id("e")}) == "\uFFFD\uFFFDe");
}

TEST_CASE("a tokenizer with more ids than the embedding has rows opens", "[tokenizer]") {
  const int last = Tokenizer::open(golden("whole_words")).id_of("</s>").value();
  const phiscope::test::TempDir dir;
  std::filesystem::copy(golden("whole_words") / "tokenizer.json", dir.path());
  std::ofstream(dir.path() / "config.json") << json{{"vocab_size", last}}.dump();
  CHECK(Tokenizer::open(dir.path()).token_of(last) == "</s>");
}

TEST_CASE("what is not supported in a tokenizer.json is refused by name", "[tokenizer]") {
  const json good = golden_json("whole_words");
  const auto with = [&good](const std::string& pointer, const json& part) {
    json value = good;
    value[json::json_pointer(pointer)] = part;
    return tokenizer_refusal(value);
  };
  CHECK(tokenizer_refusal(good) == "accepted");
  CHECK_THAT(with("/model/type", "Unigram"), Contains("model.type") && Contains("Unigram"));
  CHECK_THAT(with("/model/dropout", 0.1), Contains("model.dropout"));
  CHECK_THAT(with("/model/end_of_word_suffix", "</w>"), Contains("end_of_word_suffix"));
  CHECK_THAT(with("/model/unk_token", "<none>"), Contains("unk_token"));
  CHECK_THAT(with("/model/new_option", true), Contains("model.new_option"));
  CHECK_THAT(with("/normalizer", {{"type", "Lowercase"}}), Contains("Lowercase"));
  CHECK_THAT(with("/pre_tokenizer", {{"type", "BertPreTokenizer"}}), Contains("BertPreTokenizer"));
  CHECK_THAT(with("/decoder", {{"type", "WordPiece"}}), Contains("WordPiece"));
  CHECK_THAT(with("/post_processor", {{"type", "Other"}}), Contains("Other"));
  CHECK_THAT(with("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a"), Contains("pattern"));
  for (const std::string pattern :
       {R"(\w+)", R"(^a)", R"(a$)", R"([a[b]])", R"([a&&b])", R"((?m)a)", R"(a{1,2}+)",
        R"(\bthe\b)", R"([]a])", R"((*UTF)a)"}) {
    CAPTURE(pattern);
    CHECK_THAT(with("/pre_tokenizer/pretokenizers/0/pattern/Regex", pattern),
               Contains("not supported in a pattern"));
  }
}

TEST_CASE("a malformed vocabulary, merge or added token is refused by name", "[tokenizer]") {
  const json good = golden_json("whole_words");
  const auto with = [&good](const std::string& pointer, const json& part) {
    json value = good;
    value[json::json_pointer(pointer)] = part;
    return tokenizer_refusal(value);
  };
  CHECK_THAT(with("/model/vocab/a", -1), Contains("'a'") && Contains("-1"));
  CHECK_THAT(with("/model/vocab/a", 1.5), Contains("'a'") && Contains("1.5"));
  CHECK_THAT(with("/model/vocab/a", std::int64_t{1} << 40U), Contains("'a'"));
  CHECK_THAT(with("/model/vocab/a", good["model"]["vocab"]["b"]),
             Contains("duplicate") && Contains("'a'") && Contains("'b'"));
  CHECK_THAT(with("/model/merges/0", {"a", "b", "c"}), Contains("merges[0]"));
  CHECK_THAT(with("/model/merges/0", "a b c"), Contains("merges[0]"));
  CHECK_THAT(with("/model/merges/0", 7), Contains("merges[0]"));
  CHECK_THAT(with("/model/merges/0", {"a", "zzz"}), Contains("merges[0]") && Contains("'zzz'"));
  CHECK_THAT(with("/added_tokens/0/id", 0), Contains("added_tokens[0].id"));
  CHECK_THAT(with("/added_tokens/0/content", "</s>"), Contains("duplicate"));
  CHECK_THAT(with("/post_processor/processors/1/special_tokens/<s>/ids", {0}), Contains("ids"));
  CHECK_THAT(tokenizer_refusal(json::array()), Contains("expected an object"));
}

TEST_CASE("a byte without a token is an error at the text, not silence", "[tokenizer]") {
  const Tokenizer tokenizer = open_json(letters_json({{"a", "b"}}));
  CHECK(tokenizer.encode("abba").ids.size() == 3);
  CHECK_THROWS_AS(tokenizer.encode("abc"), FormatError);
  CHECK_THROWS_WITH(tokenizer.encode("abc"), Contains("'c'"));
}
