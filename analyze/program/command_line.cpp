// SPDX-License-Identifier: MIT
#include "program/command_line.hpp"

#include "program/help.hpp"
#include "program/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

namespace phiscope::program {

/// The program itself is owned; a command belongs to the app of its program.
struct CommandLine::Parts {
  std::unique_ptr<CLI::App> owned;
  CLI::App* app = nullptr;
  std::vector<std::unique_ptr<CommandLine>> commands;
};

CommandLine::CommandLine(const std::string& name, const std::string& about,
                         const std::string& example)
    : parts_(std::make_unique<Parts>()) {
  parts_->owned = std::make_unique<CLI::App>(about, name);
  parts_->app = parts_->owned.get();
  set_up_help(*parts_->app, version_line());
  parts_->app->footer(example);
}

CommandLine::CommandLine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

CommandLine::~CommandLine() = default;

CommandLine& CommandLine::command(const std::string& name, const std::string& about,
                                  const std::string& example) {
  auto parts = std::make_unique<Parts>();
  parts->app = parts_->app->add_subcommand(name, about);
  parts->app->footer(example);
  parts_->app->require_subcommand(1);
  parts_->commands.push_back(std::unique_ptr<CommandLine>(new CommandLine(std::move(parts))));
  return *parts_->commands.back();
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& about) {
  parts_->app->add_flag(name, value, about);
}

void CommandLine::add_text(const std::string& name,
                           const std::function<void(const std::string&)>& take,
                           const std::string& about, bool required, bool is_path) {
  CLI::Option* const option = parts_->app->add_option_function<std::string>(name, take, about);
  option->required(required)->type_name(is_path ? "PATH" : "TEXT");
}

void CommandLine::add_texts(const std::string& name,
                            const std::function<void(const std::vector<std::string>&)>& take,
                            const std::string& about, bool required, bool separated, bool is_path) {
  CLI::Option* const option =
      parts_->app->add_option_function<std::vector<std::string>>(name, take, about);
  option->required(required)->type_name(is_path ? "PATH" : "TEXT");
  if (separated) option->delimiter(',');
}

void CommandLine::add_number(const std::string& name,
                             const std::function<void(std::uint64_t)>& take,
                             const std::string& about, Bounds bounds, const std::string& shown,
                             bool required) {
  // CLI11's own conversion takes "-1" for a large number.
  const std::string range = "expected a whole number from " + std::to_string(bounds.least) +
                            " to " + std::to_string(bounds.most);
  const auto in_bounds = [bounds, range](const std::string& text) -> std::string {
    const bool is_number = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return c >= '0' && c <= '9';
    });
    if (!is_number || text.size() > 19) return text + ": " + range;
    const std::uint64_t number = std::stoull(text);
    return number < bounds.least || number > bounds.most ? text + ": " + range : std::string();
  };
  CLI::Option* const option = parts_->app->add_option_function<std::uint64_t>(name, take, about);
  option->check(CLI::Validator(in_bounds, "", "bounds"))->type_name("N")->required(required);
  if (!shown.empty()) option->default_str(shown);
}

void CommandLine::add_choice(const std::string& name, const std::vector<std::string>& names,
                             const std::function<void(std::size_t)>& take, const std::string& about,
                             const std::string& shown) {
  std::string list = "{";
  for (const std::string& known : names) list += (list.size() > 1 ? "," : "") + known;
  list += '}';
  const auto place_of = [names](const std::string& text) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), text) - names.begin());
  };
  const auto is_known = [names, place_of, list](const std::string& text) -> std::string {
    return place_of(text) < names.size() ? std::string() : text + " not in " + list;
  };
  CLI::Option* const option = parts_->app->add_option_function<std::string>(
      name, [take, place_of](const std::string& text) { take(place_of(text)); }, about);
  option->check(CLI::Validator(is_known, list, "choice"));
  if (!shown.empty()) option->default_str(shown);
}

int CommandLine::parse(int argc, const char* const* argv, const std::function<void()>& check) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (const std::string text = generated(*parts_->app, arguments); !text.empty()) {
      std::cout << text;
      return 0;
    }
    parts_->app->parse(argc, argv);
    try {
      if (check) check();
    } catch (const UsageError& error) {
      throw CLI::ValidationError(error.what());
    }
  } catch (const CLI::ParseError& error) {
    return finish(*parts_->app, error, arguments);
  } catch (const std::invalid_argument& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return -1;
}

bool CommandLine::chosen() const {
  return parts_->app->parsed();
}

}  // namespace phiscope::program
