// SPDX-License-Identifier: MIT
#include "files/pairs.hpp"

#include "files/json_entries.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;
using shard::FormatError;

namespace {

struct Id {
  std::string text;
  bool is_text = false;
};
Id id_of(const JsonFields& fields) {
  const json& id = fields.at("pair_id", "a string or an integer");
  if (id.is_number_integer()) return {.text = id.dump()};
  if (!id.is_string()) fields.refuse("pair_id", "a string or an integer");
  return {.text = id.get<std::string>(), .is_text = true};
}

std::string answer_of(const JsonFields& fields) {
  constexpr std::string_view expected = "a number, or a text or list with one";
  const auto answer = answer_text(fields.at("answer", expected));
  if (!answer) fields.refuse("answer", expected);
  return *answer;
}

std::map<std::string, std::array<int, 2>> spans_of(const JsonFields& fields) {
  std::map<std::string, std::array<int, 2>> spans;
  if (!fields.has("spans")) return spans;
  const JsonFields named = fields.object("spans");
  for (const auto& [name, value] : named.value().items()) {
    const auto is_place = [](const json& number) {
      return number.is_number_unsigned() && number.get<std::uint64_t>() <= 0x7FFFFFFFU;
    };
    const bool pair = value.is_array() && value.size() == 2 && is_place(value[0]) &&
                      is_place(value[1]) && value[0] < value[1];
    if (!pair) named.refuse(name, "[begin, end] of integers, 0 <= begin < end");
    spans[name] = {value[0].get<int>(), value[1].get<int>()};
  }
  return spans;
}

PairSide side_of(const JsonFields& fields) {
  PairSide side;
  if (fields.has("question") == fields.has("input_ids")) {
    fields.refuse("question", "a question, or else input_ids");
  }
  if (fields.has("question")) {
    side.question = fields.text("question");
  } else {
    std::vector<int>& ids = side.input_ids.emplace();
    for (const json& id : fields.array("input_ids")) {
      if (!id.is_number_unsigned() || id.get<std::uint64_t>() > 0x7FFFFFFFU) {
        fields.refuse("input_ids", "a list of token ids (integers >= 0), at least one");
      }
      ids.push_back(id.get<int>());
    }
    if (ids.empty()) fields.refuse("input_ids", "a list of token ids, at least one");
  }
  side.answer = answer_of(fields);
  if (fields.has("reasoning_steps")) {
    side.steps = static_cast<int>(fields.integer("reasoning_steps", {.least = 0}));
  }
  side.spans = spans_of(fields);
  return side;
}

/// Objects by their pair, each pair once. @throws FormatError for an id that two objects share
void expect_new(const fs::path& file, std::map<std::string, int>& seen, const std::string& id) {
  if (seen.emplace(id, 0).second) return;
  throw FormatError(file, "pair_id " + id + " occurs twice, expected each once");
}

void check_number(const fs::path& file, const std::string& id, const PairSide& side,
                  const char* half) {
  if (last_number(side.answer)) return;
  throw FormatError(file, "pair " + id + ": the answer of its " + half + " half is " +
                              shard::quote_bytes(side.answer, 40) + ", expected a number in it");
}

/// Ids in ascending order: numbers as such, before texts.
bool comes_before(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& id) {
    long value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    return std::pair(error != std::errc{} || end != id.data() + id.size(), value);
  };
  const auto first = number(a);
  const auto second = number(b);
  return first != second ? first < second : a < b;
}

nlohmann::ordered_json described(const PairSide& side) {
  nlohmann::ordered_json object;
  if (side.question) object["question"] = *side.question;
  if (side.input_ids) object["input_ids"] = *side.input_ids;
  object["answer"] = number_or_text(side.answer);
  if (side.steps) object["reasoning_steps"] = *side.steps;
  if (!side.spans.empty()) object["spans"] = side.spans;
  return object;
}

}  // namespace

nlohmann::ordered_json pair_id(const std::string& id, bool is_text) {
  return is_text ? nlohmann::ordered_json(id) : nlohmann::ordered_json::parse(id);
}

nlohmann::ordered_json number_or_text(const std::string& text) {
  // last_number() finds 3 in "1e3", as the published pattern does.
  if (text.find_first_of("eE") != std::string::npos) return text;
  const auto number = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  // A number that does not fit an integer would be written with an exponent.
  const bool is_plain =
      number.is_number() && number.dump().find_first_of("eE") == std::string::npos;
  return is_plain ? number : nlohmann::ordered_json(text);
}

std::optional<double> last_number(std::string_view text) {
  std::string plain;
  std::ranges::copy_if(text, std::back_inserter(plain), [](char c) { return c != ','; });
  const auto is_digit = [&](std::size_t i) {
    return i < plain.size() && std::isdigit(static_cast<unsigned char>(plain[i])) != 0;
  };
  std::optional<double> last;
  for (std::size_t i = 0; i < plain.size();) {
    if (!is_digit(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i > 0 && plain[i - 1] == '-' ? i - 1 : i;
    while (is_digit(i)) ++i;
    if (i < plain.size() && plain[i] == '.') {
      ++i;
      while (is_digit(i)) ++i;
    }
    double value = 0.0;
    std::from_chars(plain.data() + begin, plain.data() + i, value);
    last = value;
  }
  return last;
}

QuestionPairs read_pairs(const fs::path& file, bool skip_bad) {
  return parse_pairs(shard::MappedFile(file).text(), file, skip_bad);
}

QuestionPairs parse_pairs(std::string_view text, const fs::path& file, bool skip_bad) {
  QuestionPairs read;
  std::map<std::string, int> seen;
  std::size_t number = 0;
  for (const JsonEntry& one : json_entries(text, file, "pair")) {
    const json& object = one.value;
    const JsonFields entry(object, file, "entry " + std::to_string(number++));
    const auto [id, is_text] = id_of(entry);
    expect_new(file, seen, id);
    const JsonFields fields(object, file, "pair " + id);
    if (skip_bad && !(fields.has("clean") && fields.has("corrupted"))) {
      read.dropped.push_back({id, "half_missing", is_text});
      continue;
    }
    QuestionPair pair{.id = id,
                      .clean = side_of(fields.object("clean")),
                      .corrupted = side_of(fields.object("corrupted")),
                      .id_is_text = is_text};
    const bool numbers = last_number(pair.clean.answer) && last_number(pair.corrupted.answer);
    if (!numbers && skip_bad) {
      read.dropped.push_back({id, "no_number", is_text});
      continue;
    }
    check_number(file, id, pair.clean, "clean");
    check_number(file, id, pair.corrupted, "corrupted");
    read.pairs.push_back(std::move(pair));
  }
  if (read.pairs.empty()) throw FormatError(file, "no usable pair, expected at least one");
  return read;
}

QuestionPairs prepare_pairs(const fs::path& raw) {
  return prepare_pairs(shard::MappedFile(raw).text(), raw);
}

QuestionPairs prepare_pairs(std::string_view text, const fs::path& raw) {
  struct Halves {
    std::optional<PairSide> clean;
    std::optional<PairSide> corrupted;
    bool id_is_text = false;
  };
  std::map<std::string, Halves, decltype(&comes_before)> by_id(&comes_before);
  for (const JsonEntry& one : json_entries(text, raw, "pair")) {
    const json& object = one.value;
    const JsonFields fields(object, raw);
    const auto [id, is_text] = id_of(fields);
    const std::string variant = fields.text("variant");
    if (variant != "clean" && variant != "corrupted") {
      throw FormatError(raw, "pair " + id + ": variant is " + shard::quote_bytes(variant, 40) +
                                 R"(, expected "clean" or "corrupted")");
    }
    Halves& halves = by_id[id];
    halves.id_is_text = halves.id_is_text || is_text;
    std::optional<PairSide>& side = variant == "clean" ? halves.clean : halves.corrupted;
    if (side) {
      throw FormatError(raw, "pair " + id + ": its " +
                                 (variant == "clean" ? "clean" : "corrupted") +
                                 " half occurs twice, expected once");
    }
    side = side_of(JsonFields(object, raw, "pair " + id));
    check_number(raw, id, *side, variant.c_str());
  }
  QuestionPairs made;
  for (auto& [id, halves] : by_id) {
    if (!halves.clean || !halves.corrupted) {
      throw FormatError(raw, "pair " + id + ": its " + (halves.clean ? "corrupted" : "clean") +
                                 " half is missing, expected both");
    }
    if (last_number(halves.clean->answer) == last_number(halves.corrupted->answer)) {
      made.dropped.push_back({id, "equal_answers", halves.id_is_text});
      continue;
    }
    made.pairs.push_back({.id = id,
                          .clean = std::move(*halves.clean),
                          .corrupted = std::move(*halves.corrupted),
                          .id_is_text = halves.id_is_text});
  }
  return made;
}

std::string pairs_text(const std::vector<QuestionPair>& pairs) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const QuestionPair& pair : pairs) {
    list.push_back({{"pair_id", pair_id(pair.id, pair.id_is_text)},
                    {"clean", described(pair.clean)},
                    {"corrupted", described(pair.corrupted)}});
  }
  return list.dump(1) + "\n";
}

}  // namespace phiscope::extract
