// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::judge {

/// What a server sent.
struct Response {
  long status = 0;  ///< of HTTP
  std::string body;
  std::optional<std::string> retry_after;  ///< the header, as it is
};

/// What a response means.
enum class Outcome {
  verdict,
  missing,  ///< an answer without a verdict; asking again would cost as much
  failed,   ///< no answer, for a reason that may pass by another day
  retry,    ///< no answer, for a reason that passes
  fatal,    ///< no request will be answered
};

struct Reply {
  Outcome outcome = Outcome::missing;
  bool distinct = false;  ///< of a verdict
  std::string why{};      ///< the judge's reason; else a word ("cut_off", "http_404"), or, where
                          ///< fatal, a sentence
  std::string model{};    ///< served, as the server says
  std::string provider{};
  std::string id{};
  nlohmann::ordered_json usage{};  ///< null if the server says nothing
};

/// Reads a response of an OpenAI-compatible chat endpoint. Never a verdict without a JSON object
/// that has a Boolean `distinct`: the last one of the content, plain, fenced or after a <think>
/// block. An `error` inside a 200 is treated by its code.
[[nodiscard]] Reply read_reply(const Response& response);

/// Seconds to wait by a Retry-After header, a number or a date, from `now` (seconds since 1970) on;
/// nothing if it is neither.
[[nodiscard]] std::optional<double> retry_after_seconds(const std::string& header, long now);

}  // namespace phiscope::judge
