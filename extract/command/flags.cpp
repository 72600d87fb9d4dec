// SPDX-License-Identifier: MIT
#include "command/flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <type_traits>

namespace phiscope::extract {

Flag& Flag::required() {
  option_->required();
  return *this;
}

Flag& Flag::with_default() {
  option_->capture_default_str();
  return *this;
}

Flag& Flag::list() {
  option_->delimiter(',');
  return *this;
}

Flag& Flag::between(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Flag& Flag::one_of(const std::vector<std::string>& names) {
  option_->check(CLI::IsMember(names));
  return *this;
}

Flag& Flag::existing_file() {
  option_->check(CLI::ExistingFile);
  return *this;
}

Flag& Flag::existing_directory() {
  option_->check(CLI::ExistingDirectory);
  return *this;
}

Flag& Flag::excludes(const std::string& other) {
  option_->excludes(other);
  return *this;
}

Flags::Flags(CLI::App& program, const std::string& name, const std::string& about)
    : command_(program.add_subcommand(name, about)) {}

template <class T>
Flag Flags::add(const std::string& name, T& value, const std::string& about) {
  CLI::Option* const option = command_->add_option(name, value, about)->group(group_);
  constexpr bool is_path = std::is_same_v<T, std::filesystem::path> ||
                           std::is_same_v<T, std::vector<std::filesystem::path>>;
  if (is_path) option->type_name("PATH");
  return Flag(*option);
}

template Flag Flags::add(const std::string&, std::filesystem::path&, const std::string&);
template Flag Flags::add(const std::string&, std::string&, const std::string&);
template Flag Flags::add(const std::string&, int&, const std::string&);
template Flag Flags::add(const std::string&, std::size_t&, const std::string&);
template Flag Flags::add(const std::string&, bool&, const std::string&);
template Flag Flags::add(const std::string&, double&, const std::string&);
template Flag Flags::add(const std::string&, std::vector<int>&, const std::string&);
template Flag Flags::add(const std::string&, std::vector<double>&, const std::string&);
template Flag Flags::add(const std::string&, std::vector<std::string>&, const std::string&);
template Flag Flags::add(const std::string&, std::vector<std::filesystem::path>&,
                         const std::string&);

void Flags::relax(const std::string& name) {
  command_->get_option(name)->required(false);
}

void Flags::require_unless(const std::string& given, const std::vector<std::string>& names) {
  for (const std::string& name : names) command_->get_option(name)->required(false);
  CLI::App* const command = command_;
  command_->callback([command, given, names] {
    if (command->count(given) > 0) return;
    for (const std::string& name : names) {
      if (command->count(name) == 0) throw CLI::RequiredError(name);
    }
  });
}

Flag Flags::add_switch(const std::string& name, bool& value, const std::string& about) {
  return Flag(*command_->add_flag(name, value, about)->group(group_));
}

Flag Flags::add_name(const std::string& name, const std::vector<std::string>& names,
                     std::size_t preset, const std::function<void(std::size_t)>& choose,
                     const std::string& about) {
  const std::function<void(const std::string&)> take = [names, choose](const std::string& chosen) {
    const auto found = std::ranges::find(names, chosen);  // IsMember has refused all others
    choose(static_cast<std::size_t>(found - names.begin()));
  };
  CLI::Option* const option = command_->add_option_function<std::string>(name, take, about);
  option->check(CLI::IsMember(names))->default_str(names.at(preset))->group(group_);
  return Flag(*option);
}

}  // namespace phiscope::extract
