// SPDX-License-Identifier: MIT
#include "patching/analysis/readout.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

/// A number below 10000 without leading zeros.
std::optional<std::size_t> small_number(std::string_view text) {
  const bool is_number =
      !text.empty() && text.size() <= 4 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
      (text.size() == 1 || text.front() != '0');
  if (!is_number) return std::nullopt;
  std::size_t number = 0;
  for (const char digit : text) number = 10 * number + static_cast<std::size_t>(digit - '0');
  return number;
}

}  // namespace

std::optional<Readout> readout_named(const std::string& name) {
  if (name == "eot") return Readout{.name = name};
  if (name == "eot:corrupted") {
    return Readout{.name = name, .continuation = Continuation::eot_corrupted};
  }
  constexpr std::array<std::pair<std::string_view, Continuation>, 3> kinds = {
      {{"clean:", Continuation::clean},
       {"corrupted:", Continuation::corrupted},
       {"greedy:", Continuation::greedy}}};
  for (const auto& [prefix, continuation] : kinds) {
    if (!name.starts_with(prefix)) continue;
    const auto index = small_number(std::string_view(name).substr(prefix.size()));
    if (!index) return std::nullopt;
    return Readout{.name = name, .continuation = continuation, .index = *index};
  }
  return std::nullopt;
}

std::vector<bool> distinct_readouts(const std::vector<Readout>& readouts) {
  const auto has = [&readouts](Continuation continuation) {
    return std::any_of(readouts.begin(), readouts.end(), [continuation](const Readout& readout) {
      return readout.continuation == continuation && readout.index == 0;
    });
  };
  const bool has_eot = has(Continuation::eot);
  const bool has_clean = has(Continuation::clean);
  std::vector<bool> distinct;
  distinct.reserve(readouts.size());
  for (const Readout& readout : readouts) {
    const bool is_repeated =
        (readout.continuation == Continuation::eot_corrupted && has_eot) ||
        (readout.continuation == Continuation::corrupted && readout.index == 0 && has_clean);
    distinct.push_back(!is_repeated);
  }
  return distinct;
}

}  // namespace phiscope::analyze::patching
