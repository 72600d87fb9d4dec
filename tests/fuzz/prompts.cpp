// SPDX-License-Identifier: MIT
#include "files/prompts.hpp"

#include "target.hpp"

#include <set>

namespace phiscope::fuzz {
namespace {

std::string written(const std::vector<extract::Prompt>& prompts) {
  std::string text;
  for (const extract::Prompt& prompt : prompts) {
    nlohmann::json line{{"id", prompt.id}, {"meta", prompt.meta}};
    if (prompt.input_ids) line["input_ids"] = *prompt.input_ids;
    if (prompt.text) line[prompt.answer ? "question" : "text"] = *prompt.text;
    if (prompt.answer) line["answer"] = *prompt.answer;
    text += line.dump() + "\n";
  }
  return text;
}

}  // namespace

bool try_prompts(std::string_view input) {
  return accept_or_refuse("p.jsonl", [&] {
    const auto prompts = extract::parse_prompts(input, "p.jsonl");
    require(!prompts.empty(), "prompts: none");
    std::set<std::string> ids;
    for (const extract::Prompt& prompt : prompts) {
      require(ids.insert(prompt.id).second, "prompts: an id twice");
      require(prompt.text.has_value() != prompt.input_ids.has_value(), "prompts: kind");
      require(!prompt.input_ids || !prompt.input_ids->empty(), "prompts: no ids");
      require(!prompt.answer || prompt.text, "prompts: an answer to nothing");
    }
    const std::string text = written(prompts);
    const auto again = read_again([&] { return extract::parse_prompts(text, "p.jsonl"); });
    require(again.size() == prompts.size(), "prompts: another number");
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      const extract::Prompt& a = prompts[i];
      const extract::Prompt& b = again[i];
      require(a.id == b.id && a.text == b.text && a.answer == b.answer &&
                  a.input_ids == b.input_ids && a.meta == b.meta,
              "prompts: do not come back");
    }
  });
}

}  // namespace phiscope::fuzz
