// SPDX-License-Identifier: MIT
#include "command/config_file.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <toml++/toml.h>

namespace phiscope::extract {
namespace {

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};  // the shortest text of a double is below 32 characters
}

/// The subcommand of that name, or null.
const CLI::App* named_command(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

/// The part of a name before and after its first dot; the first is empty where there is none.
std::pair<std::string, std::string> table_and_key(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == std::string::npos ? std::pair(std::string(), name)
                                  : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

const char* expected_text(ConfigType type) {
  switch (type) {
    case ConfigType::text:
      return "a string";
    case ConfigType::whole:
      return "a whole number";
    case ConfigType::number:
      return "a number";
    case ConfigType::boolean:
      return "true or false";
    case ConfigType::wholes:
      return "a list of whole numbers";
    case ConfigType::numbers:
      return "a list of numbers";
    case ConfigType::table:
      break;
  }
  return "a table";
}

const char* found_text(const toml::node& node) {
  if (node.is_string()) return "a string";
  if (node.is_integer()) return "a whole number";
  if (node.is_floating_point()) return "a number with decimals";
  if (node.is_boolean()) return "a boolean";
  if (node.is_array()) return "a list";
  return node.is_table() ? "a table" : "a date or time";
}

bool fits(const toml::node& node, ConfigType type) {
  const auto all = [&](ConfigType each) {
    const toml::array* const list = node.as_array();
    return list != nullptr &&
           std::ranges::all_of(*list, [&](const toml::node& entry) { return fits(entry, each); });
  };
  switch (type) {
    case ConfigType::text:
      return node.is_string();
    case ConfigType::whole:
      return node.is_integer();
    case ConfigType::number:
      return node.is_number();
    case ConfigType::boolean:
      return node.is_boolean();
    case ConfigType::wholes:
      return all(ConfigType::whole);
    case ConfigType::numbers:
      return all(ConfigType::number);
    case ConfigType::table:
      break;
  }
  return node.is_table();
}

/// What a file says of the flags of a subcommand.
class ConfigReader {
 public:
  ConfigReader(const CLI::App& app, const CLI::App& command, const ConfigNames& names,
               std::string file)
      : app_(app), command_(command), names_(names), file_(std::move(file)) {}

  void read(const toml::table& whole) {
    foreign_ = has_foreign(whole);
    for (const auto& [key, node] : whole) {
      const std::string name(key.str());
      if (node.is_table()) {
        read_table(name, *node.as_table());
      } else {
        read_key(name, node);
      }
    }
    if (!foreign_ || !names_.combine) return;
    for (const auto& [flag, value] : names_.combine(found_)) flags_.emplace(flag, value);
  }

  [[nodiscard]] const ConfigValues& flags() const { return flags_; }
  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> lines;
    lines.reserve(notes_.size());
    for (const auto& [line, text] : notes_) lines.push_back(text);
    return lines;
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& message) const {
    throw shard::FormatError(file_,
                             "line " + std::to_string(node.source().begin.line) + ": " + message);
  }

  [[nodiscard]] const ConfigKey* key_of(const std::string& name) const {
    const auto found = std::ranges::find(names_.keys, name, &ConfigKey::name);
    return found == names_.keys.end() ? nullptr : &*found;
  }

  [[nodiscard]] const CLI::Option* flag_of(const std::string& name) const {
    if (name == "config" || name == "help") return nullptr;
    return command_.get_option_no_throw("--" + name);
  }

  [[nodiscard]] bool is_table_of_keys(const std::string& table) const {
    return std::ranges::any_of(names_.keys, [&](const ConfigKey& key) {
      return table_and_key(key.name).first == table && !table.empty();
    });
  }

  /// Whether a key is none that the flags have.
  [[nodiscard]] bool has_foreign(const toml::table& whole) const {
    return std::ranges::any_of(whole, [&](const auto& entry) {
      const std::string name(entry.first.str());
      if (entry.second.is_table()) return is_table_of_keys(name) || key_of(name) != nullptr;
      return key_of(name) != nullptr && flag_of(name) == nullptr;
    });
  }

  /// The keys of a table, for a message.
  [[nodiscard]] std::string known(const std::string& table) const {
    std::string list;
    for (const ConfigKey& key : names_.keys) {
      const auto [its_table, its_key] = table_and_key(key.name);
      if (its_table != table) continue;
      if (!list.empty()) list += ", ";
      list += its_key;
    }
    return list;
  }

  void read_table(const std::string& name, const toml::table& table) {
    if (const ConfigKey* const key = key_of(name)) {
      take(*key, table);
    } else if (const CLI::App* const other = named_command(app_, name)) {
      if (other != &command_) return;
      for (const auto& [key_name, node] : table) read_flag(std::string(key_name.str()), node);
    } else if (is_table_of_keys(name)) {
      for (const auto& [key_name, node] : table) {
        const ConfigKey* const inner = key_of(name + "." + std::string(key_name.str()));
        if (inner == nullptr) {
          fail(node, name + "." + std::string(key_name.str()) + ": unknown key, expected one of " +
                         known(name));
        }
        take(*inner, node);
      }
    } else {
      fail(table, name + ": unknown table, expected a subcommand's name" +
                      (names_.keys.empty() ? "" : " or one of " + tables()));
    }
  }

  [[nodiscard]] std::string tables() const {
    std::string list;
    std::string last;
    for (const ConfigKey& key : names_.keys) {
      const std::string table =
          key.type == ConfigType::table ? key.name : table_and_key(key.name).first;
      if (table.empty() || table == last) continue;
      if (!list.empty()) list += ", ";
      list += table;
      last = table;
    }
    return list;
  }

  void read_key(const std::string& name, const toml::node& node) {
    const ConfigKey* const key = key_of(name);
    if (key != nullptr && (foreign_ || flag_of(name) == nullptr)) return take(*key, node);
    read_flag(name, node);
  }

  void read_flag(const std::string& name, const toml::node& node) {
    if (node.is_table()) {
      fail(node, name + ": unknown table, expected a subcommand's name");
    }
    if (flag_of(name) == nullptr) {
      const std::string further = known("");
      fail(node, name + ": unknown key, expected a flag of extract " + command_.get_name() +
                     (further.empty() ? "" : " or one of " + further));
    }
    set(name, name, node);
  }

  void take(const ConfigKey& key, const toml::node& node) {
    if (!fits(node, key.type)) {
      fail(node,
           key.name + ": found " + found_text(node) + ", expected " + expected_text(key.type));
    }
    if (!key.note.empty()) {
      const auto line = node.source().begin.line;  // the parser sorts keys by name
      notes_.emplace(line, file_ + ": line " + std::to_string(line) + ": " + key.name +
                               " has no effect: " + key.note);
      return;
    }
    found_[key.name] = text_of(key.name, node);
    if (!key.flag.empty()) set(key.flag, key.name, node);
  }

  void set(const std::string& flag, const std::string& name, const toml::node& node) {
    if (!flags_.emplace(flag, text_of(name, node)).second) {
      fail(node, name + ": another key of the file sets --" + flag + " as well, expected one");
    }
  }

  /// A value as the text a flag would have; lists are joined with commas.
  [[nodiscard]] std::string text_of(const std::string& name, const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* number = node.as_floating_point()) return number_text(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    const auto* const list = node.as_array();
    if (list == nullptr) {
      fail(node, name + ": found " + found_text(node) +
                     ", expected a string, a number, a boolean or a list");
    }
    std::string joined;
    for (const toml::node& entry : *list) {
      if (!joined.empty()) joined += ",";
      joined += text_of(name, entry);
    }
    return joined;
  }

  const CLI::App& app_;
  const CLI::App& command_;
  const ConfigNames& names_;
  std::string file_;
  bool foreign_ = false;
  ConfigValues found_;  ///< by key
  ConfigValues flags_;
  std::multimap<toml::source_index, std::string> notes_;  ///< by line
};

bool is_given(const std::vector<std::string>& words, const std::string& flag) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return word == "--" + flag || word.starts_with("--" + flag + "=");
  });
}

/// The file that the words name; empty if they name none.
std::string named_file(const std::vector<std::string>& words) {
  std::string file;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--config" && i + 1 < words.size()) file = words[i + 1];
    if (words[i].starts_with("--config=")) file = words[i].substr(9);
  }
  return file;
}

}  // namespace

FileFlags parse_flags(std::string_view text, const std::string& file, const CLI::App& app,
                      const CLI::App& command, const ConfigNames& names) {
  ConfigReader reader(app, command, names, file);
  try {
    reader.read(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    // The description quotes the file as it is.
    throw shard::FormatError(file, "line " + std::to_string(error.source().begin.line) + ": " +
                                       shard::printable(error.description()));
  }
  return {.values = reader.flags(), .notes = reader.notes()};
}

Arguments with_config_file(const CLI::App& app, const std::vector<Subcommand>& subcommands,
                           int argc, char** argv) {
  Arguments arguments{.words = {argv + 1, argv + argc}, .notes = {}};
  const std::vector<std::string> given = arguments.words;
  const std::string file = named_file(given);
  const CLI::App* const command = given.empty() ? nullptr : named_command(app, given.front());
  if (file.empty() || command == nullptr || !std::filesystem::is_regular_file(file)) {
    return arguments;
  }
  const auto owner = std::ranges::find(subcommands, command, &Subcommand::app);
  const ConfigNames names = owner == subcommands.end() ? ConfigNames{} : owner->names;
  FileFlags said = parse_flags(shard::MappedFile(file).text(), file, app, *command, names);
  for (const auto& [flag, value] : said.values) {
    if (!is_given(given, flag)) arguments.words.push_back("--" + flag + "=" + value);
  }
  arguments.notes = std::move(said.notes);
  return arguments;
}

std::string config_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (name == "help" || name == "config" || name == "print-config" || name == "dry-run") continue;
    std::string value;
    for (const std::string& part :
         option->count() > 0 ? option->results() : std::vector<std::string>{}) {
      value += (value.empty() ? "" : ",") + part;
    }
    if (option->count() == 0) value = option->get_default_str();
    if (value.empty()) continue;
    std::ostringstream quoted;
    quoted << toml::value<std::string>(value);
    text += name + " = " + quoted.str() + "\n";
  }
  return text;
}

}  // namespace phiscope::extract
