// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace phiscope::judge {

/// How the server is asked for JSON.
enum class ResponseFormat {
  schema,  ///< json_schema, strict, and only of providers that keep to it
  object,  ///< any JSON object
  none,    ///< not at all
};

/// What the program `judge` is asked for.
struct Options {
  std::filesystem::path requests;    ///< judge_requests.jsonl
  std::filesystem::path judgements;  ///< judgements.jsonl; empty: beside the requests
  std::string model;
  std::string url = "https://openrouter.ai/api/v1/chat/completions";
  ResponseFormat format = ResponseFormat::schema;
  std::size_t max_tokens = 8192;
  std::size_t limit = 0;             ///< requests sent at most; 0: all
  std::size_t concurrency = 4;       ///< requests under way at most
  std::size_t timeout_s = 600;       ///< of a request in all, and of a wait before another try
  std::size_t idle_timeout_s = 120;  ///< without a byte
  std::size_t backoff_ms = 1000;     ///< before the second try, doubled for each further one
  bool no_key = false;               ///< send no key, and ask for none
  bool offline = false;              ///< send nothing
  bool retry_missing = false;        ///< ask again where an answer held no verdict
};

}  // namespace phiscope::judge
