// SPDX-License-Identifier: MIT
#include "files/tokenizer/companions.hpp"

#include "catch.hpp"
#include "files/model/describe.hpp"
#include "files/tokenizer.hpp"
#include "files/tokenizer/added_tokens.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

#include <algorithm>
#include <random>

namespace {

using nlohmann::json;
using phiscope::extract::Tokenizer;
using phiscope::extract::tokenizer::AddedToken;
using phiscope::extract::tokenizer::Companions;
using phiscope::extract::tokenizer::FileToken;
using Ids = std::vector<int>;
using Lines = std::vector<std::string>;

/// Letters with ids 0 to 6, <s> with 7; a template puts <s> before a text.
json tokenizer_json() {
  return json::parse(R"({
    "added_tokens": [{"id": 7, "content": "<s>", "special": true, "normalized": false}],
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}}],
      "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [7], "tokens": ["<s>"]}}},
    "model": {"type": "BPE", "merges": ["a b"],
              "vocab": {"a": 0, "b": 1, "ab": 2, " ": 3, "x": 4, "<": 5, ">": 6}}})");
}

/// A directory with tokenizer.json and the files beside it.
class Directory {
 public:
  explicit Directory(const std::map<std::string, json>& files, json tokenizer = tokenizer_json()) {
    write("tokenizer.json", tokenizer);
    for (const auto& [name, value] : files) write(name, value);
  }
  void write(const std::string& name, const json& value) const {
    phiscope::test::write_bytes(dir_.path() / name, value.dump());
  }
  [[nodiscard]] Tokenizer open() const { return Tokenizer::open(dir_.path()); }
  [[nodiscard]] Ids ids(const std::string& text) const { return open().encode(text, false).ids; }
  [[nodiscard]] Lines warnings() const { return open().warnings(); }
  [[nodiscard]] std::string refusal() const {
    return phiscope::test::refusal([this] { static_cast<void>(open()); });
  }

 private:
  phiscope::test::TempDir dir_;
};

json flags(const std::string& content, bool special = true) {
  return {{"content", content}, {"special", special}, {"normalized", false}};
}

/// A token in words.
std::string token_text(const AddedToken& token) {
  std::string text = "'" + token.content + "' " + std::to_string(token.id);
  if (token.single_word) text += " single_word";
  if (token.lstrip) text += " lstrip";
  if (token.rstrip) text += " rstrip";
  if (token.normalized) text += " normalized";
  if (token.special) text += " special";
  return text;
}

Lines token_texts(const std::vector<AddedToken>& tokens) {
  Lines texts;
  for (const AddedToken& token : tokens) texts.push_back(token_text(token));
  return texts;
}

/// One of few, so that some are equal and some differ in one flag.
FileToken random_token(std::mt19937_64& engine, int id) {
  const auto rarely = [&engine] { return engine() % 6 == 0; };
  FileToken read;
  read.token.content = std::array{"", "a", "b", "1a", "a1"}[engine() % 5];
  read.token.id = id;
  read.token.single_word = rarely();
  read.token.lstrip = rarely();
  read.token.rstrip = rarely();
  read.token.normalized = rarely();
  read.token.special = rarely();
  read.has_flags = engine() % 2 == 0;
  read.normalized_is_given = engine() % 2 == 0;
  return read;
}

bool has_content(const std::vector<FileToken>& tokens, const std::string& content) {
  return std::ranges::any_of(
      tokens, [&](const FileToken& other) { return other.token.content == content; });
}

/// The slow twin of Companions::additions(): compares with every token.
std::vector<AddedToken> additions_slowly(const Companions& beside,
                                         const std::vector<AddedToken>& own) {
  std::map<int, FileToken> all = beside.by_id;
  if (!beside.has_decoder) {
    for (const AddedToken& token : own) all[token.id] = {token, true, true};
  }
  std::vector<FileToken> with_id;
  for (const auto& [id, read] : all) with_id.push_back(read);
  std::vector<FileToken> known = with_id;
  for (const AddedToken& token : own) known.push_back({token, true, true});
  std::vector<FileToken> made = with_id;
  std::vector<FileToken> seen;
  const auto name = [&](const FileToken& read) {
    const bool is_new = !has_content(seen, read.token.content);
    seen.push_back(read);
    const bool is_there =
        read.has_flags
            ? std::ranges::any_of(
                  made, [&](const FileToken& one) { return one.token.equals(read.token); })
            : has_content(known, read.token.content);
    if (is_new && !is_there) made.push_back(read);
  };
  for (const FileToken& one : beside.named) {
    FileToken read = one;
    for (const FileToken& other : with_id) {
      if (other.token.content == one.token.content) read = other;
    }
    name(read);
  }
  for (const FileToken& one : beside.further) name(one);
  std::vector<AddedToken> tokens;
  for (const FileToken& read : made) {
    if (read.token.content.empty()) continue;
    tokens.push_back(read.token);
    if (!has_content(seen, read.token.content)) continue;
    tokens.back().special = true;
    if (!read.normalized_is_given) tokens.back().normalized = false;
  }
  return tokens;
}

/// Another text of three letters for every number below 125000.
std::string three_letters(int number) {
  std::string text;
  for (int i = 0; i < 3; ++i, number /= 50) text += static_cast<char>('A' + number % 50);
  return text;
}

}  // namespace

// The ids of these cases are those that transformers 4.57.6 gives for the same directories;
// tests/tools/tokenizer_parity.py compares random ones.

TEST_CASE("a token that one file beside tokenizer.json has gets the next free id", "[companions]") {
  CHECK(Directory({}).ids("a<x>b") == Ids{0, 5, 4, 6, 1});
  const std::map<std::string, json> file =
      GENERATE(as<std::map<std::string, json>>(),
               std::map<std::string, json>{
                   {"tokenizer_config.json", {{"added_tokens_decoder", {{"8", flags("<x>")}}}}}},
               std::map<std::string, json>{{"tokenizer_config.json", {{"pad_token", "<x>"}}}},
               std::map<std::string, json>{
                   {"special_tokens_map.json", {{"additional_special_tokens", {"<x>"}}}}},
               std::map<std::string, json>{
                   {"special_tokens_map.json", {{"eos_token", {{"content", "<x>"}}}}}},
               std::map<std::string, json>{{"added_tokens.json", {{"<x>", 8}}}});
  const Directory directory(file);
  CHECK(directory.ids("a<x>b") == Ids{0, 8, 1});
  const Tokenizer tokenizer = directory.open();
  CHECK(tokenizer.warnings().empty());
  CHECK(tokenizer.size() == 9);
  CHECK(tokenizer.token_of(8) == "<x>");
  CHECK(tokenizer.is_special(8) == !file.contains("added_tokens.json"));
  CHECK(tokenizer.decode(Ids{0, 8, 1}) == "a <x> b");
}

TEST_CASE("added_tokens.json marks as special what another file names", "[companions]") {
  const Directory directory({{"added_tokens.json", {{"<x>", 8}, {"<b>", 9}}},
                             {"special_tokens_map.json", {{"pad_token", "<b>"}}}});
  CHECK(directory.ids("<x><b>") == Ids{8, 9});
  CHECK_FALSE(directory.open().is_special(8));
  CHECK(directory.open().is_special(9));
}

TEST_CASE("ids follow those of added_tokens_decoder, then the names in their order",
          "[companions]") {
  const Directory directory(
      {{"tokenizer_config.json",
        {{"pad_token", "<p>"},
         {"eos_token", "<e>"},
         {"added_tokens_decoder", {{"30", flags("<y>")}, {"9", flags("<x>")}}},
         {"additional_special_tokens", {"<m>"}}}}});
  CHECK(directory.ids("<x><y><e><p><m>") == Ids{8, 9, 10, 11, 12});
  CHECK(
      directory.warnings() ==
      Lines{"tokenizer_config.json gives '<x>' the id 9, its id is 8 (and 1 more): tokenizer.json "
            "is followed, as in transformers"});
}

TEST_CASE("with added_tokens_decoder the other files add nothing", "[companions]") {
  const Directory directory(
      {{"tokenizer_config.json", {{"added_tokens_decoder", {{"7", flags("<s>")}}}}},
       {"special_tokens_map.json", {{"pad_token", "<x>"}}},
       {"added_tokens.json", {{"<x>", 8}}}});
  CHECK(directory.ids("a<x>b") == Ids{0, 5, 4, 6, 1});
}

TEST_CASE("a token of the vocabulary keeps its id and is found as a whole", "[companions]") {
  const Directory directory(
      {{"tokenizer_config.json",
        {{"added_tokens_decoder", {{"20", flags("bx")}, {"2", flags("ab")}}}}}});
  CHECK(directory.ids("abx") == Ids{2, 4});
  CHECK(directory.ids("bxab") == Ids{8, 2});
}

TEST_CASE("flags of the files beside tokenizer.json win, with a warning", "[companions]") {
  json wide = flags("<s>");
  wide["lstrip"] = true;
  const Directory directory({{"tokenizer_config.json", {{"added_tokens_decoder", {{"7", wide}}}}}});
  CHECK(Directory({}).ids("a <s>b") == Ids{0, 3, 7, 1});
  CHECK(directory.ids("a <s>b") == Ids{0, 7, 1});
  CHECK(directory.warnings() ==
        Lines{"tokenizer.json has other flags for '<s>' than the files beside it: those are "
              "followed, as in transformers"});
}

TEST_CASE("what is added is what a comparison with every token adds", "[companions]") {
  const auto seed = GENERATE(range(0U, 300U));
  CAPTURE(seed);
  std::mt19937_64 engine(seed);
  Companions beside;
  beside.has_decoder = engine() % 2 == 0;
  std::vector<AddedToken> own;
  for (int id = 0; id < 4; ++id) {
    if (engine() % 2 == 0) beside.by_id.insert_or_assign(id, random_token(engine, id));
    if (engine() % 2 == 0) own.push_back(random_token(engine, id + 2).token);
    if (engine() % 2 == 0) beside.named.push_back(random_token(engine, -1));
  }
  for (int i = 0; i < 8; ++i) beside.further.push_back(random_token(engine, -1));
  CHECK(token_texts(beside.additions(own)) == token_texts(additions_slowly(beside, own)));

  // One key for tokens that are equal, whatever their ids.
  for (const FileToken& one : beside.further) {
    for (const FileToken& other : beside.further) {
      AddedToken elsewhere = other.token;
      elsewhere.id = 5;
      CHECK((one.token.key() == elsewhere.key()) == one.token.equals(elsewhere));
    }
  }
}

TEST_CASE("a further token is read once, a text beside an object with the same flags",
          "[companions]") {
  const phiscope::test::TempDir dir;
  const auto write = [&](const std::string& name, const json& value) {
    phiscope::test::write_bytes(dir.path() / name, value.dump());
  };
  const json object{{"content", "<x>"}, {"normalized", true}};
  const json wide{{"content", "<x>"}, {"normalized", true}, {"lstrip", true}};
  const json list = json::array({"<x>", object, "<y>", wide, "<x>", object, "<y>"});
  write("tokenizer_config.json",
        {{"additional_special_tokens", list}, {"extra_special_tokens", list}});
  write("special_tokens_map.json", {{"additional_special_tokens", list}});
  const Companions beside = phiscope::extract::tokenizer::read_companions(dir.path());
  Lines found;
  for (const FileToken& read : beside.further) {
    found.push_back((read.has_flags ? "object " : "text ") + token_text(read.token));
  }
  // The objects of special_tokens_map.json are marked special, so they differ from the others.
  CHECK(found == Lines{"text '<x>' -1 normalized", "object '<x>' -1 normalized",
                       "text '<y>' -1 normalized", "object '<x>' -1 lstrip normalized",
                       "object '<x>' -1 normalized special",
                       "object '<x>' -1 lstrip normalized special"});
}

TEST_CASE("ids follow the largest so far, and flags are compared with the token's own",
          "[companions]") {
  json tokenizer = tokenizer_json();
  tokenizer["added_tokens"][0]["id"] = 9;
  tokenizer["post_processor"] = nullptr;
  json second = flags("<t>");
  second["id"] = 8;
  tokenizer["added_tokens"].push_back(second);
  const json list = json::array({"<x>", "ab", "<y>", "<s>", "<x>", "<z>"});
  const Directory directory({{"special_tokens_map.json", {{"additional_special_tokens", list}}}},
                            tokenizer);
  const Tokenizer opened = directory.open();
  CHECK(opened.id_of("<x>") == 10);
  CHECK(opened.id_of("ab") == 2);
  CHECK(opened.id_of("<y>") == 11);
  CHECK(opened.id_of("<s>") == 9);
  CHECK(opened.id_of("<z>") == 12);
  CHECK(opened.warnings().empty());
  json wide = flags("<t>");
  wide["lstrip"] = true;
  directory.write(
      "tokenizer_config.json",
      {{"added_tokens_decoder", {{"8", wide}, {"9", flags("<s>")}, {"10", flags("<x>")}}}});
  CHECK(directory.warnings() ==
        Lines{"tokenizer.json has other flags for '<t>' than the files beside it: those are "
              "followed, as in transformers"});
}

// Two cases whose work would take minutes if it grew as the square of the number of tokens.

TEST_CASE("hundreds of thousands of further tokens are read", "[companions]") {
  constexpr int distinct = 199'990;
  std::string list;
  for (int i = 0; i < 200'000; ++i) {
    list += (i == 0 ? "\"<" : ",\"<") + std::to_string(i % distinct) + ">\"";
  }
  const phiscope::test::TempDir dir;
  phiscope::test::write_bytes(dir.path() / "special_tokens_map.json",
                              "{\"additional_special_tokens\": [" + list + "]}");
  const Companions beside = phiscope::extract::tokenizer::read_companions(dir.path());
  REQUIRE(beside.further.size() == distinct);
  CHECK(beside.further.front().token.content == "<0>");
  CHECK(beside.further.back().token.content == "<199989>");
}

TEST_CASE("a hundred thousand tokens get ids one after another", "[companions]") {
  Companions beside;
  for (int i = 0; i < 100'000; ++i) {
    FileToken read;
    read.token.content = three_letters(i);
    read.token.id = -1;
    read.has_flags = true;
    beside.further.push_back(std::move(read));
  }
  const json root = tokenizer_json();
  const phiscope::extract::JsonFields fields(root, "tokenizer.json");
  const phiscope::extract::tokenizer::Vocabulary vocabulary(fields.object("model"));
  const phiscope::extract::tokenizer::Normalizer normalizer(fields);
  const phiscope::extract::tokenizer::AddedTokens added(fields, beside, vocabulary, normalizer);
  REQUIRE(added.tokens().size() == 100'001);
  int misplaced = 0;
  for (int i = 0; i < 100'000; ++i) {
    const AddedToken* token = added.find(8 + i);
    if (token == nullptr || token->content != three_letters(i)) ++misplaced;
  }
  CHECK(misplaced == 0);
}

TEST_CASE("a disagreement on what surrounds a text is a warning, and tokenizer.json is followed",
          "[companions]") {
  const auto warnings = [](const json& config) {
    const Directory directory({{"tokenizer_config.json", config}});
    CHECK(directory.open().encode("a", true).ids == Ids{7, 0});
    return directory.warnings();
  };
  const std::string file = "tokenizer_config.json: ";
  const std::string end = ": tokenizer.json is followed";
  CHECK(warnings({{"add_bos_token", true}, {"bos_token", "<s>"}}).empty());
  CHECK(warnings({{"add_eos_token", false}, {"eos_token", "<s>"}}).empty());
  CHECK(warnings({{"add_prefix_space", false}}).empty());
  CHECK(warnings({{"add_bos_token", false}, {"bos_token", "<s>"}}) ==
        Lines{file +
              "add_bos_token is false and bos_token '<s>', but tokenizer.json puts '<s>' "
              "before a text" +
              end});
  CHECK(warnings({{"add_bos_token", false}}) ==
        Lines{file + "add_bos_token is false, but tokenizer.json puts '<s>' before a text" + end});
  CHECK(warnings({{"bos_token", "ab"}}) ==
        Lines{file + "bos_token is 'ab', but tokenizer.json puts '<s>' before a text" + end});
  CHECK(warnings({{"add_eos_token", true}, {"eos_token", "<s>"}}) ==
        Lines{file +
              "add_eos_token is true and eos_token '<s>', but tokenizer.json puts nothing "
              "after a text" +
              end});
  CHECK(warnings({{"add_prefix_space", true}}) ==
        Lines{file + "add_prefix_space is true, but tokenizer.json puts no space before a text" +
              end});
  json spaced = tokenizer_json();
  spaced["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "x"}};
  CHECK(Directory({{"tokenizer_config.json", {{"add_prefix_space", false}}}}, spaced).warnings() ==
        Lines{file + "add_prefix_space is false, but tokenizer.json puts a space before a text" +
              end});
  spaced["pre_tokenizer"] = nullptr;
  spaced["normalizer"] = {{"type", "Prepend"}, {"prepend", "x"}};
  CHECK(Directory({{"tokenizer_config.json", {{"add_prefix_space", false}}}}, spaced)
            .warnings()
            .size() == 1);
}

TEST_CASE("two files with another BOS are a warning", "[companions]") {
  const Directory directory({{"tokenizer_config.json", {{"bos_token", "<s>"}}},
                             {"special_tokens_map.json", {{"bos_token", "ab"}}}});
  REQUIRE(!directory.warnings().empty());
  CHECK(directory.warnings().front() ==
        "bos_token is '<s>' in tokenizer_config.json and 'ab' in special_tokens_map.json: "
        "tokenizer.json is followed in what is put before and after a text");
}

TEST_CASE("broken files beside tokenizer.json are refused with file and field", "[companions]") {
  const auto refused = [](const std::string& name, const json& value, const std::string& message) {
    CHECK_THAT(Directory({{name, value}}).refusal(), Contains(name + ": " + message));
  };
  refused("tokenizer_config.json", json::array(), "the top of the JSON is []");
  refused("tokenizer_config.json", {{"bos_token", 5}}, "bos_token is 5, expected a text");
  refused("tokenizer_config.json", {{"bos_token", json::object()}}, "bos_token.content is missing");
  refused("tokenizer_config.json", {{"add_bos_token", "yes"}}, "add_bos_token is 'yes', expected");
  refused("tokenizer_config.json", {{"added_tokens_decoder", {{"x", flags("<x>")}}}},
          "added_tokens_decoder.x is an object, expected under a key that is a token id");
  refused("tokenizer_config.json", {{"added_tokens_decoder", {{"8", "<x>"}}}},
          "added_tokens_decoder.8 is '<x>', expected an object");
  refused("special_tokens_map.json", {{"additional_special_tokens", 1}},
          "additional_special_tokens is 1, expected a list");
  refused("added_tokens.json", {{"<x>", -1}}, "<x> is -1, expected a token id");
  refused("added_tokens.json", {{"<x>", 1U << 30U}}, "<x> is 1073741824, expected a token id");
  json holes = tokenizer_json();
  holes["model"]["vocab"]["x"] = 8;
  CHECK_THAT(Directory({{"added_tokens.json", {{"<x>", 9}}}}, holes).refusal(),
             Contains("token '<x>' of the files beside it gets the id 8") && Contains("holes"));
}

TEST_CASE("info, digests and warnings of a model know the files beside tokenizer.json",
          "[companions]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(),
                              phiscope::test::tiny_tensors());
  const auto write = [&](const std::string& name, const json& value) {
    phiscope::test::write_bytes(dir.path() / name, value.dump());
  };
  write("tokenizer.json", tokenizer_json());
  const auto plain = phiscope::extract::describe_model(dir.path(), false);
  CHECK(phiscope::extract::model_warnings(plain).empty());
  CHECK_FALSE(plain["tokenizer"].contains("warnings"));
  write("tokenizer_config.json", {{"add_bos_token", false}});
  write("special_tokens_map.json", {{"pad_token", "<x>"}});
  write("added_tokens.json", {{"<y>", 8}});
  const auto full = phiscope::extract::describe_model(dir.path(), false);
  CHECK(full["tokenizer"]["tokens"] == 10);
  CHECK(phiscope::extract::model_warnings(full).size() == 1);
  for (const char* name :
       {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    CHECK_FALSE(plain["digests"].contains(name));
    CHECK(full["digests"].contains(name));
  }
}
