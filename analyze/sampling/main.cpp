// SPDX-License-Identifier: MIT
#include "program/run_program.hpp"
#include "report/write.hpp"
#include "sampling/findings.hpp"
#include "sampling/report.hpp"

namespace sampling = phiscope::analyze::sampling;
namespace program = phiscope::program;

namespace {

void add_options(program::CommandLine& line, sampling::Options& options) {
  line.choice("--grader", options.grader,
              std::vector<std::pair<std::string, phiscope::Grader>>{
                  {"boxed", phiscope::Grader::boxed},
                  {"strict", phiscope::Grader::strict},
                  {"flexible", phiscope::Grader::flexible},
                  {"published", phiscope::Grader::published}},
              "how a solution's answer is read and compared");
  line.flag("--full-length-only", options.full_length_only,
            "leave samples that ended before a checkpoint out of it");
  line.choice("--norm", options.norm,
              std::vector<std::pair<std::string, phiscope::AttributionNorm>>{
                  {"frozen", phiscope::AttributionNorm::frozen},
                  {"raw", phiscope::AttributionNorm::raw},
                  {"published", phiscope::AttributionNorm::published}},
              "how the final norm enters the contributions that are drawn; tables have all three");
  line.number("--clusters", options.clusters,
              "number of clusters of right solutions; 0: that of the run, else choose it for each "
              "problem",
              {0, 1000});
  line.choice("--choose", options.choose,
              std::vector<std::pair<std::string, sampling::ChooseClusters>>{
                  {"gap", sampling::ChooseClusters::gap},
                  {"silhouette", sampling::ChooseClusters::silhouette}},
              "how the number of clusters is chosen");
  line.number("--layer", [&options](std::uint64_t layer) { options.layer = layer; },
              "layer that is clustered; the run's target layer if not given", {0, 1'000'000});
  program::add_resampling_options(line, &options.resamples, options.seed);
  line.number("--sign-flips", options.sign_flips,
              "patterns of signs that a test draws where not all are counted", {1, 10'000'000});
  line.number("--permutations", options.permutations,
              "permutations of the answers among the samples of a problem", {1, 1'000'000});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  sampling::Options options;
  std::optional<std::filesystem::path> judgements;
  return program::run_program(
      argc, argv,
      {.name = "analyze-sampling",
       .about = "The geometry of sampled solutions: how far latents vary, drift from an oracle's, "
                "branch and cluster,\nfrom the folders of `extract sampling`: tables, figures and "
                "report.html.",
       .example = "analyze-sampling runs/sampling --out report --threads 2",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts(
                 "OUT", paths,
                 "folders that `extract sampling` wrote, or run directories of single steps; "
                 "steps that are absent are left out",
                 true);
             program::add_common_options(line, common);
             add_options(line, options);
             line.text("--judgements", judgements,
                       "judgements.jsonl that `judge` made of judge_requests.jsonl");
           },
       .check = {},
       .run =
           [&] {
             options.threads = common.threads;
             const auto reading = phiscope::report::prepare(common);
             std::optional<sampling::Verdicts> verdicts;
             if (judgements) verdicts = sampling::read_verdicts(*judgements);
             const auto studies = sampling::analyze_studies(paths, reading, options);
             const std::vector<phiscope::report::Part> parts = {
                 {"", sampling::report_of(studies, options, verdicts)}};
             for (const std::string& line : sampling::diagnostic_lines(studies)) {
               program::say("analyze-sampling", line);
             }
             return phiscope::report::write_and_tell(parts, common);
           }});
}
