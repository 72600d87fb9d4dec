// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"
#include "phiid/output.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <nlohmann/json.hpp>

namespace phiid = phiscope::analyze::phiid;

int main(int argc, char** argv) {
  CLI::App app{
      "Synergy and redundancy of attention heads by integrated information decomposition of their "
      "activity,\nfrom run directories of `extract phiid` or a plain array: rankings, profiles, "
      "pictures and report.html."};
  app.footer("Example: analyze-phiid runs/phiid --out report --surrogates 20 --threads 2");
  phiid::Command command;
  phiid::add_options(app, command);
  try {
    app.parse(argc, argv);
    phiid::check_usage(command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    std::vector<phiid::Input> inputs = phiid::read_inputs(command);
    std::vector<phiid::RunResult> runs;
    for (phiid::Input& input : inputs) {
      std::cerr << "analyze-phiid: " << input.label << ": " << input.prompts.size() << " prompts, "
                << input.heads() << " heads\n";
      runs.push_back(phiid::analyze(std::move(input), command.options));
    }
    const auto written =
        phiid::write_outputs(runs, command.options, command.out, !command.no_figures);
    for (const auto& line : written.warnings) {
      std::cerr << "analyze-phiid: warning: " << line << '\n';
    }
    for (const auto& note : written.notes) std::cerr << "analyze-phiid: " << note << '\n';
    const nlohmann::ordered_json line = {{"out", command.out.string()},
                                         {"report", (command.out / "report.html").string()},
                                         {"files", written.files},
                                         {"findings", written.findings},
                                         {"warnings", written.warnings}};
    std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  } catch (const std::exception& error) {
    std::cerr << "analyze-phiid: error: " << error.what() << '\n';
    return 1;
  }
}
