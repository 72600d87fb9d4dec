// SPDX-License-Identifier: MIT
#include "run/draw/next_token.hpp"

#include "model/cpu/parallel.hpp"
#include "model/index_tensor.hpp"
#include "plan/counter_random.hpp"
#include "run/draw/device_draw.hpp"
#include "run/draw/drawn_token.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace phiscope::extract {
namespace {

/// The ids that a repetition penalty is for.
std::vector<int> earlier_ids(const Waiting& waiting) {
  const Run& run = *waiting.run;
  std::vector<int> earlier = run.tokens;
  earlier.insert(earlier.end(), run.after.begin(), run.after.end());
  earlier.insert(earlier.end(), waiting.quoted.begin(), waiting.quoted.end());
  earlier.insert(earlier.end(), waiting.generated.begin(), waiting.generated.end());
  return earlier;
}

double quantile_of(const Drawing& drawing, const Waiting& waiting) {
  DrawPlace place = waiting.run->draw;
  place.step += static_cast<std::uint32_t>(waiting.generated.size());
  return uniform_at(drawing.seed, place);
}

double temperature_of(const Drawing& drawing, const Waiting& waiting) {
  const double own = waiting.run->temperature;
  return own > 0 ? own : drawing.options.temperature;
}

int drawn(const Drawing& drawing, const Waiting& waiting, std::span<const float> scores) {
  std::vector<int> earlier;
  if (drawing.options.repetition_penalty != 1.0) earlier = earlier_ids(waiting);
  static thread_local DrawScratch scratch;  // megabytes, which would be mapped anew for each row
  DrawOptions options = drawing.options;
  options.temperature = temperature_of(drawing, waiting);
  return drawn_token(scores, earlier, options, quantile_of(drawing, waiting), scratch);
}

bool is_forced(const Waiting& run) {
  return run.forced.token >= 0 || run.forced.rank > 0;
}

bool is_drawn(const Generation& generation, const Waiting& run) {
  return generation.drawing.has_value() && run.run->temperature != 0 && !is_forced(run);
}

/// The drawn ids of all runs that draw, 0 for the others; a row depends on no other.
std::vector<int> ids_drawn_here(const Generation& generation, std::span<const Waiting> runs,
                                const at::Tensor& scores) {
  const at::Tensor on_cpu = scores.to(at::kCPU, at::kFloat);
  const at::Tensor rows = on_cpu.stride(1) == 1 ? on_cpu : on_cpu.contiguous();
  const float* const first = rows.const_data_ptr<float>();
  const auto vocab = static_cast<std::size_t>(rows.size(1));
  std::vector<int> ids(runs.size(), 0);
  in_parallel(std::ssize(runs), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const auto run = static_cast<std::size_t>(r);
      if (!is_drawn(generation, runs[run])) continue;
      ids[run] = drawn(*generation.drawing, runs[run], {first + r * rows.stride(0), vocab});
    }
  });
  return ids;
}

/// Rows that are drawn from where their scores are.
struct OpenRows {
  std::vector<std::int64_t> rows{};
  std::vector<double> temperatures{};
  std::vector<double> quantiles{};

  void add(std::int64_t row, double temperature, double quantile) {
    rows.push_back(row);
    temperatures.push_back(temperature);
    quantiles.push_back(quantile);
  }
};

/// The same where the scores are on a device: only ids leave it, but for rows that are in doubt or
/// have a penalty.
std::vector<int> ids_drawn_there(const Generation& generation, std::span<const Waiting> runs,
                                 const at::Tensor& scores) {
  const Drawing& drawing = *generation.drawing;
  OpenRows open;
  std::vector<std::int64_t> here;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!is_drawn(generation, runs[r])) continue;
    const double temperature = temperature_of(drawing, runs[r]);
    if (drawing.options.repetition_penalty != 1.0 || !keeps_order(temperature)) {
      here.push_back(static_cast<std::int64_t>(r));
      continue;
    }
    open.add(static_cast<std::int64_t>(r), temperature, quantile_of(drawing, runs[r]));
  }
  std::vector<int> ids(runs.size(), 0);
  check_draw_options(drawing.options);
  // The tokens that are drawn from are few as a rule, and a whole vocabulary takes long to sort.
  constexpr std::int64_t at_first = 2048;
  for (std::int64_t candidates = at_first; !open.rows.empty(); candidates = scores.size(1)) {
    const bool all = open.rows.size() == runs.size();
    const at::Tensor some =
        all ? scores : scores.index_select(0, index_tensor(open.rows, scores.device()));
    const at::Tensor found = undoubted_tokens(some.to(at::kFloat), open.temperatures,
                                              open.quantiles, drawing.options, candidates)
                                 .to(at::kCPU)
                                 .contiguous();
    OpenRows left;
    for (std::size_t i = 0; i < open.rows.size(); ++i) {
      const std::int64_t id = found.const_data_ptr<std::int64_t>()[i];
      ids[static_cast<std::size_t>(open.rows[i])] = static_cast<int>(id);
      if (id == in_doubt) here.push_back(open.rows[i]);
      if (id == among_others) left.add(open.rows[i], open.temperatures[i], open.quantiles[i]);
    }
    open = std::move(left);
  }
  if (here.empty()) return ids;
  std::vector<Waiting> those;
  those.reserve(here.size());
  for (const std::int64_t r : here) those.push_back(runs[static_cast<std::size_t>(r)]);
  const std::vector<int> found = ids_drawn_here(
      generation, those, scores.index_select(0, index_tensor(here, scores.device())));
  for (std::size_t i = 0; i < here.size(); ++i) ids[static_cast<std::size_t>(here[i])] = found[i];
  return ids;
}

std::vector<int> drawn_ids(const Generation& generation, std::span<const Waiting> runs,
                           const at::Tensor& scores) {
  return scores.is_cpu() ? ids_drawn_here(generation, runs, scores)
                         : ids_drawn_there(generation, runs, scores);
}

/// The penalty where a run takes the highest score.
double penalty_of(const Generation& generation) {
  return generation.drawing ? generation.drawing->options.repetition_penalty
                            : generation.greedy_penalty;
}

/// Scores after the penalty. In float32, as Hugging Face's generation, so that ties are the same.
std::vector<float> penalised_scores(const at::Tensor& scores, const Waiting& waiting,
                                    double penalty) {
  const at::Tensor row = scores.to(at::kCPU, at::kFloat).contiguous();
  const std::span<const float> logits(row.const_data_ptr<float>(),
                                      static_cast<std::size_t>(row.numel()));
  std::vector<float> penalised(logits.begin(), logits.end());
  const auto factor = static_cast<float>(penalty);
  for (const int id : earlier_ids(waiting)) {
    const auto place = static_cast<std::size_t>(id);
    if (place >= logits.size()) continue;  // a token that only the embedding knows
    const float logit = logits[place];     // so that a token is penalised once
    penalised[place] = logit < 0 ? logit * factor : logit / factor;
  }
  return penalised;
}

/// The best id after the penalty, of equal ones the lowest.
std::int64_t best_penalised(const at::Tensor& scores, const Waiting& waiting, double penalty) {
  const std::vector<float> penalised = penalised_scores(scores, waiting, penalty);
  return std::ranges::max_element(penalised) - penalised.begin();
}

/// The id of a rank among scores [vocab] after the penalty, from 1; of equal ones the lower id
/// comes first.
std::int64_t of_rank(const at::Tensor& scores, const Waiting& waiting, double penalty) {
  const int rank = std::min(waiting.forced.rank, static_cast<int>(scores.numel()));
  if (penalty != 1.0) {
    const std::vector<float> penalised = penalised_scores(scores, waiting, penalty);
    std::vector<std::int64_t> ids(penalised.size());
    std::iota(ids.begin(), ids.end(), std::int64_t{0});
    std::ranges::stable_sort(ids, std::ranges::greater{}, [&](std::int64_t id) {
      return penalised[static_cast<std::size_t>(id)];
    });
    return ids[static_cast<std::size_t>(rank) - 1];
  }
  const at::Tensor order = std::get<1>(at::sort(scores, /*stable=*/true, 0, /*descending=*/true));
  return order[rank - 1].item<std::int64_t>();
}

/// Natural logarithms of the probabilities of some ids [row].
at::Tensor log_probabilities_of(const at::Tensor& scores, const at::Tensor& ids) {
  const at::ScalarType wide = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor wide_scores = scores.to(wide);
  const at::Tensor chosen = wide_scores.gather(1, ids.unsqueeze(1)).squeeze(1);
  return chosen - at::logsumexp(wide_scores, {1});
}

/// The highest score of every run, with one wait for a device: ids and logarithms come together, as
/// doubles, which hold both.
std::vector<NextToken> highest_tokens(const at::Tensor& scores, const at::Tensor& possible) {
  const at::Tensor best = at::argmax(possible, -1);
  const at::Tensor logs = log_probabilities_of(scores, best);
  const at::Tensor both = at::stack({best.to(at::kDouble), logs.to(at::kDouble)});
  const at::Tensor on_cpu = both.to(at::kCPU).contiguous();
  const double* const found = on_cpu.const_data_ptr<double>();
  const std::int64_t rows = best.size(0);
  std::vector<NextToken> tokens;
  tokens.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t r = 0; r < rows; ++r) {
    tokens.push_back(
        {.id = static_cast<int>(found[r]), .log_probability = static_cast<float>(found[rows + r])});
  }
  return tokens;
}

}  // namespace

std::vector<NextToken> next_tokens(const Generation& generation, std::span<const Waiting> runs,
                                   const at::Tensor& scores) {
  const at::Tensor possible = generation.below > 0 && generation.below < scores.size(1)
                                  ? scores.narrow(1, 0, generation.below)
                                  : scores;
  const bool draws =
      std::ranges::any_of(runs, [&](const Waiting& run) { return is_drawn(generation, run); });
  const bool chooses = std::ranges::any_of(
      runs, [&](const Waiting& run) { return !is_forced(run) && !is_drawn(generation, run); });
  const std::vector<int> drawn = draws ? drawn_ids(generation, runs, possible) : std::vector<int>();
  const double penalty = penalty_of(generation);
  const bool all_highest = penalty == 1.0 && std::ranges::none_of(runs, [&](const Waiting& run) {
                             return is_forced(run) || is_drawn(generation, run);
                           });
  if (all_highest && !scores.is_cpu()) return highest_tokens(scores, possible);
  const at::Tensor best =
      chooses && penalty == 1.0 ? at::argmax(possible, -1).to(at::kCPU).contiguous() : at::Tensor();
  std::vector<std::int64_t> ids;
  ids.reserve(runs.size());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto row = static_cast<std::int64_t>(r);
    if (runs[r].forced.token >= 0) {
      ids.push_back(runs[r].forced.token);
    } else if (runs[r].forced.rank > 0) {
      ids.push_back(of_rank(possible[row], runs[r], penalty));
    } else if (is_drawn(generation, runs[r])) {
      ids.push_back(drawn[r]);
    } else if (penalty != 1.0) {
      ids.push_back(best_penalised(possible[row], runs[r], penalty));
    } else {
      ids.push_back(best.const_data_ptr<std::int64_t>()[r]);
    }
  }
  const at::Tensor log_probabilities =
      log_probabilities_of(scores, index_tensor(ids, scores.device()))
          .to(at::kCPU, at::kFloat)
          .contiguous();
  std::vector<NextToken> tokens;
  tokens.reserve(runs.size());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    tokens.push_back({.id = static_cast<int>(ids[r]),
                      .log_probability = log_probabilities.const_data_ptr<float>()[r]});
  }
  return tokens;
}

}  // namespace phiscope::extract
