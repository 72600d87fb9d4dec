// SPDX-License-Identifier: MIT
#include "command/config_file.hpp"

#include "target.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace phiscope::fuzz {
namespace {

constexpr std::array<const char*, 3> flags{"--seed", "--model", "--temperature"};

/// A program with one subcommand, whose values are texts, as all are before they are parsed.
struct Program {
  CLI::App app;
  CLI::App* run = app.add_subcommand("run");
  std::array<std::string, flags.size()> values;

  Program() {
    app.add_subcommand("other");
    for (std::size_t i = 0; i < flags.size(); ++i) run->add_option(flags[i], values[i]);
  }
};

extract::ConfigNames names() {
  using enum extract::ConfigType;
  return {.keys = {{.name = "rng", .type = whole, .flag = "seed"},
                   {.name = "exp.temperatures", .type = numbers, .flag = "temperature"},
                   {.name = "exp.steps", .type = wholes},
                   {.name = "exp.name", .type = text, .flag = "model"},
                   {.name = "exp.rate", .type = number},
                   {.name = "exp.draw", .type = boolean, .note = "nothing is drawn here"},
                   {.name = "extras", .type = table, .note = "of another program"}},
          .combine = [](const extract::ConfigValues& found) {
            extract::ConfigValues made;
            if (found.contains("exp.steps")) made["model"] = found.at("exp.steps");
            return made;
          }};
}

}  // namespace

bool try_config_file(std::string_view input) {
  static const Program program;
  static const extract::ConfigNames known = names();
  const auto read = [&](std::string_view text, const extract::ConfigNames& also) {
    return extract::parse_flags(text, "x.toml", program.app, *program.run, also);
  };
  const auto check = [&](const extract::ConfigNames& also) {
    return accept_or_refuse("x.toml", [&] {
      const extract::FileFlags said = read(input, also);
      for (const auto& [flag, value] : said.values) {
        require(program.run->get_option_no_throw("--" + flag) != nullptr,
                "config file: no flag " + flag);
      }
      for (const std::string& note : said.notes) {
        require(note.starts_with("x.toml: line ") && note.find('\n') == note.npos,
                "config file: a bad note");
      }
      // The flags as texts in TOML are the same flags.
      Program other;
      std::vector<std::string> words;
      for (const auto& [flag, value] : said.values) words.push_back("--" + flag + "=" + value);
      words.emplace_back("run");
      for (const std::string& word : words) {
        if (word.ends_with('=') || word.find_first_of("\"'`[]{}") != word.npos) return;
      }
      std::rotate(words.begin(), words.end() - 1, words.end());
      std::reverse(words.begin(), words.end());
      other.app.parse(words);
      const std::string text = extract::config_text(*other.run);
      require(read_again([&] { return read(text, also); }).values == said.values,
              "config file: does not come back: " + text);
    });
  };
  const bool with_names = check(known);
  return check({}) || with_names;
}

}  // namespace phiscope::fuzz
