// SPDX-License-Identifier: MIT
// Scripts that let a shell complete commands, options and the values of options.
#include "program/app_parts.hpp"

#include <stdexcept>

namespace phiscope::program {
namespace {

/// Letters of names that are part of the scripts: no shell gives them a meaning.
std::string function_name(const std::string& program) {
  std::string name = "_";
  for (const char c : program) name += c == '-' ? '_' : c;
  return name;
}

/// In single quotes.
std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string words_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const OptionParts& each : options_of(app)) names.push_back(each.name);
  return words_of(names);
}

/// Cases of a bash `case` over the option before the cursor.
std::string bash_values(const CLI::App& app) {
  std::string cases;
  for (const OptionParts& each : options_of(app)) {
    if (each.value.empty()) continue;
    cases += "      " + each.name + ") ";
    cases +=
        each.choices.empty()
            ? (each.takes_path ? "COMPREPLY=($(compgen -f -- \"$word\"))" : "COMPREPLY=()")
            : "COMPREPLY=($(compgen -W " + shell_quoted(words_of(each.choices)) + " -- \"$word\"))";
    cases += "; return ;;\n";
  }
  return cases;
}

std::string bash_command(const CLI::App& app) {
  return "      case $before in\n" + bash_values(app) +
         "      esac\n      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W " +
         shell_quoted(option_names(app)) +
         " -- \"$word\")); else COMPREPLY=($(compgen -f -- \"$word\")); fi\n";
}

std::string bash_script(const CLI::App& app) {
  const std::string& name = app.get_name();
  const std::string function = function_name(name);
  std::string text =
      function +
      "() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n";
  const auto commands = commands_of(app);
  if (commands.empty()) {
    text += bash_command(app);
  } else {
    text += "  if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W " +
            shell_quoted(words_of(names_of(commands)) + " " + option_names(app)) +
            " -- \"$word\")); return; fi\n";
    text += "  case ${COMP_WORDS[1]} in\n";
    for (const CLI::App* const command : commands) {
      text += "    " + command->get_name() + ")\n" + bash_command(*command) + "      ;;\n";
    }
    text += "  esac\n";
  }
  return text + "}\ncomplete -o filenames -F " + function + " " + name + "\n";
}

/// One `_arguments` specification: --name[about]:value:action.
std::string zsh_option(const OptionParts& parts) {
  std::string about;
  for (const char c : parts.about) {
    about += c == '[' || c == ']' || c == ':' || c == '\\' ? ' ' : c;
  }
  std::string text = parts.name + "[" + about + "]";
  if (!parts.value.empty()) {
    text += ":" + parts.value + ":";
    text += parts.choices.empty() ? (parts.takes_path ? "_files" : " ")
                                  : "(" + words_of(parts.choices) + ")";
  }
  return shell_quoted(text);
}

std::string zsh_arguments(const CLI::App& app, const std::string& indent) {
  std::string text = indent + "_arguments";
  for (const OptionParts& each : options_of(app))
    text += " \\\n" + indent + "  " + zsh_option(each);
  return text + " \\\n" + indent + "  '*:file:_files'\n";
}

std::string zsh_script(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string text = "#compdef " + name + "\n";
  const auto commands = commands_of(app);
  if (commands.empty()) return text + zsh_arguments(app, "");
  text += "if (( CURRENT == 2 )); then\n  compadd";
  text +=
      " " + words_of(names_of(commands)) +
      "\n  return\nfi\nlocal command=$words[2]\nshift words\n(( CURRENT-- ))\ncase $command in\n";
  for (const CLI::App* const command : commands) {
    text += "  " + command->get_name() + ")\n" + zsh_arguments(*command, "    ") + "    ;;\n";
  }
  return text + "esac\n";
}

std::string fish_options(const CLI::App& app, const std::string& name, const std::string& where) {
  std::string text;
  for (const OptionParts& each : options_of(app)) {
    text += "complete -c " + name;
    text += where + " -l " + each.name.substr(2);
    if (!each.choices.empty()) text += " -xa " + shell_quoted(words_of(each.choices));
    if (each.choices.empty() && !each.value.empty()) text += each.takes_path ? " -rF" : " -x";
    text += " -d " + shell_quoted(each.about) + "\n";
  }
  return text;
}

std::string fish_script(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string text;
  for (const CLI::App* const command : commands_of(app)) {
    text += "complete -c " + name;
    text += " -n __fish_use_subcommand -a " + command->get_name();
    text += " -d " + shell_quoted(about_of(*command)) + "\n";
    text += fish_options(*command, name,
                         " -n '__fish_seen_subcommand_from " + command->get_name() + "'");
  }
  return commands_of(app).empty() ? fish_options(app, name, "") : text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return zsh_script(app);
  if (shell == "fish") return fish_script(app);
  throw std::invalid_argument("--completion: found '" + shell + "', expected bash, zsh or fish");
}

}  // namespace phiscope::program
