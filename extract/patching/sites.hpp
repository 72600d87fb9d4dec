// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// Which steps of a layer are patched at once.
enum class SetKind {
  single,  ///< each step alone
  layer,   ///< all
  first,   ///< the first n
  last,    ///< the last n
  prefix,  ///< {0..p} for each step p
  suffix,  ///< {p..last} for each step p
};

struct SiteSet {
  SetKind kind = SetKind::single;
  int n = 0;  ///< of first and last
  friend bool operator==(const SiteSet&, const SiteSet&) = default;
};

/// Reads "single", "layer", "first:2", "last:2", "prefix", "suffix"; nothing for anything else.
inline std::optional<SiteSet> parse_site_set(std::string_view text) {
  if (text == "single") return SiteSet{.kind = SetKind::single};
  if (text == "layer") return SiteSet{.kind = SetKind::layer};
  if (text == "prefix") return SiteSet{.kind = SetKind::prefix};
  if (text == "suffix") return SiteSet{.kind = SetKind::suffix};
  for (const auto& [name, kind] :
       {std::pair<std::string_view, SetKind>{"first:", SetKind::first}, {"last:", SetKind::last}}) {
    if (!text.starts_with(name)) continue;
    const std::string_view number = text.substr(name.size());
    int n = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), n);
    if (error == std::errc{} && end == number.data() + number.size() && n > 0) {
      return SiteSet{.kind = kind, .n = n};
    }
  }
  return std::nullopt;
}

/// The steps of one patch, ascending, and the number by which it is known.
struct SiteSteps {
  int step = 0;  ///< p of single, prefix and suffix; else 0
  std::vector<int> steps;
};

/// Every patch of a set where there are `count` steps: none if the set wants more.
inline std::vector<SiteSteps> steps_of(const SiteSet& set, int count) {
  const auto range = [](int begin, int end) {
    std::vector<int> steps;
    for (int step = begin; step < end; ++step) steps.push_back(step);
    return steps;
  };
  std::vector<SiteSteps> all;
  switch (set.kind) {
    case SetKind::layer:
      all.push_back({.step = 0, .steps = range(0, count)});
      break;
    case SetKind::first:
      if (set.n <= count) all.push_back({.step = 0, .steps = range(0, set.n)});
      break;
    case SetKind::last:
      if (set.n <= count) all.push_back({.step = 0, .steps = range(count - set.n, count)});
      break;
    case SetKind::single:
      for (int p = 0; p < count; ++p) all.push_back({.step = p, .steps = {p}});
      break;
    case SetKind::prefix:
      for (int p = 0; p < count; ++p) all.push_back({.step = p, .steps = range(0, p + 1)});
      break;
    case SetKind::suffix:
      for (int p = 0; p < count; ++p) all.push_back({.step = p, .steps = range(p, count)});
      break;
  }
  return all;
}

}  // namespace phiscope::extract
