// SPDX-License-Identifier: MIT
#include "run/generate.hpp"

#include "run/stop.hpp"

#include <ATen/ops/argmax.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// A run on its way.
struct Decoding {
  std::size_t run = 0;
  KvCache cache;
  std::vector<int> generated;
  bool ended = false;  ///< no further token will be generated

  /// Position that the newest token has.
  [[nodiscard]] int position() const { return static_cast<int>(cache.length()); }
};

/// The best next token of each lane, from the residual stream of the lane's last row.
std::vector<int> best_tokens(const Model& model, const Batch& batch, const at::Tensor& residual) {
  std::vector<std::int64_t> last;
  for (std::size_t l = 0; l < batch.lanes.size(); ++l) last.push_back(batch.begin[l + 1] - 1);
  const at::Tensor rows =
      residual.index_select(0, at::tensor(last, at::kLong).to(residual.device()));
  const at::Tensor best =
      at::argmax(logits(model, final_norm(model, rows)), -1).to(at::kCPU).contiguous();
  const auto* ids = best.const_data_ptr<std::int64_t>();
  std::vector<int> tokens;
  for (std::int64_t i = 0; i < best.numel(); ++i) tokens.push_back(static_cast<int>(ids[i]));
  return tokens;
}

std::vector<std::int64_t> room(const Plan& plan, std::span<const Run* const> runs) {
  std::vector<std::int64_t> rows;
  const bool generated = plan.generation.rows != GeneratedRows::none;
  for (const Run* run : runs) {
    const bool both = plan.generation.rows == GeneratedRows::predicting && !run->rows.empty();
    if (plan.generation.tokens <= 0 || both) {
      throw std::invalid_argument(
          "generate: a plan without generation, or with rows of both kinds");
    }
    rows.push_back(std::ssize(run->rows) + (generated ? plan.generation.tokens : 0));
  }
  return rows;
}

/// One run after the other through the collector: the prompts' own rows, or of each the last
/// position, which predicts the first generated token.
std::vector<PassRow> prompt_rows(const Plan& plan, std::span<const Run* const> runs,
                                 std::deque<Span>& spans) {
  std::vector<PassRow> rows;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (plan.generation.rows == GeneratedRows::predicting) {
      const int end = static_cast<int>(runs[r]->tokens.size());
      spans.push_back({end - 1, end});
      rows.push_back({.run = r, .lane = r, .spans = {&spans.back(), 1}});
    }
    for (const Row& row : runs[r]->rows) rows.push_back({.run = r, .lane = r, .spans = row.spans});
  }
  return rows;
}

}  // namespace

CapturedRows generate(const Model& model, const Plan& plan, std::span<const Run* const> runs) {
  const Generation& wanted = plan.generation;
  RowCollector rows(plan, runs, room(plan, runs));
  std::deque<Span> spans;  // keeps its entries where they are
  std::deque<Decoding> all;
  std::vector<Lane> lanes;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::int64_t length = std::ssize(runs[r]->tokens) + wanted.tokens;
    all.push_back({.run = r,
                   .cache = KvCache(model.config, length, model.dtype, model.device),
                   .generated = {}});
    lanes.push_back({.tokens = runs[r]->tokens, .own = &all.back().cache});
  }
  Batch batch = make_batch(std::move(lanes), model.device);
  std::vector<PassRow> pass = prompt_rows(plan, runs, spans);
  rows.begin(batch, pass);
  at::Tensor residual = forward(model, batch, rows, true);
  auto tokens = static_cast<std::uint64_t>(batch.begin.back());

  std::vector<Decoding*> active;
  for (Decoding& one : all) active.push_back(&one);
  while (!active.empty()) {
    stop_if_asked();
    const std::vector<int> best = best_tokens(model, batch, residual);
    for (std::size_t l = 0; l < active.size(); ++l) {
      Decoding& one = *active[l];
      if (one.ended) continue;
      one.generated.push_back(best[l]);
      one.ended =
          std::ranges::count(wanted.end, best[l]) > 0 || std::ssize(one.generated) == wanted.tokens;
    }
    // A run that has ended goes through once more where the rows of its last token are wanted.
    const bool last_wanted = wanted.rows == GeneratedRows::tokens && !plan.captures.empty();
    std::erase_if(active, [&](const Decoding* one) {
      const auto fed = one->cache.length() - std::ssize(runs[one->run]->tokens);
      return one->ended && (!last_wanted || fed == std::ssize(one->generated));
    });
    if (active.empty()) break;
    lanes.clear();
    pass.clear();
    spans.clear();
    for (std::size_t l = 0; l < active.size(); ++l) {
      Decoding& one = *active[l];
      lanes.push_back(
          {.tokens = {&one.generated.back(), 1}, .start = one.position(), .own = &one.cache});
      if (wanted.rows == GeneratedRows::none) continue;
      spans.push_back({one.position(), one.position() + 1});
      pass.push_back({.run = one.run, .lane = l, .spans = {&spans.back(), 1}});
    }
    batch = make_batch(std::move(lanes), model.device);
    rows.begin(batch, pass);
    residual = forward(model, batch, rows, true);
    tokens += static_cast<std::uint64_t>(batch.begin.back());
  }
  CapturedRows result{.arrays = rows.arrays(),
                      .first = rows.first_row(),
                      .count = rows.row_count(),
                      .scores_later = rows.scores_later(),
                      .generated = {},
                      .tokens = tokens};
  for (Decoding& one : all) result.generated.push_back(std::move(one.generated));
  return result;
}

}  // namespace phiscope::extract
