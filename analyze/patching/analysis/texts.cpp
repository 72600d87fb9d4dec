// SPDX-License-Identifier: MIT
#include "patching/analysis/texts.hpp"

#include "shard/file/format_error.hpp"

#include <map>
#include <string>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using shard::FormatError;

/// What runs said, by pair and site; unpatched runs by a site of their own layer.
using Texts = std::map<std::pair<std::size_t, Site>, std::string>;

/// The site of a key without read-out: pair, mode, set, layer, (head,) step.
std::pair<std::size_t, Site> place_of_text(const std::vector<std::int64_t>& key,
                                           const Patching& patching,
                                           const std::filesystem::path& where) {
  const std::size_t head = patching.has_heads ? 1 : 0;
  const bool fits = key.size() == 5 + head && key[0] >= 0 && key[0] < std::ssize(patching.pairs) &&
                    key[1] >= 0 && key[1] < std::ssize(patching.modes) && key[2] >= 0 &&
                    key[2] < std::ssize(patching.sets);
  if (!fits) throw FormatError(where, "key is of no run, expected one of this run directory");
  return {static_cast<std::size_t>(key[0]),
          {.mode = static_cast<std::size_t>(key[1]),
           .set = static_cast<std::size_t>(key[2]),
           .layer = key[3],
           .head = head == 1 ? key[4] : 0,
           .step = key[4 + head]}};
}

}  // namespace

void read_texts(const std::filesystem::path& run, Patching& patching) {
  Texts texts;
  const bool known =
      shard::read_texts(run, [&](const std::filesystem::path& where,
                                 const std::vector<std::int64_t>& key, const std::string& text) {
        if (texts.emplace(place_of_text(key, patching, where), text).second) return;
        throw FormatError(where, "found the key of an earlier line, expected each once");
      });
  if (!known) return;
  const auto said = [&](std::size_t pair, const Site& site) -> std::optional<std::string> {
    const auto found = texts.find({pair, site});
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  };
  for (std::size_t pair = 0; pair < patching.pairs.size(); ++pair) {
    PairRows& rows = patching.rows[pair];
    rows.generated.unpatched = said(pair, {.layer = -1});
    rows.generated.clean = said(pair, {.layer = -2});
    rows.greedy.assign(patching.sites.size(), std::nullopt);
    if (!rows.generated.unpatched) continue;
    const std::optional<double> clean = answer_number(patching.pairs[pair].clean);
    for (std::size_t site = 0; site < patching.sites.size(); ++site) {
      const auto text = said(pair, patching.sites[site]);
      if (text) rows.greedy[site] = greedy_answer(*text, *rows.generated.unpatched, clean);
    }
  }
}

}  // namespace phiscope::analyze::patching
