// SPDX-License-Identifier: MIT
#include "sampling/analysis/variance.hpp"

#include "program/parallel.hpp"

#include <phiscope/effective_rank.hpp>
#include <phiscope/label_variance.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/nearest_centroid.hpp>
#include <phiscope/participation_ratio.hpp>
#include <phiscope/trace_covariance.hpp>

#include <map>

namespace phiscope::analyze::sampling {
namespace {

/// The samples of a problem at a temperature that count at a checkpoint.
struct Counted {
  SpreadCell numbers = {};
  std::vector<RowPlace> places = {};
  std::vector<std::size_t> samples = {};
};

Counted count_samples(const Samples& run, std::size_t problem, std::size_t temperature,
                      std::size_t checkpoint, const Options& options) {
  Counted counted;
  const auto& samples = run.samples[problem][temperature];
  counted.places.reserve(samples.size());
  counted.samples.reserve(samples.size());
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Sample& sample = samples[s];
    if (!sample.done) {
      ++counted.numbers.missing;
      continue;
    }
    const bool full = run.is_full(sample, checkpoint);
    counted.numbers.ended += full ? 0U : 1U;
    if (!sample.latents[checkpoint]) {
      ++counted.numbers.too_short;
      continue;
    }
    if (options.full_length_only && !full) continue;
    counted.places.push_back(*sample.latents[checkpoint]);
    counted.samples.push_back(s);
  }
  counted.numbers.n = counted.places.size();
  return counted;
}

/// Where a sample's final answer is known: the rows to take, and a number for each answer.
struct Answered {
  std::vector<std::size_t> rows = {};
  std::vector<std::int64_t> labels = {};
};

Answered answered_of(const Counted& counted, const std::vector<std::string>& answers) {
  Answered answered;
  answered.rows.reserve(counted.samples.size());
  answered.labels.reserve(counted.samples.size());
  std::map<std::string, std::int64_t> numbers;
  for (std::size_t i = 0; i < counted.samples.size(); ++i) {
    const std::string& answer = answers[counted.samples[i]];
    if (answer.empty()) continue;
    const auto next = static_cast<std::int64_t>(numbers.size());
    answered.rows.push_back(i);
    answered.labels.push_back(numbers.try_emplace(answer, next).first->second);
  }
  return answered;
}

void measure_rows(MatrixView<float> rows, SpreadCell& cell) {
  cell[Spread::trace_covariance] = trace_covariance(rows);
  cell[Spread::cosine] = mean_cosine(rows);
  cell[Spread::participation_ratio] = participation_ratio(rows);
  cell[Spread::effective_rank] = effective_rank(rows);
}

void measure_answers(const Samples& run, const Counted& counted, const Answered& answered,
                     std::size_t layer, const Options& options, SpreadCell& cell) {
  std::vector<RowPlace> places;
  places.reserve(answered.rows.size());
  for (const std::size_t row : answered.rows) places.push_back(counted.places[row]);
  const std::vector<float> values = run.latents.gather(places, layer);
  const MatrixView<float> rows(values, places.size(), run.latents.units());
  const LabelVariance split = label_variance(rows, answered.labels);
  cell[Spread::within] = split.within;
  cell[Spread::between] = split.between;
  cell[Spread::between_share] = split.share;
  const NearestCentroid told = nearest_centroid(
      rows, answered.labels, {.permutations = options.permutations, .seed = options.seed});
  cell[Spread::commitment] = told.accuracy;
  cell[Spread::commitment_permuted] = told.permuted;
  cell[Spread::commitment_excess] = difference(told.accuracy, told.permuted);
}

void measure_problem(Variance& result, std::size_t problem, const Options& options) {
  const Samples& run = result.run;
  auto& cells = result.cells[problem];
  cells.resize(result.axes.means());
  for (std::size_t t = 0; t < result.axes.temperatures; ++t) {
    for (std::size_t c = 0; c < result.axes.checkpoints; ++c) {
      const Counted counted = count_samples(run, problem, t, c, options);
      const Answered answered = answered_of(counted, result.grading.answers[problem][t]);
      for (std::size_t layer = 0; layer < result.axes.layers; ++layer) {
        SpreadCell& cell = cells[result.axes.mean_index(t, layer, c)];
        cell = counted.numbers;
        cell.answered = answered.rows.size();
        const std::vector<float> values = run.latents.gather(counted.places, layer);
        measure_rows(MatrixView<float>(values, counted.places.size(), run.latents.units()), cell);
        measure_answers(run, counted, answered, layer, options, cell);
      }
    }
  }
}

void add_means(Variance& result, const Options& options) {
  result.means.resize(result.axes.means());
  for_each_tile(result.means.size(), options.threads, [&](std::size_t mean) {
    for (std::size_t spread = 0; spread < spread_count; ++spread) {
      std::vector<Value> values;
      values.reserve(result.axes.problems);
      for (const auto& problem : result.cells) values.push_back(problem[mean].values[spread]);
      result.means[mean][spread] = cell_of(values, options);
    }
  });
}

/// Does the variance differ between the highest temperature and the lowest one above 0?
void test_temperature(Variance& result, const Options& options) {
  const auto& temperatures = result.run.temperatures;
  const std::size_t low = lowest_drawn(temperatures);
  const std::size_t high = temperatures.size() - 1;
  std::vector<std::vector<Value>> differences(result.axes.problems);
  for (std::size_t p = 0; p < result.axes.problems && low < high; ++p) {
    differences[p].reserve(result.axes.layers);
    for (std::size_t layer = 0; layer < result.axes.layers; ++layer) {
      const std::size_t last = result.axes.checkpoints - 1;
      differences[p].push_back(
          difference(result.cell(p, high, layer, last)[Spread::trace_covariance],
                     result.cell(p, low, layer, last)[Spread::trace_covariance]));
    }
  }
  result.warmer = test_layers(differences, result.axes.layers, options);
}

void test_commitment(Variance& result, const Options& options) {
  const std::size_t high = result.axes.temperatures - 1;
  std::vector<std::vector<Value>> excess(result.axes.problems);
  for (std::size_t p = 0; p < result.axes.problems; ++p) {
    excess[p].reserve(result.axes.checkpoints);
    for (std::size_t c = 0; c < result.axes.checkpoints; ++c) {
      const SpreadCell& cell = result.cell(p, high, result.run.info.target(), c);
      excess[p].push_back(cell[Spread::commitment_excess]);
    }
  }
  result.commitment = test_layers(excess, result.axes.checkpoints, options);
}

}  // namespace

std::string_view spread_name(Spread spread) noexcept {
  constexpr std::array<std::string_view, spread_count> names = {
      "trace_covariance", "cosine",     "participation_ratio",
      "effective_rank",   "within",     "between",
      "between_share",    "commitment", "commitment_permuted",
      "commitment_excess"};
  return names[static_cast<std::size_t>(spread)];
}

std::size_t lowest_drawn(const std::vector<double>& temperatures) {
  return temperatures.size() > 1 && temperatures.front() == 0.0 ? 1U : 0U;
}

Variance analyze_variance(Samples run, const Options& options) {
  Variance result;
  result.run = std::move(run);
  result.label = result.run.info.name;
  result.axes = {.problems = result.run.info.problems.size(),
                 .temperatures = result.run.temperatures.size(),
                 .layers = result.run.info.layers.size(),
                 .checkpoints = result.run.checkpoints.size()};
  result.grading = grade_samples(result.run, options.grader);
  result.cells.resize(result.axes.problems);
  for_each_tile(result.axes.problems, options.threads,
                [&](std::size_t problem) { measure_problem(result, problem, options); });
  add_means(result, options);
  test_temperature(result, options);
  test_commitment(result, options);
  return result;
}

}  // namespace phiscope::analyze::sampling
