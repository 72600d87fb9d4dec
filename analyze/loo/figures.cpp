// SPDX-License-Identifier: MIT
#include "loo/figures.hpp"

#include <algorithm>

namespace phiscope::analyze::loo {

std::string describe(const RunResult& run) {
  return run.label + " (sink " + run.info.sink_name + ")";
}

std::string file_stem(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    result += is_plain ? c : '_';
  }
  return result;
}

std::vector<std::string> condition_names(std::span<const RunResult> runs) {
  std::vector<std::string> names;
  for (const RunResult& run : runs) {
    for (const Condition& condition : run.info.conditions) {
      if (std::find(names.begin(), names.end(), condition.name) == names.end()) {
        names.push_back(condition.name);
      }
    }
  }
  return names;
}

std::string definition(Metric metric) {
  switch (metric) {
    case Metric::ratio:
      return "Separation ratio influence: full - without, of cross / max(within, 0.001 cross, "
             "1e-10).";
    case Metric::energy:
      return "Energy influence: without - full, of the mean squared distance over within pairs.";
    case Metric::cross:
      return "Cross distance influence: full - without, of the mean distance over cross pairs.";
    case Metric::within:
      break;
  }
  return "Within distance influence: full - without, of the mean distance over within pairs.";
}

std::vector<figure::Figure> figures(const std::vector<RunResult>& runs) {
  std::vector<figure::Figure> result = curves(runs);
  for (figure::Figure& map : heatmaps(runs)) result.push_back(std::move(map));
  return result;
}

}  // namespace phiscope::analyze::loo
