// SPDX-License-Identifier: MIT
#include "program/app_parts.hpp"

#include <algorithm>
#include <cctype>

namespace phiscope::program {
namespace {

/// "word" of "--some-word", in capitals.
std::string last_word(const std::string& name) {
  const std::size_t dash = name.find_last_of('-');
  std::string word = name.substr(dash == std::string::npos ? 0 : dash + 1);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

/// "[6,10]" and "1" of a flag with a value as a reader would type them.
std::string default_of(const CLI::Option& option) {
  std::string text = option.get_default_str();
  if (text.size() > 1 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

/// CLI11 puts what an option takes into the name of its type: "TEXT:{a,b}", "INT:INT in [1 - 9]",
/// "TEXT:FILE".
OptionParts parts_of(const CLI::Option& option) {
  OptionParts parts;
  parts.name = option.get_positional() ? option.get_name(true) : "--" + option.get_lnames().front();
  parts.group =
      parts.name == "--help" ? other_group : option.get_group();  // commands make their own
  parts.is_required = option.get_required();
  const std::string type = option.get_type_size() == 0 ? "" : option.get_type_name();
  const std::string base = type.substr(0, type.find(':'));
  const std::size_t open = type.find('{');
  if (open != std::string::npos) {
    parts.choices = split_list(type.substr(open + 1, type.rfind('}') - open - 1));
  }
  parts.takes_path = base == "PATH" || type.find("FILE") != std::string::npos ||
                     type.find("DIR") != std::string::npos;
  if (type.empty()) {
    parts.value = "";
  } else if (base == "INT" || base == "UINT" || base == "N") {
    parts.value = "N";
  } else if (base == "FLOAT") {
    parts.value = "X";
  } else if (base == "BOOLEAN") {
    parts.choices = {"0", "1"};
    parts.value = "0|1";
  } else {
    parts.value = last_word(parts.name);
  }
  parts.about = option.get_description();
  if (!parts.choices.empty() && base != "BOOLEAN") {
    parts.about += " [" + joined_by(parts.choices, ", ") + "]";
  }
  const std::size_t bounds = type.find("in [");
  if (bounds != std::string::npos) {
    const std::string range = type.substr(bounds + 4, type.find(']', bounds) - bounds - 4);
    parts.about +=
        "; " + range.substr(0, range.find(" - ")) + " to " + range.substr(range.find(" - ") + 3);
  }
  if (parts.is_required) parts.about += " (required)";
  if (const std::string text = default_of(option); !text.empty() && !type.empty()) {
    parts.about += " (default: " + text + ")";
  }
  std::vector<std::string> others;
  for (const CLI::Option* const other : option.get_excludes()) others.push_back(other->get_name());
  if (!others.empty()) parts.about += "; not with " + joined_by(others, " or ");
  return parts;
}

}  // namespace

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : list) {
    if (c != ',') {
      part += c;
    } else {
      parts.push_back(std::exchange(part, {}));
    }
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

std::string joined_by(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::vector<OptionParts> options_of(const CLI::App& app) {
  std::vector<OptionParts> all;
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    all.push_back(parts_of(*option));
  }
  // What a command is for comes first, --help, which is declared first, last.
  std::vector<std::string> groups = {"Options", "Experiment", "Drawing of tokens"};
  for (const OptionParts& parts : all) {
    if (parts.group != other_group) groups.push_back(parts.group);
  }
  groups.emplace_back(other_group);
  const auto place = [&groups](const OptionParts& parts) {
    return std::find(groups.begin(), groups.end(), parts.group) - groups.begin();
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const OptionParts& a, const OptionParts& b) { return place(a) < place(b); });
  return all;
}

std::vector<OptionParts> positionals_of(const CLI::App& app) {
  std::vector<OptionParts> all;
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_positional()) all.push_back(parts_of(*option));
  }
  return all;
}

std::string about_of(const CLI::App& app) {
  const std::string text = app.get_description();
  const std::size_t end = text.find("\nexample: ");
  return text.substr(0, end);
}

std::string example_of(const CLI::App& app) {
  const std::string text = app.get_description() + "\n" + app.get_footer();
  for (const std::string word : {"\nexample: ", "\nExample: "}) {
    const std::size_t at = text.find(word);
    if (at == std::string::npos) continue;
    std::string lines;
    for (const char c : text.substr(at + word.size())) {
      if (c == ' ' && (lines.empty() || lines.back() == '\n')) continue;
      lines += c;
    }
    for (std::size_t next = lines.find(word); next != std::string::npos; next = lines.find(word)) {
      lines.erase(next + 1, word.size() - 1);  // each may say again that it is one
    }
    while (!lines.empty() && lines.back() == '\n') lines.pop_back();
    return lines;
  }
  return "";
}

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  std::string word;
  const auto put = [&] {
    if (word.empty()) return;
    if (column > indent && column + 1 + word.size() > width) {
      result += '\n' + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\n') {
      put();
    } else {
      word += c;
    }
  }
  put();
  return result;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CLI::App* const command : commands) names.push_back(command->get_name());
  return names;
}

}  // namespace phiscope::program
