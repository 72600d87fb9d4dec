// SPDX-License-Identifier: MIT
#pragma once

#include "judge/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::judge {

/// A question for the judge: are two solutions of a problem distinct?
struct Request {
  std::string id;
  std::string problem;
  std::string first;
  std::string second;
};

/// The lines of judge_requests.jsonl: {"id", "problem", "first", "second"}, all texts; a "meta" of
/// any kind is passed over.
/// @throws shard::FormatError naming the line: no object, a member too many, missing or of another
///         type, an empty or repeated id
[[nodiscard]] std::vector<Request> read_requests(const std::filesystem::path& file);

/// The body that is sent, JSON: a function of the request, the model, the format and the limit of
/// tokens alone.
[[nodiscard]] std::string request_body(const Request& request, const Options& options);

/// What a verdict is cached by: SHA-256 of the body.
[[nodiscard]] std::string request_hash(const std::string& body);

}  // namespace phiscope::judge
