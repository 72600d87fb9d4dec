// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/analysis.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace phiscope::test {

/// Estimates and values of which no two are equal; with `gaps`, every eleventh is undefined.
class DistinctEstimates {
 public:
  explicit DistinctEstimates(double start) : last_(start) {}
  /// Multiples of 2^-10 above the start: sums and means of them are exact.
  double next() { return last_ += 0x1p-10; }
  Estimate estimate() {
    if (++count_ % 11 == 0)
      return {.value = Status::no_pairs, .low = Status::no_pairs, .high = Status::no_pairs};
    const double value = next();
    return {.value = value,
            .low = value - 0.25,
            .high = value + 0.5,
            .units = 12,
            .draws = 200,
            .method = "percentile",
            .covers = "prompts"};
  }

 private:
  double last_;
  std::size_t count_ = 0;
};

inline void make_scores(analyze::phiid::RunResult& run, DistinctEstimates& numbers) {
  const std::size_t heads = run.series.heads;
  analyze::phiid::HeadScores& scores = run.scores;
  for (std::size_t head = 0; head < heads; ++head) {
    const bool is_dead = head == heads - 2;
    const auto value = [&] { return is_dead ? Value(Status::no_pairs) : Value(numbers.next()); };
    scores.synergy.push_back(value());
    scores.redundancy.push_back(value());
    scores.balance.push_back(value());
    scores.synergy_rank.push_back(is_dead ? 0 : (head * 5 + 2) % heads + 1);
    scores.redundancy_rank.push_back(is_dead ? 0 : (head * 7 + 3) % heads + 1);
    scores.n_pairs.push_back(is_dead ? 0 : heads - 2 - head % 2);
    for (auto& score : scores.score) score.push_back(value());
    for (auto& intervals : run.intervals) intervals.push_back(numbers.estimate());
    run.series.level.emplace_back(numbers.next());
    run.series.autocorrelation.push_back(value());
    run.series.trend.emplace_back(is_dead ? Value(Status::constant_series)
                                          : Value(0.001 * static_cast<double>(head)));
    run.series.dead.push_back(is_dead);
    for (auto& tests : run.surrogates.tests) {
      tests.heads.push_back({.z = numbers.next(), .p = numbers.next(), .n = 19});
      tests.family_p.emplace_back(numbers.next());
    }
  }
}

inline void make_matrices(analyze::phiid::RunResult& run, DistinctEstimates& numbers) {
  const std::size_t heads = run.series.heads;
  run.matrices = analyze::phiid::empty_matrices(heads, false);
  run.matrices.pairs = run.matrices.pairs_ok = pair_count(heads);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  for (auto* matrix : {&run.matrices.sts, &run.matrices.rtr, &run.matrices.tdmi}) {
    for (std::size_t i = 0; i < heads; ++i) {
      for (std::size_t j = i; j < heads; ++j) {
        const bool is_ok = i != j && (i + j) % 9 != 4;
        (*matrix)[i * heads + j] = (*matrix)[j * heads + i] = is_ok ? numbers.next() : none;
      }
    }
  }
}

inline void make_profiles(analyze::phiid::RunResult& run, DistinctEstimates& numbers) {
  for (const char* measure : {"balance_score", "rank_difference_score", "tdmi_score", "syn_balance",
                              "avg_synergy", "avg_redundancy", "autocorrelation"}) {
    analyze::phiid::Profile profile;
    profile.measure = measure;
    profile.depth = analyze::phiid::depths(run.input.layers);
    for (std::size_t layer = 0; layer < profile.depth.size(); ++layer) {
      profile.layers.push_back(numbers.estimate());
      profile.n_ok.push_back(layer + 1);
    }
    for (Estimate* each :
         {&profile.first, &profile.middle, &profile.last, &profile.contrast, &profile.curvature,
          &profile.first_slope, &profile.last_slope, &profile.vertex, &profile.explained}) {
      *each = numbers.estimate();
    }
    run.profiles.push_back(std::move(profile));
  }
}

inline void make_shapes(analyze::phiid::RunResult& run, DistinctEstimates& numbers) {
  run.shapes.least_p = 0.001;
  for (std::size_t k = 0; k < analyze::phiid::rankings.size(); ++k) {
    const auto p = [k](std::size_t i) { return 0.01 * static_cast<double>(4 * k + i + 1); };
    run.shapes.numbers.push_back({.inverted_u = numbers.next(),
                                  .u = numbers.next(),
                                  .p_inverted_u = p(0),
                                  .p_u = p(1),
                                  .family_p_inverted_u = p(2),
                                  .family_p_u = p(3)});
  }
}

/// Results that no analysis gave, with a number of its own in every place and some that are
/// undefined. @param start  two runs with starts far apart have no number in common
inline analyze::phiid::RunResult made_up_phiid_run(const std::string& label,
                                                   const std::vector<std::int64_t>& layers,
                                                   std::size_t heads_per_layer, double start) {
  analyze::phiid::RunResult run;
  run.input.label = label;
  run.input.layers = layers;
  run.input.heads_per_layer = heads_per_layer;
  run.series.heads = run.input.heads();
  for (std::size_t p = 0; p < 12; ++p) {
    analyze::phiid::Prompt prompt;
    prompt.id = "prompt" + std::to_string(p);
    prompt.category = p % 2 == 0 ? "even" : "odd";
    run.input.prompts.push_back(prompt);
    analyze::phiid::PromptDiagnosis& diagnosis = run.prompts.emplace_back();
    diagnosis.id = prompt.id;
    diagnosis.category = prompt.category;
    diagnosis.steps = 60 + p;
  }
  run.input.prompts_planned = 12;
  run.resamples = 200;
  run.surrogates.surrogates = 19;
  DistinctEstimates numbers(start);
  make_scores(run, numbers);
  make_matrices(run, numbers);
  make_profiles(run, numbers);
  make_shapes(run, numbers);
  for (const auto& [over, first, second] :
       {std::tuple("head", "avg_synergy", "avg_redundancy"),
        std::tuple("head", "avg_synergy", "autocorrelation"),
        std::tuple("head", "avg_synergy", "head_norm"), std::tuple("pair", "sts", "rtr"),
        std::tuple("pair", "sts", "autocorrelation")}) {
    run.correlations.push_back({.over = over,
                                .first = first,
                                .second = second,
                                .n = 20 + run.correlations.size(),
                                .spearman = numbers.estimate(),
                                .pearson = numbers.estimate()});
  }
  for (const char* edges : {"sts", "rtr"}) {
    run.graphs.push_back({.edges = edges,
                          .n_edges = 30 + run.graphs.size(),
                          .mean_weight = numbers.next(),
                          .global_efficiency = numbers.next(),
                          .relative_efficiency = numbers.next(),
                          .modularity = numbers.next(),
                          .communities = 3 + run.graphs.size(),
                          .layer_modularity = numbers.next()});
  }
  return run;
}

}  // namespace phiscope::test
