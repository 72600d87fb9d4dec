// SPDX-License-Identifier: MIT
#include "program/run_program.hpp"
#include "report/write.hpp"
#include "steps/findings.hpp"
#include "steps/report.hpp"

namespace program = phiscope::program;
namespace steps = phiscope::analyze::steps;

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  steps::Options options;
  return program::run_program(
      argc, argv,
      {.name = "analyze-steps",
       .about =
           "Which latent thoughts a right answer needs, and whether that depends on difficulty: "
           "importance,\ntests and divergences from run directories of `extract steps`: tables, "
           "figures and report.html.",
       .example = "analyze-steps runs/steps --out report --threads 2",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts("RUN", paths,
                        "run directories; those of the same model, layers, sets and donor are "
                        "pooled and must not share problems, others are shown side by side",
                        true);
             program::add_common_options(line, common);
             program::add_resampling_options(line, &options.resamples, options.seed);
             line.number("--permutations", options.permutations,
                         "arrangements that a test draws where not all are counted",
                         {1, 10'000'000});
             line.choice("--grader", options.grader,
                         std::vector<std::pair<std::string, steps::Grader>>{
                             {"default", steps::Grader::last_number},
                             {"published", steps::Grader::published}},
                         "how the number of an answer is read; right is within 0.01");
             line.flag("--published-scores", options.published_scores,
                       "count flips in both directions in step_importance_*.json, as published");
           },
       .check = {},
       .run =
           [&] {
             options.threads = common.threads;
             const auto reading = phiscope::report::prepare(common);
             const auto results = steps::analyze_runs(paths, reading, options);
             const std::vector<phiscope::report::Part> parts = {
                 {"", steps::report_of(results, options)}};
             for (const std::string& line : steps::diagnostic_lines(results, options)) {
               program::say("analyze-steps", line);
             }
             return phiscope::report::write_and_tell(parts, common);
           }});
}
