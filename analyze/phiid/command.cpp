// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"

#include "program/choice.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace phiscope::analyze::phiid {
namespace {

void add_method_options(CLI::App& app, Options& options) {
  add_choice<Mode>(app, "--mode", options.mode,
                   {{"per-prompt", Mode::per_prompt}, {"concat", Mode::concat}},
                   "prompts one by one and averaged (default), or as one series");
  app.add_flag("--keep-borders", options.keep_borders,
               "concat: with the transitions from one prompt into the next, as published");
  add_choice<Detrend>(app, "--detrend", options.detrend,
                      {{"none", Detrend::none},
                       {"linear", Detrend::linear},
                       {"difference", Detrend::difference},
                       {"poly2", Detrend::poly2},
                       {"log", Detrend::log}},
                      "what is taken out of every series first (default none)");
  add_choice<Redundancy>(app, "--redundancy", options.phiid.redundancy,
                         {{"mmi", Redundancy::mmi}, {"ccs", Redundancy::ccs}},
                         "minimum mutual information (default), or common change in surprisal");
  add_choice<PhiidKind>(app, "--kind", options.phiid.kind,
                        {{"gaussian", PhiidKind::gaussian}, {"discrete", PhiidKind::discrete}},
                        "Gaussian series in nats (default), or binarised ones in bits");
  app.add_option("--lag", options.phiid.lag, "steps from past to future")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--bias-correction", options.phiid.bias_correction,
               "take the leading bias of short series out of every information");
}

}  // namespace

void add_options(CLI::App& app, Command& command) {
  Options& options = command.options;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  app.add_option("RUN", command.runs, "run directories; several get a folder each and one page");
  app.add_option("--series", command.series,
                 "a .npy file [time, series] or [prompt, time, series] instead of a run");
  app.add_option("--layers", command.layers, "of --series: layers of equally many heads")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--out", command.out, "directory of the results; created if missing")->required();
  add_method_options(app, options);
  app.add_option("--max-pairs", options.max_pairs,
                 "decompose that many pairs only, drawn by --seed")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000000000}));
  app.add_flag("--all-atoms", options.all_atoms, "keep all 16 atoms of every pair in atoms.npy");
  app.add_option("--surrogates", options.surrogates, "compare every head with that many surrogates")
      ->check(CLI::Range(1, 100000));
  add_choice<SurrogateKind>(
      app, "--surrogate-kind", options.surrogate_kind,
      {{"circular", SurrogateKind::circular}, {"phase", SurrogateKind::phase}},
      "every series begun at another time (default), or with random phases");
  app.add_option_function<std::size_t>(
         "--bootstrap", [&options](std::size_t count) { options.resamples = count; },
         "resamples of the prompts for intervals; 0: none (default 200; concat: 0, each costs a "
         "run)")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--graph-limit", options.graph_limit, "more heads: no graph measures")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of pairs, surrogates and resamples")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "changes the time, no result")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--no-figures", command.no_figures, "tables and report only");
  app.add_flag("--allow-partial", command.allow_partial, "take what an unfinished run has");
}

void check_usage(const Command& command) {
  if (command.runs.empty() == command.series.empty()) {
    throw CLI::ValidationError("RUN", "expected run directories or --series FILE, and not both");
  }
  if (command.options.keep_borders && command.options.mode != Mode::concat) {
    throw CLI::ValidationError("--keep-borders", "expected --mode concat with it");
  }
  if (command.series.empty() && command.layers != 1) {
    throw CLI::ValidationError("--layers", "expected --series with it; a run knows its layers");
  }
}

std::vector<Input> read_inputs(const Command& command) {
  std::vector<Input> inputs;
  if (!command.series.empty()) {
    inputs.push_back(read_series(command.series, command.layers));
  }
  for (const auto& run : command.runs) inputs.push_back(read_run(run, command.allow_partial));
  make_labels_unique(inputs);
  return inputs;
}

}  // namespace phiscope::analyze::phiid
