// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// What a run does with something in a model directory that its reader may not expect.
enum class OddityKind {
  ignored,    ///< stands in a file, and changes nothing
  defaulted,  ///< stands in no file; the default of the model's configuration class holds
  added,      ///< is not in the main file, and taken from one beside it
  skipped,    ///< a tensor, or a file of weights, that is not needed
  layout,     ///< names or shapes of tensors are not the usual ones
  converted,  ///< numbers are rounded to another dtype
  differs,    ///< a file asks for something else than the tool does
};
[[nodiscard]] std::string_view name_of(OddityKind kind);  ///< "ignored"

/// One such thing. Whatever reads a file of the directory returns a list of them.
struct Oddity {
  OddityKind kind = OddityKind::ignored;
  std::string file;      ///< its name in the directory: "config.json"
  std::string what;      ///< "attention_window", or the name of a tensor
  std::string found;     ///< its value, fit for a line of text; perhaps empty
  std::string why;       ///< what is done instead: "qwen2 does not read it"
  bool warning = false;  ///< every run says it, in its log and in plan.json
  friend bool operator==(const Oddity&, const Oddity&) = default;
};

/// "config.json: attention_window is 128: ignored, qwen2 does not read it"
[[nodiscard]] std::string text_of(const Oddity& oddity);
/// text_of() of those that are warnings.
[[nodiscard]] std::vector<std::string> warnings_of(const std::vector<Oddity>& oddities);
/// {"kind", "file", "what", "found", "why", "warning"}
[[nodiscard]] nlohmann::ordered_json json_of(const Oddity& oddity);

}  // namespace phiscope::extract
