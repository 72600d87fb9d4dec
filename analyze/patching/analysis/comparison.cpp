// SPDX-License-Identifier: MIT
#include "patching/analysis/comparison.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

/// Indices into the first and into the other run.
using Match = std::pair<std::size_t, std::size_t>;

std::vector<Match> matching_pairs(const Result& first, const Result& other) {
  std::vector<Match> matches;
  for (const std::size_t i : first.groups.front().pairs) {
    for (const std::size_t j : other.groups.front().pairs) {
      if (first.data.pairs[i].id == other.data.pairs[j].id) matches.emplace_back(i, j);
    }
  }
  return matches;
}

std::optional<std::size_t> index_of(const std::vector<std::string>& names,
                                    const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

/// Sites of a mode and a set of the first run that the other run has too.
std::vector<Match> matching_sites(const Result& first, const Result& other, std::size_t mode,
                                  std::size_t set) {
  const auto other_mode = index_of(other.data.modes, first.data.modes[mode]);
  const auto other_set = index_of(other.data.sets, first.data.sets[set]);
  std::vector<Match> matches;
  if (!other_mode || !other_set || first.data.has_heads != other.data.has_heads) return matches;
  const std::vector<Site>& sites = other.data.sites;
  for (const std::size_t i : sites_of(first.data, mode, set)) {
    Site wanted = first.data.sites[i];
    wanted.mode = *other_mode;
    wanted.set = *other_set;
    const auto found = std::lower_bound(sites.begin(), sites.end(), wanted);
    if (found == sites.end() || *found != wanted) continue;
    matches.emplace_back(i, static_cast<std::size_t>(found - sites.begin()));
  }
  return matches;
}

void compare_family(const Result& first, const Result& other, std::size_t run,
                    const std::vector<Match>& pairs, const std::vector<Match>& sites,
                    const Options& options, std::vector<Comparison>& all) {
  for (const Measure measure : compared) {
    std::vector<std::vector<Value>> values;  // [pair][site]
    values.reserve(pairs.size());
    for (const auto& [i, j] : pairs) {
      values.emplace_back();
      values.back().reserve(sites.size());
      for (const auto& [here, there] : sites) {
        values.back().push_back(
            difference(first.measured[i][here][measure], other.measured[j][there][measure]));
      }
    }
    const std::vector<SiteTest> tests = test_sites(values, options);
    for (std::size_t site = 0; site < tests.size(); ++site) {
      std::vector<Value> here;
      here.reserve(values.size());
      for (const auto& pair : values) here.push_back(pair[site]);
      all.push_back({.run = run,
                     .site = sites[site].first,
                     .measure = measure,
                     .difference = cell_of(here, options),
                     .test = tests[site]});
    }
  }
}

}  // namespace

std::vector<Comparison> compare(const std::vector<Result>& results, const Options& options) {
  std::vector<Comparison> all;
  for (std::size_t run = 1; run < results.size(); ++run) {
    const Result& first = results.front();
    const std::vector<Match> pairs = matching_pairs(first, results[run]);
    for (std::size_t mode = 0; mode < first.data.modes.size(); ++mode) {
      for (std::size_t set = 0; set < first.data.sets.size(); ++set) {
        const auto sites = matching_sites(first, results[run], mode, set);
        compare_family(first, results[run], run, pairs, sites, options, all);
      }
    }
  }
  return all;
}

std::size_t common_pairs(const Result& first, const Result& other) {
  return matching_pairs(first, other).size();
}

}  // namespace phiscope::analyze::patching
