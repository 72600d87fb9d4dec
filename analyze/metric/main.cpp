// SPDX-License-Identifier: MIT
#include "metric/command.hpp"

#include <iostream>

int main(int argc, char** argv) {
  using phiscope::program::CommandLine;
  CommandLine line("analyze-metric",
                   "One metric on plain arrays: .npy files in, one line of JSON out.\n"
                   "\"value\" is null where the metric is undefined, and \"status\" says why.",
                   "Example: analyze-metric phi-ratio rows.npy --clusters clusters.npy");
  phiscope::analyze::metric::Arguments arguments;
  const auto commands = phiscope::analyze::metric::all_commands();
  std::vector<const CommandLine*> lines;
  lines.reserve(commands.size());
  for (const auto& command : commands) lines.push_back(&add_command(line, command, arguments));
  const int status = line.parse(argc, argv, {});
  if (status >= 0) return status;

  try {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (lines[i]->chosen()) std::cout << commands[i].run(arguments) << '\n';
    }
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("standard output: cannot write");
  } catch (const phiscope::program::UsageError& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
