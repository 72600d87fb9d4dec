// SPDX-License-Identifier: MIT
#include "loo/analysis.hpp"
#include "loo/output.hpp"
#include "program/choice.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

using phiscope::Cross;

int main(int argc, char** argv) {
  CLI::App app{
      "Influence of every word of a context on the structure of the word representations, layer by "
      "layer,\nfrom run directories of `extract loo`: tables, pictures and report.html."};
  app.footer("Example: analyze-loo runs/walk_keep runs/walk_drop --out report --threads 2");
  std::vector<std::filesystem::path> paths;
  std::filesystem::path out;
  phiscope::analyze::loo::Options options{.threads =
                                              std::max(1U, std::thread::hardware_concurrency())};
  bool no_figures = false;
  bool allow_partial = false;
  app.add_option("RUN", paths, "run directories; several are compared in one report")->required();
  app.add_option("--out", out, "directory of the results; created if missing")->required();
  app.add_option("--threads", options.threads, "changes the time, no result")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--no-figures", no_figures, "tables and report only");
  app.add_flag("--allow-partial", allow_partial, "take what an unfinished run has");
  phiscope::add_choice<Cross>(app, "--cross", options.cross,
                              {{"groups", Cross::groups}, {"all", Cross::all}},
                              "cross pairs: of the same group, or all");
  app.add_option("--bootstrap", options.resamples, "resamples of every interval")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the resampling")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    std::cerr << "analyze-loo: measuring " << paths.size() << " run(s)\n";
    const auto runs = phiscope::analyze::loo::analyze_runs(paths, allow_partial, options);
    for (const auto& run : runs) {
      std::cerr << "analyze-loo: " << run.label << ": " << run.contexts.size() << " contexts, "
                << run.info.layers.size() << " layers\n";
    }
    const auto written = phiscope::analyze::loo::write_outputs(runs, options, out, !no_figures);
    for (const auto& note : written.notes) std::cerr << "analyze-loo: " << note << '\n';
    const nlohmann::ordered_json line = {{"out", out.string()},
                                         {"report", (out / "report.html").string()},
                                         {"files", written.files},
                                         {"findings", written.findings}};
    std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  } catch (const std::exception& error) {
    std::cerr << "analyze-loo: error: " << error.what() << '\n';
    return 1;
  }
}
