// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"
#include "phiid/report.hpp"

#include <optional>

namespace phiid = phiscope::analyze::phiid;
namespace program = phiscope::program;

int main(int argc, char** argv) {
  phiid::Command command;
  return program::run_program(
      argc, argv,
      {.name = "analyze-phiid",
       .about = "Synergy and redundancy of attention heads by integrated information decomposition "
                "of their activity,\nfrom run directories of `extract phiid` or a plain array: "
                "rankings, profiles, pictures and report.html.",
       .example = "analyze-phiid runs/phiid --out report --surrogates 399 --threads 2",
       .add_options = [&](program::CommandLine& line) { phiid::add_options(line, command); },
       .check = [&] { phiid::check_usage(command); },
       .run =
           [&] {
             command.options.threads = command.common.threads;
             command.reading = phiscope::report::prepare(command.common);
             std::vector<phiid::RunResult> runs;
             const std::vector<phiid::Input> inputs = phiid::read_inputs(command);
             std::optional<phiid::Input> null;
             if (!command.null_weights.empty()) {
               null = phiid::read_null_weights(command, inputs.front());
             }
             for (const phiid::Input& input : inputs) {
               program::say("analyze-phiid",
                            input.label + ": " + std::to_string(input.prompts.size()) +
                                " prompts, " + std::to_string(input.heads()) + " heads");
               runs.push_back(phiid::analyze(input, command.options));
             }
             if (null) {
               phiid::Options as_run = command.options;
               as_run.sensitivity = false;
               runs.front().null_weights.push_back(phiid::analyze(*null, as_run));
             }
             return phiscope::report::write_and_tell(phiid::parts_of(runs, command.options),
                                                     command.common);
           }});
}
