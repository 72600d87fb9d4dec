// SPDX-License-Identifier: MIT
#include "judge/reply.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/decimal.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>

namespace phiscope::judge {
namespace {

using Json = nlohmann::ordered_json;

std::optional<Json> parsed(std::string_view text) {
  try {
    return shard::parse_ordered_json(text, "reply");
  } catch (const shard::FormatError&) {
    return std::nullopt;
  }
}

/// The member, or null where there is none or `value` is no object.
const Json& member(const Json& value, const char* name) {
  static const Json null;
  if (!value.is_object()) return null;
  const auto found = value.find(name);
  return found == value.end() ? null : *found;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

Reply without_verdict(Outcome outcome, std::string why) {
  return {.outcome = outcome, .why = std::move(why)};
}

/// By a status of HTTP, or the code of an error inside a 200.
Reply read_error(long code, const Json& error, bool has_retry_after) {
  const std::string message = text_of(member(error, "message"));
  const std::string said = message.empty() ? "" : ": " + message;
  switch (code) {
    case 400:
      if (message.find("response_format") != std::string::npos) {
        return without_verdict(Outcome::fatal, "the server refuses response_format (400" + said +
                                                   "): try --response-format object, or none");
      }
      break;
    case 401:
      return without_verdict(Outcome::fatal, "the server refuses the key (401" + said + ")");
    case 402:
      if (has_retry_after) return without_verdict(Outcome::retry, "http_402");
      return without_verdict(Outcome::fatal, "the account has no credit left (402" + said + ")");
    case 403: {
      const Json& metadata = member(error, "metadata");
      const bool moderated = metadata.contains("reasons") || metadata.contains("flagged_input") ||
                             message.find("moderation") != std::string::npos ||
                             message.find("flagged") != std::string::npos;
      return moderated ? without_verdict(Outcome::missing, "moderated")
                       : without_verdict(Outcome::failed, "http_403");
    }
    default:
      break;
  }
  const bool passes = code == 408 || code == 429 || (code >= 500 && code < 600);
  const std::string name = code > 0 ? "http_" + std::to_string(code) : "provider_error";
  return without_verdict(passes ? Outcome::retry : Outcome::failed, name);
}

/// The code of an error, a number or a text of digits; 0 without one.
long error_code(const Json& error) {
  const Json& code = member(error, "code");
  if (code.is_number_integer()) return code.get<long>();
  const std::string text = text_of(code);
  long number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  return end == text.data() + text.size() ? number : 0;
}

/// A content as one text: a string, or a list of parts with texts. Nothing for anything else.
std::optional<std::string> content_text(const Json& content) {
  if (content.is_null()) return std::string();
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return std::nullopt;
  std::string all;
  for (const Json& part : content) all += text_of(member(part, "text"));
  return all;
}

/// Without <think>...</think>; one that is not closed has no answer after it.
std::string without_thoughts(std::string text) {
  constexpr std::string_view open = "<think>";
  constexpr std::string_view close = "</think>";
  for (std::size_t begin = text.find(open); begin != std::string::npos; begin = text.find(open)) {
    const std::size_t end = text.find(close, begin);
    if (end == std::string::npos) return text.substr(0, begin);
    text.erase(begin, end + close.size() - begin);
  }
  const std::size_t end = text.rfind(close);  // the opening tag may be part of the prompt
  return end == std::string::npos ? text : text.substr(end + close.size());
}

/// Where the object that begins at `open` ends, by counting braces outside of strings; npos if it
/// does not.
std::size_t object_end(std::string_view text, std::size_t open) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = open; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

/// The last JSON object with a Boolean `distinct`; an object inside another one's text is none.
/// Only the end is looked at: a megabyte of braces would take hours.
std::optional<Json> last_verdict(std::string_view text) {
  constexpr std::size_t looked_at = 16384;
  if (text.size() > looked_at) text.remove_prefix(text.size() - looked_at);
  std::optional<Json> last;
  std::size_t at = text.find('{');
  while (at != std::string_view::npos) {
    const std::size_t end = object_end(text, at);
    std::optional<Json> object;
    if (end != std::string_view::npos) object = parsed(text.substr(at, end - at));
    const bool is_verdict = object && member(*object, "distinct").is_boolean();
    if (is_verdict) last = std::move(object);
    at = text.find('{', is_verdict ? end : at + 1);
  }
  return last;
}

Reply read_choice(const Json& choice) {
  const std::string finish = text_of(member(choice, "finish_reason"));
  const Json& error = member(choice, "error");
  if (!error.is_null() || finish == "error") return read_error(error_code(error), error, false);
  const Json& message = member(choice, "message");
  if (finish == "content_filter" || !text_of(member(message, "refusal")).empty()) {
    return without_verdict(Outcome::missing, "refused");
  }
  const auto content = content_text(member(message, "content"));
  if (!content) return without_verdict(Outcome::missing, "bad_content");
  const std::string answer = without_thoughts(*content);
  if (const auto verdict = last_verdict(answer)) {
    return {.outcome = Outcome::verdict,
            .distinct = verdict->at("distinct").get<bool>(),
            .why = text_of(member(*verdict, "reason"))};
  }
  if (finish == "length") return without_verdict(Outcome::missing, "cut_off");
  const bool is_empty = answer.find_first_not_of(" \t\r\n") == std::string::npos;
  return without_verdict(Outcome::missing, is_empty ? "empty_content" : "no_verdict");
}

}  // namespace

Reply read_reply(const Response& response) {
  const std::optional<Json> body = parsed(response.body);
  static const Json null;
  const Json& top = body ? *body : null;
  const Json& error = member(top, "error");
  if (response.status != 200) {
    return read_error(response.status, error, response.retry_after.has_value());
  }
  if (response.body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return without_verdict(Outcome::failed, "empty");
  }
  if (!body) return without_verdict(Outcome::failed, "not_json");
  Reply reply;
  if (!error.is_null()) {
    reply = read_error(error_code(error), error, response.retry_after.has_value());
  } else if (const Json& choices = member(top, "choices"); choices.is_array() && !choices.empty()) {
    reply = read_choice(choices.front());
  } else {
    reply = without_verdict(Outcome::failed, "no_choices");
  }
  reply.model = text_of(member(top, "model"));
  reply.provider = text_of(member(top, "provider"));
  reply.id = text_of(member(top, "id"));
  reply.usage = member(top, "usage");
  return reply;
}

std::optional<double> retry_after_seconds(const std::string& header, long now) {
  const bool is_plain = header.find_first_not_of("0123456789.") == std::string::npos;
  if (const auto seconds = shard::decimal(header); is_plain && seconds) return seconds;
  const time_t date = curl_getdate(header.c_str(), nullptr);
  if (date < 0 || header.find(':') == std::string::npos) return std::nullopt;
  return std::max(0.0, static_cast<double>(date) - static_cast<double>(now));
}

}  // namespace phiscope::judge
