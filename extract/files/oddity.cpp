// SPDX-License-Identifier: MIT
#include "files/oddity.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace phiscope::extract {

std::string_view name_of(OddityKind kind) {
  switch (kind) {
    case OddityKind::ignored:
      return "ignored";
    case OddityKind::defaulted:
      return "defaulted";
    case OddityKind::added:
      return "added";
    case OddityKind::skipped:
      return "skipped";
    case OddityKind::layout:
      return "layout";
    case OddityKind::converted:
      return "converted";
    case OddityKind::differs:
      return "differs";
  }
  throw std::invalid_argument("name_of: not an OddityKind");
}

std::string text_of(const Oddity& oddity) {
  std::string text = oddity.file + ": " + oddity.what;
  if (!oddity.found.empty()) text += " is " + oddity.found;
  text.append(": ").append(name_of(oddity.kind));
  if (!oddity.why.empty()) text += ", " + oddity.why;
  return text;
}

std::vector<std::string> warnings_of(const std::vector<Oddity>& oddities) {
  std::vector<std::string> warnings;
  for (const Oddity& oddity : oddities) {
    if (oddity.warning) warnings.push_back(text_of(oddity));
  }
  return warnings;
}

nlohmann::ordered_json json_of(const Oddity& oddity) {
  return {{"kind", name_of(oddity.kind)}, {"file", oddity.file}, {"what", oddity.what},
          {"found", oddity.found},        {"why", oddity.why},   {"warning", oddity.warning}};
}

}  // namespace phiscope::extract
