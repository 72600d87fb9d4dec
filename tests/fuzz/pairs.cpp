// SPDX-License-Identifier: MIT
#include "files/pairs.hpp"

#include "target.hpp"

#include <set>

namespace phiscope::fuzz {
namespace {

void check_side(const extract::PairSide& side) {
  require(side.question.has_value() != side.input_ids.has_value(), "pairs: kind");
  require(extract::last_number(side.answer).has_value(), "pairs: no number");
  for (const auto& [name, span] : side.spans) {
    require(0 <= span[0] && span[0] < span[1], "pairs: a span");
  }
}

/// Same but for the answer, which may be written as a number in other digits ("1.50").
bool is_same(extract::PairSide a, const extract::PairSide& b) {
  if (extract::last_number(a.answer) != extract::last_number(b.answer)) return false;
  a.answer = b.answer;
  return a == b;
}

void check(const extract::QuestionPairs& read) {
  std::set<std::string> ids;
  for (const extract::QuestionPair& pair : read.pairs) {
    require(ids.insert(pair.id).second, "pairs: an id twice");
    check_side(pair.clean);
    check_side(pair.corrupted);
  }
  for (const extract::DroppedPair& pair : read.dropped) {
    require(ids.insert(pair.id).second, "pairs: a dropped id twice");
  }
  if (read.pairs.empty()) return;
  const std::string text = pairs_text(read.pairs);
  const auto again = read_again([&] { return extract::parse_pairs(text, "p.json", false); });
  require(again.pairs.size() == read.pairs.size(), "pairs: another number");
  for (std::size_t i = 0; i < read.pairs.size(); ++i) {
    const extract::QuestionPair& a = read.pairs[i];
    const extract::QuestionPair& b = again.pairs[i];
    require(a.id == b.id && a.id_is_text == b.id_is_text && is_same(a.clean, b.clean) &&
                is_same(a.corrupted, b.corrupted),
            "pairs: do not come back");
  }
  require(pairs_text(again.pairs) == text, "pairs: written twice they differ");
}

}  // namespace

bool try_pairs(std::string_view input) {
  const auto accepts = [&](bool skip_bad) {
    return accept_or_refuse("p.json",
                            [&] { check(extract::parse_pairs(input, "p.json", skip_bad)); });
  };
  const bool whole = accepts(false);
  const bool some = accepts(true);
  require(some || !whole, "pairs: accepts less where bad pairs are left out");
  const bool raw =
      accept_or_refuse("p.json", [&] { check(extract::prepare_pairs(input, "p.json")); });
  return some || raw;
}

}  // namespace phiscope::fuzz
