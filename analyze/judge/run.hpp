// SPDX-License-Identifier: MIT
#pragma once

#include "judge/key.hpp"
#include "judge/options.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace phiscope::judge {

/// What became of the requests.
struct Summary {
  std::size_t requests = 0;  ///< in the file
  std::size_t sent = 0;      ///< to the server, tries again included
  std::size_t cached = 0;    ///< answered before
  std::size_t verdicts = 0;
  std::map<std::string, std::size_t> missing;  ///< by reason
  std::size_t not_asked = 0;                   ///< offline, or beyond --limit
};

/// Answers the requests and writes the judgements, in the order of the requests; those of other
/// requests that the file holds come after them. An answer is on disk as soon as it has arrived
/// (FILE.journal), so that a run that ends early pays nothing twice.
/// @throws std::runtime_error where no request can be answered (key, credit); what has been
///         answered is written before
[[nodiscard]] Summary run(const Options& options, const Key& key);

/// One line of JSON.
[[nodiscard]] std::string summary_line(const Summary& summary, const Options& options);

}  // namespace phiscope::judge
