// SPDX-License-Identifier: MIT
#include "run/measures.hpp"

#include "model/cpu/parallel.hpp"
#include "model/device/device_memory.hpp"
#include "model/index_tensor.hpp"
#include "run/score_divergence.hpp"

#include <phiscope/log_sum_exp.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/logsumexp.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

/// A position to be scored, and what it counts in its row.
struct Position {
  std::size_t row = 0;  ///< of the scored rows
  std::int64_t batch_row = 0;
  std::int64_t reference_row = 0;
  double share = 1.0;
  std::size_t number = 0;  ///< among all, in the order of rows and positions
};

/// What is known of a position once it is scored.
struct Scored {
  LogitDivergence divergence{.kl = Status::too_few_rows,
                             .reverse_kl = Status::too_few_rows,
                             .l2 = Status::too_few_rows,
                             .rms = Status::too_few_rows};
  double token_score = 0.0;
  double token_log_probability = 0.0;
};

double finite_value(const Value& value) {
  if (value.ok()) return value.value();
  throw std::runtime_error(
      "logits: not finite where two runs are compared, expected finite values");
}

double measured(Measure measure, const Scored& scored) {
  switch (measure) {
    case Measure::kl:
      return finite_value(scored.divergence.kl);
    case Measure::reverse_kl:
      return finite_value(scored.divergence.reverse_kl);
    case Measure::l2:
      return finite_value(scored.divergence.l2);
    case Measure::prediction_changed:
      return scored.divergence.prediction_changed ? 1.0 : 0.0;
    case Measure::token_score:
      return scored.token_score;
    case Measure::token_log_probability:
      return scored.token_log_probability;
    case Measure::values:
      break;
  }
  throw std::invalid_argument("measured: values are no measure");
}

std::vector<Position> positions_of(std::span<const ScoredRow> rows) {
  std::vector<Position> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const ScoredRow& one = rows[r];
    for (const Span& span : one.row->spans) {
      const double share =
          1.0 / (static_cast<double>(one.row->spans.size()) * (span.end - span.begin));
      if (span.begin < one.start && !one.row->targets.empty()) {
        throw std::invalid_argument("measures_of: targets where the run is another's");
      }
      for (std::int64_t at = std::max<std::int64_t>(span.begin, one.start); at < span.end; ++at) {
        const std::int64_t first = one.reference == nullptr ? 0 : one.reference->first;
        all.push_back({.row = r,
                       .batch_row = one.batch_row + at - one.start,
                       .reference_row = at + one.shift - first,
                       .share = share,
                       .number = all.size()});
      }
    }
  }
  return all;
}

/// The positions with those that are compared with one row next to each other: what such a row
/// takes is then computed once (ReferenceLogits).
std::vector<Position> by_reference_row(std::span<const ScoredRow> rows,
                                       std::vector<Position> positions) {
  std::map<const Reference*, std::size_t> numbers;  // in the order of the rows
  for (const ScoredRow& one : rows) numbers.try_emplace(one.reference, numbers.size());
  std::ranges::stable_sort(positions, {}, [&](const Position& one) {
    return std::pair(numbers.at(rows[one.row].reference), one.reference_row);
  });
  return positions;
}

/// Compares a portion, whose positions with one reference are adjacent.
void compare(std::span<const ScoredRow> rows, std::span<const Position> positions,
             const at::Tensor& scores, ScoreDivergences& divergences) {
  for (std::size_t i = 0; i < positions.size();) {
    const Reference* reference = rows[positions[i].row].reference;
    std::vector<std::int64_t> rows_a;
    std::size_t end = i;
    for (; end < positions.size() && rows[positions[end].row].reference == reference; ++end) {
      rows_a.push_back(reference == nullptr ? static_cast<std::int64_t>(end - i)
                                            : positions[end].reference_row);
    }
    const at::Tensor part =
        scores.narrow(0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(end - i));
    divergences.add(reference == nullptr ? part : reference->scores, rows_a, part);
    i = end;
  }
}

/// Mean score and mean log-probability of some tokens in one row of scores.
template <class T>
void look_up(const T* values, std::int64_t vocab, std::span<const int> targets, Scored& scored) {
  const Value log_sum = log_sum_exp(std::span(values, static_cast<std::size_t>(vocab)));
  double sum = 0.0;
  for (const int id : targets) sum += static_cast<double>(values[id]);
  scored.token_score = sum / static_cast<double>(targets.size());
  scored.token_log_probability = scored.token_score - finite_value(log_sum);
}

/// The same of many rows on a GPU, which is waited for once.
void look_up_there(std::span<const ScoredRow> rows, std::span<const Position> positions,
                   const at::Tensor& scores, std::span<Scored> scored) {
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (const int id : rows[positions[i].row].row->targets) {
      places.push_back(static_cast<std::int64_t>(i) * scores.size(1) + id);
    }
  }
  const at::Tensor of_targets =
      scores.view({-1}).index_select(0, index_tensor(places, scores.device())).to(at::kDouble);
  const at::Tensor known =
      at::cat({at::logsumexp(scores.to(at::kDouble), 1), of_targets}).to(at::kCPU);
  const auto* const log_sums = known.const_data_ptr<double>();
  const double* next = log_sums + positions.size();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::size_t count = rows[positions[i].row].row->targets.size();
    if (count == 0) continue;
    scored[i].token_score = std::accumulate(next, next + count, 0.0) / static_cast<double>(count);
    scored[i].token_log_probability = scored[i].token_score - finite_value(Value(log_sums[i]));
    next += count;
  }
}

void look_up(std::span<const ScoredRow> rows, std::span<const Position> positions,
             const at::Tensor& scores, std::span<Scored> scored) {
  if (scores.is_cuda()) {
    look_up_there(rows, positions, scores, scored);
    return;
  }
  const at::Tensor& here = scores;
  const bool wide = here.scalar_type() == at::kDouble;
  in_parallel(std::ssize(positions), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::vector<int>& targets = rows[positions[at].row].row->targets;
      if (targets.empty()) continue;
      const std::int64_t offset = i * here.size(1);
      if (wide) {
        look_up(here.const_data_ptr<double>() + offset, here.size(1), targets, scored[at]);
      } else {
        look_up(here.const_data_ptr<float>() + offset, here.size(1), targets, scored[at]);
      }
    }
  });
}

/// How many positions are scored at once. On a GPU their scores may fill a quarter of its free
/// memory, and at most 4 GB.
std::size_t portion_size(const Model& model, std::size_t positions, bool targets) {
  auto bytes = static_cast<std::int64_t>(scored_bytes(model.device.is_cpu()));
  std::int64_t row = 4 * model.config.vocab;
  if (model.device.is_cuda()) {
    const auto item = static_cast<std::int64_t>(at::elementSize(model.dtype));
    row = (2 * item + (targets ? 16 : 0)) * model.config.vocab;  // looked up in float64
    if (static_cast<std::int64_t>(positions) * row > bytes) {
      bytes = std::clamp<std::int64_t>(
          static_cast<std::int64_t>(free_device_bytes(model.device) / 4), bytes, 4'000'000'000);
    }
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(8, bytes / row / 8 * 8));
}

bool is_of_targets(Measure measure) {
  return measure == Measure::token_score || measure == Measure::token_log_probability;
}

}  // namespace

std::vector<std::vector<double>> measures_of(const Model& model, const Plan& plan,
                                             std::span<const ScoredRow> rows,
                                             const at::Tensor& normed) {
  std::vector<std::vector<double>> all(plan.captures.size());
  bool divergences = false;
  bool targets = false;
  for (std::size_t c = 0; c < all.size(); ++c) {
    const Measure measure = plan.captures[c].measure;
    if (measure == Measure::values) continue;
    all[c].assign(rows.size(), 0.0);
    targets = targets || is_of_targets(measure);
    divergences = divergences || !is_of_targets(measure);
  }
  for (const ScoredRow& one : rows) {
    if (targets && one.row->targets.empty()) {
      throw std::invalid_argument("measures_of: a row without targets, whose score is asked for");
    }
  }
  std::vector<Position> positions = positions_of(rows);
  if (divergences && normed.is_cpu()) positions = by_reference_row(rows, std::move(positions));
  const std::size_t portion = portion_size(model, positions.size(), targets);
  ScoreDivergences compared;
  std::vector<Scored> scored(positions.size());
  for (std::size_t begin = 0; begin < positions.size(); begin += portion) {
    const std::size_t count = std::min(portion, positions.size() - begin);
    const auto part = std::span(positions).subspan(begin, count);
    std::vector<std::int64_t> batch_rows;
    batch_rows.reserve(part.size());
    for (const Position& one : part) batch_rows.push_back(one.batch_row);
    const at::Tensor chosen = normed.index_select(0, index_tensor(batch_rows, normed.device()));
    const at::Tensor scores = comparable_scores(logits(model, chosen));
    if (divergences) compare(rows, part, scores, compared);
    if (targets) look_up(rows, part, scores, std::span(scored).subspan(begin, count));
  }
  const std::vector<LogitDivergence> found = compared.take();
  for (std::size_t i = 0; i < found.size(); ++i) scored[i].divergence = found[i];
  std::vector<std::size_t> order(positions.size());  // in which sums have always been taken
  for (std::size_t i = 0; i < order.size(); ++i) order[positions[i].number] = i;
  for (std::size_t c = 0; c < all.size(); ++c) {
    if (all[c].empty()) continue;
    for (const std::size_t i : order) {
      all[c][positions[i].row] +=
          positions[i].share * measured(plan.captures[c].measure, scored[i]);
    }
  }
  return all;
}

}  // namespace phiscope::extract
