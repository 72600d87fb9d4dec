// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"

#include "shard/file/format_error.hpp"

#include <string>

namespace phiscope::analyze::phiid {
namespace {

void add_method_options(program::CommandLine& line, Options& options) {
  line.choice<Mode>("--mode", options.mode,
                    {{"per-prompt", Mode::per_prompt}, {"concat", Mode::concat}},
                    "decompose each prompt and average, or all prompts as one series");
  line.flag("--keep-borders", options.keep_borders,
            "concat: keep the transitions from one prompt into the next, as published");
  line.choice<Detrend>("--detrend", options.detrend,
                       {{"none", Detrend::none},
                        {"linear", Detrend::linear},
                        {"difference", Detrend::difference},
                        {"poly2", Detrend::poly2},
                        {"log", Detrend::log}},
                       "remove this from every series first");
  line.choice<Redundancy>("--redundancy", options.phiid.redundancy,
                          {{"mmi", Redundancy::mmi}, {"ccs", Redundancy::ccs}},
                          "minimum mutual information, or common change in surprisal");
  line.choice<PhiidKind>("--kind", options.phiid.kind,
                         {{"gaussian", PhiidKind::gaussian}, {"discrete", PhiidKind::discrete}},
                         "Gaussian series in nats, or binarised ones in bits");
  line.number("--lag", options.phiid.lag, "steps from past to future", {1, 1'000'000});
  line.flag("--bias-correction", options.phiid.bias_correction,
            "subtract the leading bias of short series from every information");
}

}  // namespace

void add_options(program::CommandLine& line, Command& command) {
  Options& options = command.options;
  line.texts("RUN", command.runs, "run directories; several get a folder each and one page");
  line.text("--series", command.series,
            "a .npy file [time, series] or [prompt, time, series] instead of a run");
  line.number("--layers", command.layers,
              "with --series: number of layers (heads are split evenly)", {1, 1'000'000});
  program::add_common_options(line, command.common);
  add_method_options(line, options);
  line.number(
      "--max-pairs",
      [&options](std::uint64_t given) { options.max_pairs = static_cast<std::size_t>(given); },
      "decompose at most this many pairs, drawn by --seed", {1, 1'000'000'000'000});
  line.flag("--all-atoms", options.all_atoms, "keep all 16 atoms of every pair in atoms.npy");
  line.number(
      "--surrogates",
      [&options](std::uint64_t given) { options.surrogates = static_cast<std::size_t>(given); },
      "compare every head with this many surrogates", {1, 100'000});
  line.choice<SurrogateKind>(
      "--surrogate-kind", options.surrogate_kind,
      {{"prompts", SurrogateKind::prompts},
       {"circular", SurrogateKind::circular},
       {"phase", SurrogateKind::phase}},
      "each head's series under another prompt (5 prompts or more); or circular time shifts or "
      "randomized phases, which a change with time in all heads passes");
  line.number(
      "--bootstrap",
      [&options](std::uint64_t given) { options.resamples = static_cast<std::size_t>(given); },
      "resamples of the prompts for intervals; 0: none (default 200; concat: 0, since each "
      "resample costs as much as the analysis)",
      {0, 1'000'000});
  line.text("--null-weights", command.null_weights,
            "a run of the same prompts with random weights (extract random-model), drawn beside");
  line.flag("--sensitivity", options.sensitivity,
            "also the order of the heads by balance_score at other lags, without trend, with the "
            "other redundancy and kind: 36 more analyses");
  line.number("--graph-limit", options.graph_limit,
              "no graph measures for more heads than this: they take heads^3 steps");
  program::add_resampling_options(line, nullptr, options.seed);
}

void check_usage(const Command& command) {
  if (command.runs.empty() == command.series.empty()) {
    throw program::UsageError("RUN: expected run directories or --series FILE, and not both");
  }
  if (command.options.keep_borders && command.options.mode != Mode::concat) {
    throw program::UsageError("--keep-borders: expected --mode concat with it");
  }
  if (!command.null_weights.empty() && command.runs.size() != 1) {
    throw program::UsageError("--null-weights: expected one RUN with it");
  }
  if (command.series.empty() && command.layers != 1) {
    throw program::UsageError("--layers: expected --series with it; a run knows its layers");
  }
}

Input read_null_weights(const Command& command, const Input& like) {
  Input input = read_run(command.null_weights, command.reading);
  if (input.layers != like.layers || input.heads_per_layer != like.heads_per_layer) {
    throw shard::FormatError(command.null_weights,
                             std::to_string(input.layers.size()) + " layers of " +
                                 std::to_string(input.heads_per_layer) + " heads, expected the " +
                                 std::to_string(like.layers.size()) + " of " +
                                 std::to_string(like.heads_per_layer) + " of " + like.label);
  }
  if (input.label == like.label) input.label += "_null";
  return input;
}

std::vector<Input> read_inputs(const Command& command) {
  std::vector<Input> inputs;
  if (!command.series.empty()) {
    inputs.push_back(read_series(command.series, command.layers));
  }
  for (const auto& run : command.runs) {
    inputs.push_back(read_run(run, command.reading));
  }
  make_labels_unique(inputs);
  return inputs;
}

}  // namespace phiscope::analyze::phiid
