// SPDX-License-Identifier: MIT
#include "loo/report.hpp"
#include "program/run_program.hpp"
#include "report/write.hpp"

namespace loo = phiscope::analyze::loo;
namespace program = phiscope::program;
using phiscope::Cross;

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  loo::Options options;
  return program::run_program(
      argc, argv,
      {.name = "analyze-loo",
       .about =
           "Influence of every word of a context on the structure of the word representations, "
           "layer by layer,\nfrom run directories of `extract loo`: tables, pictures and "
           "report.html.",
       .example = "analyze-loo runs/walk_keep runs/walk_drop --out report --threads 2",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts("RUN", paths, "run directories; several are compared in one report", true);
             program::add_common_options(line, common);
             line.choice<Cross>("--cross", options.cross,
                                {{"groups", Cross::groups}, {"all", Cross::all}},
                                "cross pairs: of the same group, or all");
             program::add_resampling_options(line, &options.resamples, options.seed);
           },
       .check = {},
       .run =
           [&] {
             options.threads = common.threads;
             const auto reading = phiscope::report::prepare(common);
             program::say("analyze-loo", "measuring " + std::to_string(paths.size()) + " run(s)");
             const auto runs = loo::analyze_runs(paths, reading, options);
             const std::vector<phiscope::report::Part> parts = {
                 {"", loo::report_of(runs, options)}};
             for (const auto& source : parts.front().analysis.sources) {
               program::say("analyze-loo", source.label + ": " + source.about);
             }
             return phiscope::report::write_and_tell(parts, common);
           }});
}
