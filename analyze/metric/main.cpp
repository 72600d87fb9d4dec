// SPDX-License-Identifier: MIT
#include "metric/command.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

int main(int argc, char** argv) {
  CLI::App app{
      "One metric on plain arrays: .npy files in, one line of JSON out.\n"
      "\"value\" is null where the metric is undefined, and \"status\" says why."};
  app.footer(
      "Example: analyze-metric phi-ratio rows.npy --clusters clusters.npy\n"
      "analyze-metric NAME --help explains a metric.");
  app.require_subcommand(1);
  phiscope::analyze::metric::Arguments arguments;
  const std::vector<phiscope::analyze::metric::Command> commands =
      phiscope::analyze::metric::all_commands();
  for (const auto& command : commands)
    phiscope::analyze::metric::add_command(app, command, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    for (const auto& command : commands) {
      if (app.got_subcommand(command.name)) std::cout << command.run(arguments) << '\n';
    }
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("standard output: cannot write");
  } catch (const phiscope::analyze::metric::UsageError& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
