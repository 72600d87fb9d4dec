// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "ablate/command.hpp"
#include "command/activations.hpp"
#include "command/config_file.hpp"
#include "command/options.hpp"
#include "inspect/command.hpp"
#include "loo/command.hpp"
#include "patching/command.hpp"
#include "phiid/command.hpp"
#include "program/help.hpp"
#include "random_model/command.hpp"
#include "sampling/command.hpp"
#include "shard/file/format_error.hpp"
#include "steps/command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

namespace phiscope::extract {

std::optional<int> run_program(int argc, char** argv, const std::string& version, bool computes) {
  CLI::App program(
      "Runs a language model once and streams what happens inside it to .npy shards.\n"
      "example: extract loo --model datasets/models/walk --out run\n"
      "         analyze-loo run --out report",
      "extract");
  program::set_up_help(program, version);
  program.require_subcommand(1);
  std::vector<Subcommand> subcommands = inspect_subcommands(program);
  for (const auto add :
       {random_model_subcommand, activations_subcommand, phiid_subcommand, ablate_subcommand,
        loo_subcommand, patching_subcommand, sampling_subcommand, steps_subcommand}) {
    subcommands.push_back(add(program));
  }
  std::string command_line;
  std::vector<std::string> notes;
  for (int i = 0; i < argc; ++i) command_line += (i > 0 ? " " : "") + shard::printable(argv[i]);
  const std::vector<std::string> given(argv + 1, argv + argc);
  try {
    if (const std::string text = program::generated(program, given); !text.empty()) {
      std::cout << text;
      return 0;
    }
    Arguments arguments = with_config_file(program, subcommands, argc, argv);
    // As CLI11's vector overload wants them.
    std::reverse(arguments.words.begin(), arguments.words.end());
    program.parse(arguments.words);
    notes = std::move(arguments.notes);
  } catch (const CLI::ParseError& error) {
    return program::finish(program, error, given);
  }
  for (const Subcommand& subcommand : subcommands) {
    if (!subcommand.app->parsed()) continue;
    RunOptions* const run = subcommand.run;
    const bool asks = run != nullptr && (run->print_config || run->dry_run);
    if (run != nullptr && !asks && !computes) return std::nullopt;
    for (const std::string& note : notes) std::cerr << "note: " << note << '\n';
    if (run != nullptr) run->notes = notes;
    if (run != nullptr && run->print_config) {
      std::cout << config_text(*subcommand.app);
    } else {
      subcommand.go(command_line);
    }
  }
  return 0;
}

}  // namespace phiscope::extract
