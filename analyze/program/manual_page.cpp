// SPDX-License-Identifier: MIT
#include "program/app_parts.hpp"

namespace phiscope::program {
namespace {

/// A text that roff shows as it is: hyphens that can be copied, no line that is a request.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

/// Without its full stop.
std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  if (end != std::string::npos) return text.substr(0, end);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

std::string item(const OptionParts& parts) {
  return ".TP\n\\fB" + roff(parts.name) + "\\fR" +
         (parts.value.empty() ? "" : " \\fI" + roff(parts.value) + "\\fR") + "\n" +
         roff(parts.about) + "\n";
}

std::string items(const CLI::App& app) {
  std::string text;
  for (const OptionParts& each : positionals_of(app)) text += item(each);
  std::string group;
  for (const OptionParts& each : options_of(app)) {
    if (each.group != group) text += ".PP\n" + roff(each.group) + ":\n";
    group = each.group;
    text += item(each);
  }
  return text;
}

std::string example(const CLI::App& app) {
  const std::string lines = example_of(app);
  return lines.empty() ? "" : ".PP\nExample:\n.PP\n.nf\n" + roff(lines) + "\n.fi\n";
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  const std::string& name = app.get_name();
  const std::string about = about_of(app);
  std::string text =
      ".TH \"" + roff(name) + R"(" 1 "" ")" + roff(version) + R"(" "Phiscope")" + "\n";
  text += ".SH NAME\n" + roff(name) + " \\- " + roff(first_sentence(about)) + "\n";
  text += ".SH SYNOPSIS\n\\fB" + roff(name) + "\\fR ";
  const auto commands = commands_of(app);
  text += commands.empty() ? "[OPTIONS]" : "COMMAND [OPTIONS]";
  for (const OptionParts& each : positionals_of(app)) text += " " + roff(each.name);
  text += "\n.SH DESCRIPTION\n" + roff(about) + "\n" + example(app);
  if (commands.empty()) return text + ".SH OPTIONS\n" + items(app);
  text += ".SH COMMANDS\n";
  for (const CLI::App* const command : commands) {
    text += ".SS " + roff(name + " " + command->get_name()) + "\n" + roff(about_of(*command)) +
            "\n" + items(*command) + example(*command);
  }
  return text;
}

}  // namespace phiscope::program
