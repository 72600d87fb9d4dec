// SPDX-License-Identifier: MIT
#include "phiid/analysis/analysis.hpp"

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

PhiidPairsOptions pairs_options(const Options& options) {
  return {.phiid = options.phiid,
          .join = options.join(),
          .output = options.all_atoms ? PhiidOutput::atoms : PhiidOutput::sts_rtr_tdmi};
}

/// The matrices, and the scores in every resample of the prompts.
struct Measured {
  Matrices matrices;
  std::vector<HeadScores> resampled;
};

std::vector<HeadScores> scores_of(const HeadTotals& totals, std::size_t threads) {
  std::vector<HeadScores> result(totals.resamples());
  for_each_tile(result.size(), threads,
                [&](std::size_t resample) { result[resample] = head_scores(totals, resample); });
  return result;
}

/// @param weights  resamples to be made on the way; none for one series of all prompts
Measured measure(std::span<const MatrixView<double>> prompts, std::span<const Pair> chosen,
                 const Weights& weights, const Options& options) {
  const bool resample = weights.resamples > 0;
  const std::size_t heads = prompts.front().cols();
  const Pieces pieces(prompts, {.pairs = pairs_options(options), .by_recording = resample}, chosen);
  Measured result{.matrices = empty_matrices(heads, options.all_atoms), .resampled = {}};
  HeadTotals all(weights.resamples, heads);
  struct Part {
    PieceNumbers numbers;
    HeadTotals totals;
  };
  in_order(
      pieces.size(), options.threads,
      [&](std::size_t k) {
        Part part{.numbers = pieces.numbers(k), .totals = {}};
        place(part.numbers, result.matrices);
        if (resample) part.totals = totals(part.numbers, weights);
        part.numbers.by_recording = part.numbers.is_ok = {};
        part.numbers.atoms = {};
        return part;
      },
      [&](std::size_t, const Part& part) {
        const std::size_t recordings = options.mode == Mode::per_prompt ? prompts.size() : 1;
        count(part.numbers, recordings, result.matrices);
        if (resample) all.add(part.totals, part.numbers.heads);
      });
  if (resample) result.resampled = scores_of(all, options.threads);
  return result;
}

/// The scores when the drawn prompts are made one series, for each resample.
std::vector<HeadScores> resample_series(std::span<const MatrixView<double>> prompts,
                                        std::span<const Pair> chosen, const Weights& weights,
                                        const Options& options) {
  std::vector<HeadScores> result;
  PhiidPairsOptions pairs = pairs_options(options);
  pairs.output = PhiidOutput::sts_rtr_tdmi;
  for (std::size_t resample = 0; resample < weights.resamples; ++resample) {
    std::vector<MatrixView<double>> drawn;
    for (std::size_t p = 0; p < prompts.size(); ++p) {
      const auto times = static_cast<std::size_t>(weights.drawn[resample * weights.prompts + p]);
      drawn.insert(drawn.end(), times, prompts[p]);
    }
    result.push_back(head_scores(all_totals(drawn, pairs, chosen, options.threads), 0));
  }
  return result;
}

/// The chosen numbers of all resamples, [resample][head].
template <class Choose>
std::vector<std::vector<Value>> each(const std::vector<HeadScores>& resampled, Choose choose) {
  std::vector<std::vector<Value>> result;
  result.reserve(resampled.size());
  for (const HeadScores& scores : resampled) result.push_back(choose(scores));
  return result;
}

void add_profiles(const std::vector<HeadScores>& resampled, RunResult& result) {
  const std::size_t prompts = result.input.prompts.size();
  const auto add = [&](std::string measure, auto choose) {
    result.profiles.push_back(profile(std::move(measure), choose(result.scores),
                                      each(resampled, choose), prompts, result.input.layers));
  };
  for (const Ranking ranking : rankings) {
    add(std::string(ranking_column(ranking)),
        [ranking](const HeadScores& scores) { return scores.of(ranking); });
  }
  add("syn_balance", [](const HeadScores& scores) { return scores.balance; });
  add("avg_synergy", [](const HeadScores& scores) { return scores.synergy; });
  add("avg_redundancy", [](const HeadScores& scores) { return scores.redundancy; });
  result.profiles.push_back(
      profile("autocorrelation", result.series.autocorrelation, {}, prompts, result.input.layers));
}

void add_intervals(const std::vector<HeadScores>& resampled, RunResult& result) {
  for (std::size_t k = 0; k < rankings.size(); ++k) {
    const std::vector<Value>& scores = result.scores.score[k];
    for (std::size_t head = 0; head < scores.size(); ++head) {
      std::vector<Value> drawn;
      drawn.reserve(resampled.size());
      for (const HeadScores& resample : resampled) drawn.push_back(resample.score[k][head]);
      result.intervals[k].push_back(over_prompts(scores[head], drawn, result.input.prompts.size()));
    }
  }
}

DepthShapeTest shapes_of(const RunResult& run, const Options& options) {
  std::vector<std::vector<Value>> numbers;
  numbers.reserve(rankings.size());
  for (const Ranking ranking : rankings) numbers.push_back(run.scores.of(ranking));
  const std::vector<double> depth = depths(run.input.layers);
  return depth_shape_test(numbers, depth,
                          {.permutations = options.permutations, .seed = options.seed});
}

/// The input without its values, which are large and of no use after the analysis.
Input without_values(const Input& input) {
  Input result = input;
  for (Prompt& prompt : result.prompts) prompt.values = {};
  return result;
}

RunResult analyze_once(const Input& input, const Options& options) {
  RunResult result;
  result.input = without_values(input);
  result.series = prepare(input, options);
  const std::vector<MatrixView<double>> prompts = result.series.views();
  const std::vector<Pair> chosen = chosen_pairs(result.series.heads, options);
  result.resamples = prompts.size() < 2 ? 0 : options.resample_count();
  const Weights weights = draw_prompts(result.resamples, prompts.size(), options.seed);
  const bool on_the_way = options.mode == Mode::per_prompt;
  Measured measured = measure(prompts, chosen, on_the_way ? weights : Weights(), options);
  result.matrices = std::move(measured.matrices);
  if (!on_the_way) measured.resampled = resample_series(prompts, chosen, weights, options);
  result.scores = head_scores(result.matrices);
  result.surrogates = test_surrogates(result.series, chosen, options);
  result.series.values = {};
  add_profiles(measured.resampled, result);
  add_intervals(measured.resampled, result);
  result.shapes = shapes_of(result, options);
  result.correlations = correlations(result.series, result.matrices, result.scores,
                                     measured.resampled, prompts.size());
  if (result.series.heads <= options.graph_limit) {
    result.graphs = graphs(result.matrices, result.input, options.threads);
  }
  result.prompts = diagnose_prompts(result.input, result.series);
  result.bias = bias_note(result.series, result.matrices, options);
  return result;
}

}  // namespace

RunResult analyze(const Input& input, const Options& options) {
  RunResult result = analyze_once(input, options);
  if (options.detrend == Detrend::none && severe(result.prompts, result.series).shares_trend()) {
    Options without = options;
    without.detrend = Detrend::linear;
    without.resamples = 0;
    without.graph_limit = 0;
    without.all_atoms = false;
    result.detrended = key_numbers(analyze_once(input, without));
  }
  if (options.sensitivity) result.sensitivity = sensitivity(input, result.scores, options);
  result.warnings = warnings({.input = result.input,
                              .options = options,
                              .series = result.series,
                              .matrices = result.matrices,
                              .scores = result.scores,
                              .surrogates = result.surrogates,
                              .prompts = result.prompts,
                              .bias = result.bias,
                              .correlations = result.correlations});
  return result;
}

}  // namespace phiscope::analyze::phiid
