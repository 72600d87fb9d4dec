// SPDX-License-Identifier: MIT
#pragma once

#include "judge/reply.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::judge {

/// One line of judgements.jsonl: {"id", "request", "status": "ok" | "missing", "distinct": a
/// Boolean or null, "reason", "asked_model", "model", "provider", "response", "usage"}.
struct Judgement {
  std::string id;       ///< of the request
  std::string request;  ///< its hash
  bool is_verdict = false;
  bool distinct = false;  ///< of a verdict
  bool answered = false;  ///< the server answered, with a verdict or not: asking again costs again
  std::string reason;     ///< the judge's, or why the verdict is missing
  std::string asked_model;
  std::string model;
  std::string provider;
  std::string response;  ///< the server's id of it
  nlohmann::ordered_json usage;
};

/// The line without its end.
[[nodiscard]] std::string judgement_line(const Judgement& judgement);

/// The lines of a file, in order; none where there is no file.
/// @param may_be_cut  the last line may be incomplete, and is then left out
/// @throws shard::FormatError naming line and member
[[nodiscard]] std::vector<Judgement> read_judgements(const std::filesystem::path& file,
                                                     bool may_be_cut);

/// As read_judgements(), of the text of the file.
[[nodiscard]] std::vector<Judgement> parse_judgements(std::string_view text,
                                                      const std::filesystem::path& file,
                                                      bool may_be_cut);

}  // namespace phiscope::judge
