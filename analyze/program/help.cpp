// SPDX-License-Identifier: MIT
#include "program/help.hpp"

#include "program/app_parts.hpp"
#include "program/nearest.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <sys/ioctl.h>
#include <unistd.h>

namespace phiscope::program {
namespace {

constexpr std::size_t column_of_texts = 26;

/// Columns of the terminal, and 100 where there is none.
std::size_t line_width() {
  winsize size{};
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60) {
    return std::min<std::size_t>(size.ws_col, 120);
  }
  return 100;
}

std::string line_of(const std::string& name, const std::string& about) {
  std::string line = "  " + name;
  if (line.size() + 2 > column_of_texts) {
    line += '\n' + std::string(column_of_texts, ' ');
  } else {
    line.resize(column_of_texts, ' ');
  }
  return line + wrapped(about, line_width(), column_of_texts) + '\n';
}

std::string example_text(const CLI::App& app) {
  const std::string example = example_of(app);
  if (example.empty()) return "";
  std::string text = "\nExample:\n  ";
  for (std::size_t i = 0; i < example.size(); ++i) {
    text += example[i];
    // A line that goes on with options stands further in.
    if (example[i] == '\n')
      text += i + 1 < example.size() && example[i + 1] == '-' ? "      " : "  ";
  }
  return text + '\n';
}

/// --help: what the program does, how it is called, its options by group, an example.
class HelpText : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string text = wrapped(about_of(*app), line_width(), 0) + "\n\nUsage: " + name;
    const auto commands = commands_of(*app);
    const auto positionals = positionals_of(*app);
    text += commands.empty() ? " [OPTIONS]" : " COMMAND ...";
    for (const OptionParts& each : positionals) text += " " + each.name + dots(*app, each);
    text += '\n';
    if (!commands.empty()) {
      text += "\nCommands (each has a --help of its own):\n";
      for (const CLI::App* const command : commands) {
        text += line_of(command->get_name(), about_of(*command));
      }
    }
    if (!positionals.empty()) text += "\nArguments:\n";
    for (const OptionParts& each : positionals) text += line_of(each.name, each.about);
    std::string group;
    for (const OptionParts& each : options_of(*app)) {
      if (each.group != group) text += '\n' + each.group + ":\n";
      group = each.group;
      text += line_of(each.name + (each.value.empty() ? "" : ' ' + each.value), each.about);
    }
    return text + example_text(*app);
  }

 private:
  static std::string dots(const CLI::App& app, const OptionParts& parts) {
    const CLI::Option* const option = app.get_option_no_throw(parts.name);
    return option != nullptr && option->get_expected_max() > 1 ? "..." : "";
  }
};

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* const command : commands_of(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::string wrong_value(const std::string& name, const std::string& found,
                        const std::vector<std::string>& choices) {
  return name + ": found '" + found + "', expected " + joined_by(choices, ", ") +
         suggestion(found, choices);
}

/// The first word that is no command, no option or no value, with the nearest one; empty: none.
std::string misspelled(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  std::size_t first = 0;
  if (const auto commands = commands_of(app); !commands.empty()) {
    if (arguments.empty() || arguments[0].starts_with('-')) return "";
    at = command_named(app, arguments[0]);
    if (at == nullptr) {
      return arguments[0] + ": no such command" + suggestion(arguments[0], names_of(commands));
    }
    first = 1;
  }
  const std::vector<OptionParts> options = options_of(*at);
  std::vector<std::string> known;
  known.reserve(options.size());
  for (const OptionParts& each : options) known.push_back(each.name);
  for (std::size_t i = first; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (!arguments[i].starts_with("--")) continue;
    const std::size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      if (at->get_option_no_throw(name) != nullptr) continue;  // a hidden one
      return name + ": no such option" + suggestion(name, known);
    }
    const auto& choices = options[static_cast<std::size_t>(found - known.begin())].choices;
    if (choices.empty() || (equals == std::string::npos && i + 1 == arguments.size())) continue;
    const std::string value =
        equals == std::string::npos ? arguments[i + 1] : arguments[i].substr(equals + 1);
    for (const std::string& part : split_list(value)) {
      if (std::find(choices.begin(), choices.end(), part) != choices.end()) continue;
      return wrong_value(name, part, choices);
    }
  }
  return "";
}

}  // namespace

void set_up_help(CLI::App& app, const std::string& version) {
  app.formatter(std::make_shared<HelpText>());
  app.set_help_flag("-h,--help", "print this help and exit")->group(other_group);
  app.set_version_flag("--version", version, "print the version and exit")->group(other_group);
}

void set_group(CLI::App& app, const std::string& option, const std::string& group) {
  app.get_option(option)->group(group);
}

std::string generated(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--man") {
    return manual_page(app, app.version());
  }
  if (arguments.size() == 2 && arguments[0] == "--completion") {
    return completion_script(app, arguments[1]);
  }
  return "";
}

int finish(const CLI::App& app, const CLI::ParseError& error,
           const std::vector<std::string>& arguments) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string text = misspelled(app, arguments);
  if (text.empty()) text = error.what();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::cerr << text << "\nRun with --help for more information.\n";
  return 2;
}

}  // namespace phiscope::program
