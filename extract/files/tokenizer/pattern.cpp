// SPDX-License-Identifier: MIT
#include "files/tokenizer/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <array>
#include <pcre2.h>
#include <utility>

namespace phiscope::extract::tokenizer {

using shard::FormatError;
using shard::quote_bytes;

namespace {

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view expression,
                         const std::string& why) {
  throw FormatError(file, "pattern " + quote_bytes(expression, 200) + ": " + why);
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Refuses what Oniguruma (whose syntax tokenizer.json uses) and PCRE2 read differently.
void check_syntax(std::string_view expression, const std::filesystem::path& file) {
  const auto unsupported = [&](std::string_view part) {
    refuse(file, expression, "`" + std::string(part) + "` is not supported in a pattern");
  };
  constexpr std::string_view escapes = "sSdDrntpPx";
  constexpr std::array<std::string_view, 7> groups{"(?:",  "(?i:", "(?=", "(?!",
                                                   "(?<=", "(?<!", "(?>"};
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const std::string_view rest = expression.substr(i);
    const char c = expression[i];
    if (c == '\\' && rest.size() > 1) {
      if (is_alphanumeric(rest[1]) && escapes.find(rest[1]) == std::string_view::npos) {
        unsupported(rest.substr(0, 2));
      }
      ++i;
      if (rest.substr(2).starts_with('{')) i = std::min(expression.find('}', i), expression.size());
    } else if (in_class) {
      if (c == '[' || rest.starts_with("&&")) unsupported(c == '[' ? "[ inside [...]" : "&&");
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      const std::size_t negated = rest.starts_with("[^") ? 1 : 0;
      if (rest.substr(1 + negated).starts_with(']')) unsupported("[]...]");
      i += negated;
    } else if (c == '^' || c == '$') {
      unsupported(rest.substr(0, 1));
    } else if (rest.starts_with("(?")) {
      bool known = false;
      for (const std::string_view group : groups) known = known || rest.starts_with(group);
      if (!known) unsupported(rest.substr(0, 3));
    } else if (rest.starts_with("(*") || rest.starts_with("}+")) {
      unsupported(rest.substr(0, 2));
    }
  }
}

/// What one thread needs to match: memory for the result and a stack that can grow for long
/// matches.
struct Scratch {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack =
      pcre2_jit_stack_create(std::size_t{32} << 10U, std::size_t{16} << 20U, nullptr);
  Scratch() {
    if (data == nullptr || context == nullptr || stack == nullptr) throw std::bad_alloc();
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
};

/// PCRE2 counts U+180E as white space, Oniguruma does not (Unicode took the property away in 6.3).
/// U+2060 is like it in all that patterns ask for, and as long in UTF-8.
std::string without_180e(std::string_view text) {
  std::string changed(text);
  for (std::size_t at = 0; (at = changed.find("\u180e", at)) != std::string::npos;) {
    changed.replace(at, 3, "\u2060");
  }
  return changed;
}

}  // namespace

void Pattern::Free::operator()(void* code) const noexcept {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

Pattern::Pattern(std::string_view expression, const std::filesystem::path& file)
    : expression_(expression), file_(file) {
  check_syntax(expression, file);
  int error = 0;
  PCRE2_SIZE at = 0;
  auto* const code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr);
  if (code == nullptr) {
    refuse(file, expression, "invalid at offset " + std::to_string(at) + ": " + message_of(error));
  }
  code_.reset(code);
  // Where the system forbids generated code, PCRE2 interprets the pattern: slower, with equal
  // results.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  names_space_ = expression.find("\\s") != std::string_view::npos ||
                 expression.find("\\S") != std::string_view::npos;
}

Pattern Pattern::literal(std::string_view text, const std::filesystem::path& file) {
  std::string expression;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !is_alphanumeric(c)) expression += '\\';
    expression += c;
  }
  return {expression, file};
}

std::vector<Range> Pattern::matches(std::string_view text) const {
  static thread_local Scratch scratch;
  const auto* const code = static_cast<const pcre2_code*>(code_.get());
  std::string changed;
  std::string_view subject = text;
  if (names_space_ && text.find("\u180e") != std::string_view::npos) {
    changed = without_180e(text);
    subject = changed;
  }
  std::vector<Range> found;
  for (std::size_t at = 0; at < subject.size();) {
    const int result =
        pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), at,
                    PCRE2_NO_UTF_CHECK, scratch.data, scratch.context);
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) refuse(file_, expression_, message_of(result));
    const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(scratch.data);
    const Range match{ends[0], ends[1]};
    if (match.begin >= match.end) {
      at = character_end(subject, match.begin + 1);
      continue;
    }
    found.push_back(match);
    at = match.end;
  }
  return found;
}

}  // namespace phiscope::extract::tokenizer
