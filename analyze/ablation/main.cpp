// SPDX-License-Identifier: MIT
#include "ablation/report.hpp"
#include "ablation/single.hpp"
#include "program/run_program.hpp"
#include "report/write.hpp"
#include "shard/file/format_error.hpp"

#include <nlohmann/json.hpp>

namespace ablation = phiscope::analyze::ablation;
namespace program = phiscope::program;

namespace {

std::string write_single_heads(const std::filesystem::path& run, const std::filesystem::path& out,
                               const phiscope::shard::ReadOptions& reading) {
  const auto table = ablation::single_heads(run, reading);
  const auto files = phiscope::report::write_files({{"single_heads.csv", to_csv(table)}}, out);
  return nlohmann::ordered_json{{"out", phiscope::shard::path_text(out)}, {"files", files}}.dump();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  ablation::ReadOptions read;
  ablation::Options options;
  bool heads_alone = false;
  return program::run_program(
      argc, argv,
      {.name = "analyze-ablation",
       .about = "Damage by cumulative ablation of attention heads: KL curves, areas, random orders "
                "and baselines,\nfrom run directories of `extract ablate` or tables of mean KL: "
                "tables, pictures and report.html.",
       .example = "analyze-ablation runs/ablate --out report --threads 2",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts("RUN|CSV", paths,
                        "run directories or CSV files (columns num_heads_removed, mean_kl_div, "
                        "order_type); several are compared in one report",
                        true);
             program::add_common_options(line, common);
             line.texts("--orders", read.orders, "analyze only these orders of removal, by name",
                        false, true);
             line.number(
                 "--heads",
                 [&read](std::uint64_t given) { read.heads = static_cast<std::int64_t>(given); },
                 "heads of the model of a CSV (default: the most it removes)", {1, 10'000'000});
             line.flag("--heads-alone", heads_alone,
                       "of a run of `extract ablate --heads-alone`: write single_heads.csv, a "
                       "ranking by the damage of each head alone");
             program::add_resampling_options(line, &options.resamples, options.seed);
           },
       .check =
           [&] {
             if (heads_alone && paths.size() != 1) {
               throw program::UsageError("--heads-alone: " + std::to_string(paths.size()) +
                                         " runs, expected one");
             }
           },
       .run =
           [&] {
             options.threads = common.threads;
             read.run = phiscope::report::prepare(common);
             if (heads_alone) return write_single_heads(paths.front(), common.out, read.run);
             const auto results = ablation::analyze_paths(paths, read, options);
             const std::vector<phiscope::report::Part> parts = {
                 {"", ablation::report_of(results, options)}};
             for (const auto& source : parts.front().analysis.sources) {
               program::say("analyze-ablation", source.label + ": " + source.about);
             }
             return phiscope::report::write_and_tell(parts, common);
           }});
}
