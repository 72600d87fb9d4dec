// SPDX-License-Identifier: MIT
#include "patching/findings.hpp"
#include "patching/report.hpp"
#include "program/run_program.hpp"
#include "report/write.hpp"

namespace patching = phiscope::analyze::patching;
namespace program = phiscope::program;

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  patching::Options options;
  return program::run_program(
      argc, argv,
      {.name = "analyze-patching",
       .about =
           "Which activation, by layer and latent step, carries the answer: divergences, recovery "
           "and tests,\nfrom run directories of `extract patching`: tables, maps and report.html.",
       .example = "analyze-patching runs/clean runs/noise --out report --threads 2",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts("RUN", paths,
                        "run directories; the first is compared with each other one (other donors, "
                        "controls) over the pairs of equal id",
                        true);
             program::add_common_options(line, common);
             program::add_resampling_options(line, &options.resamples, options.seed);
             line.number("--sign-flips", options.sign_flips,
                         "patterns of signs that a test draws where not all are counted",
                         {1, 10'000'000});
           },
       .check = {},
       .run =
           [&] {
             options.threads = common.threads;
             const auto reading = phiscope::report::prepare(common);
             const auto results = patching::analyze_runs(paths, reading, options);
             const std::vector<phiscope::report::Part> parts = {
                 {"", patching::report_of(results, options)}};
             for (const std::string& line : patching::diagnostic_lines(results)) {
               program::say("analyze-patching", line);
             }
             return phiscope::report::write_and_tell(parts, common);
           }});
}
