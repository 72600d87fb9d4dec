// SPDX-License-Identifier: MIT
#include "ablation/output.hpp"
#include "ablation/single.hpp"
#include "report/folder.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

int main(int argc, char** argv) {
  CLI::App app{
      "Damage by cumulative ablation of attention heads: KL curves, areas, random orders and "
      "baselines,\nfrom run directories of `extract ablate` or tables of mean KL: tables, pictures "
      "and report.html."};
  app.footer("Example: analyze-ablation runs/ablate --out report --threads 2");
  std::vector<std::filesystem::path> paths;
  std::filesystem::path out;
  phiscope::analyze::ablation::ReadOptions read;
  phiscope::analyze::ablation::Options options{
      .threads = std::max(1U, std::thread::hardware_concurrency())};
  bool no_figures = false;
  app.add_option("RUN|CSV", paths,
                 "run directories or CSV files (columns num_heads_removed, mean_kl_div, "
                 "order_type); several are compared in one report")
      ->required();
  app.add_option("--out", out, "directory of the results; created if missing")->required();
  app.add_option("--orders", read.orders, "only these orders of removal, by name")->delimiter(',');
  app.add_option("--heads", read.heads,
                 "heads of the model of a CSV (default: the most it removes)")
      ->check(CLI::Range(1, 10000000));
  app.add_option("--threads", options.threads, "changes the time, no result")
      ->check(CLI::Range(1, 1024));
  bool heads_alone = false;
  app.add_flag("--heads-alone", heads_alone,
               "of a run of `extract ablate --heads-alone`: writes single_heads.csv, a ranking by "
               "what each head does alone");
  app.add_flag("--no-figures", no_figures, "tables and report only");
  app.add_flag("--allow-partial", read.allow_partial, "take what an unfinished run has");
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
    if (heads_alone) {
      if (paths.size() != 1) throw std::runtime_error("--heads-alone: expected one run");
      const auto table = phiscope::analyze::ablation::single_heads(paths.front());
      const auto files = phiscope::write_files({{"single_heads.csv", to_csv(table)}}, out);
      std::cout << nlohmann::ordered_json{{"out", out.string()}, {"files", files}}.dump() << '\n';
      return 0;
    }
    const auto results = phiscope::analyze::ablation::analyze_paths(paths, read, options);
    for (const auto& result : results) {
      std::cerr << "analyze-ablation: " << result.label << ": " << result.orders.size()
                << " orders, " << result.data.heads << " heads\n";
    }
    const auto written =
        phiscope::analyze::ablation::write_outputs(results, options, out, !no_figures);
    for (const auto& note : written.notes) std::cerr << "analyze-ablation: " << note << '\n';
    const nlohmann::ordered_json line = {{"out", out.string()},
                                         {"report", (out / "report.html").string()},
                                         {"files", written.files},
                                         {"findings", written.findings}};
    std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  } catch (const std::exception& error) {
    std::cerr << "analyze-ablation: error: " << error.what() << '\n';
    return 1;
  }
}
