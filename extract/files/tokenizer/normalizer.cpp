// SPDX-License-Identifier: MIT
#include "files/tokenizer/normalizer.hpp"

#include "files/tokenizer/component.hpp"
#include "files/tokenizer/length_limit.hpp"

#include <algorithm>

namespace phiscope::extract::tokenizer {

namespace {

void read_steps(const JsonFields& fields, std::vector<NormalizerStep>& steps) {
  const std::string type = fields.text("type");
  if (type == "Sequence") {
    expect_only(fields, {"type", "normalizers"});
    for_each_component(fields, "normalizers",
                       [&steps](const JsonFields& inner) { read_steps(inner, steps); });
  } else if (type == "NFC") {
    expect_only(fields, {"type"});
    steps.emplace_back(Nfc{});
  } else if (type == "Prepend") {
    expect_only(fields, {"type", "prepend"});
    steps.emplace_back(Prepend{fields.text("prepend")});
  } else if (type == "Replace") {
    expect_only(fields, {"type", "pattern", "content"});
    steps.emplace_back(ReplaceText{literal_pattern(fields), fields.text("content")});
  } else {
    fields.refuse("type", "a supported normalizer: NFC, Prepend, Replace, Sequence");
  }
}

void apply_step(const Nfc& /*step*/, AlignedText& text, const LengthLimit& /*limit*/) {
  compose_canonically(text);
}

void apply_step(const Prepend& step, AlignedText& text, const LengthLimit& /*limit*/) {
  if (text.bytes.empty()) return;
  text.make_sources();
  const Range first = text.sources.front();
  text.bytes.insert(0, step.text);
  text.sources.insert(text.sources.begin(), step.text.size(), first);
}

void apply_step(const ReplaceText& step, AlignedText& text, const LengthLimit& limit) {
  std::size_t match = text.bytes.find(step.from);
  if (match == std::string::npos) return;
  text.make_sources();
  AlignedText out;
  std::size_t done = 0;
  const auto copy_to = [&](std::size_t end) {
    out.bytes.append(text.bytes, done, end - done);
    out.sources.insert(out.sources.end(), text.sources.begin() + static_cast<std::ptrdiff_t>(done),
                       text.sources.begin() + static_cast<std::ptrdiff_t>(end));
  };
  while (match != std::string::npos) {
    copy_to(match);
    done = match + step.from.size();
    limit.check(out.bytes.size() + step.to.size());  // one step alone may make terabytes
    out.bytes += step.to;
    out.sources.resize(out.bytes.size(), text.sources[done - 1]);
    match = text.bytes.find(step.from, done);
  }
  copy_to(text.bytes.size());
  text = std::move(out);
}

}  // namespace

Normalizer::Normalizer(const JsonFields& root) {
  if (root.has("normalizer")) read_steps(root.object("normalizer"), steps_);
}

void Normalizer::apply(AlignedText& text) const {
  const LengthLimit limit("normalizer", text.bytes.size());
  for (const NormalizerStep& step : steps_) {
    std::visit([&](const auto& one) { apply_step(one, text, limit); }, step);
    limit.check(text.bytes.size());
  }
}

bool Normalizer::prepends() const {
  return std::ranges::any_of(
      steps_, [](const NormalizerStep& step) { return std::holds_alternative<Prepend>(step); });
}

std::string Normalizer::applied(std::string_view text) const {
  AlignedText aligned{.bytes = std::string(text)};
  apply(aligned);
  return aligned.bytes;
}

}  // namespace phiscope::extract::tokenizer
