// SPDX-License-Identifier: MIT
#include "run/generate.hpp"

#include "model/index_tensor.hpp"
#include "run/edits.hpp"
#include "run/forward.hpp"
#include "run/next_token.hpp"
#include "run/stop.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// A run on its way.
struct Decoding {
  std::size_t run = 0;
  KvCache cache;
  std::vector<int> forced;  ///< [step] -1: the scores decide
  std::vector<int> generated;
  std::vector<float> log_probabilities;
  std::vector<int> added;  ///< [slot] pooled tokens
  bool ended = false;      ///< no further token will be generated
};

bool keeps(const Plan& plan, GeneratedRows rows) {
  return plan.generation.rows == rows && !plan.captures.empty();
}

std::vector<std::int64_t> room(const Plan& plan, std::span<const Run* const> runs) {
  std::vector<std::int64_t> rows;
  const Generation& wanted = plan.generation;
  for (const Run* run : runs) {
    const bool own_space =
        wanted.rows != GeneratedRows::predicting && wanted.rows != GeneratedRows::pooled;
    if (wanted.tokens <= 0 || (!own_space && !run->rows.empty())) {
      throw std::invalid_argument(
          "generate: a plan without generation, or with rows of both kinds");
    }
    std::int64_t generated = 0;
    if (wanted.rows == GeneratedRows::pooled) generated = std::ssize(wanted.pooling.checkpoints);
    if (wanted.rows == GeneratedRows::predicting || wanted.rows == GeneratedRows::tokens) {
      generated = wanted.tokens;
    }
    rows.push_back(std::ssize(run->rows) + generated);
  }
  return rows;
}

/// Which of the runs computes the prompt for each: the first with the same tokens and actions.
std::vector<std::size_t> prompt_owners(std::span<const Run* const> runs) {
  std::vector<std::size_t> owners;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::size_t first = 0;
    while (first < r &&
           (runs[first]->tokens != runs[r]->tokens || runs[first]->actions != runs[r]->actions)) {
      ++first;
    }
    owners.push_back(first);
  }
  return owners;
}

/// Generates; a pass a token.
class Generator {
 public:
  Generator(const Model& model, const Plan& plan, std::span<const Run* const> runs,
            const GroupTraces& traces)
      : model_(model),
        plan_(plan),
        runs_(runs),
        traces_(traces),
        rows_(plan, runs, room(plan, runs)) {
    for (std::size_t r = 0; r < runs.size(); ++r) {
      all_.push_back({.run = r,
                      .cache = {},
                      .forced = forced_tokens(*runs[r], plan.generation.tokens),
                      .generated = {},
                      .log_probabilities = {},
                      .added = std::vector<int>(plan.generation.pooling.checkpoints.size(), 0)});
    }
  }

  CapturedRows run() {
    at::Tensor last = read_prompts();
    std::vector<Decoding*> active;
    for (Decoding& one : all_) active.push_back(&one);
    while (true) {
      stop_if_asked();
      choose(active, last);
      std::erase_if(active, [&](const Decoding* one) { return is_done(*one); });
      if (active.empty()) break;
      last = step(active);
    }
    return result();
  }

 private:
  /// The prompts through the model, each once. @return  [run, hidden] after the final norm, of the
  /// last position of each run
  at::Tensor read_prompts() {
    const std::vector<std::size_t> owners = prompt_owners(runs_);
    std::vector<Lane> lanes;
    std::vector<const Run*> in_lanes;
    std::vector<std::size_t> lane_of(runs_.size());
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const Run& run = *runs_[r];
      lane_of[r] = owners[r] == r ? lanes.size() : lane_of[owners[r]];
      if (owners[r] != r) continue;
      all_[r].cache = KvCache(model_.config, std::ssize(run.tokens) + plan_.generation.tokens,
                              model_.dtype, model_.device);
      lanes.push_back({.tokens = run.tokens, .own = &all_[r].cache});
      in_lanes.push_back(&run);
    }
    const Batch batch = make_batch(std::move(lanes), model_.device);
    spans_.clear();
    std::vector<PassRow> pass;
    for (std::size_t r = 0; r < runs_.size(); ++r) add_prompt_rows(r, lane_of[r], pass);
    const at::Tensor normed = visit(batch, in_lanes, pass);
    std::vector<std::int64_t> ends;
    for (const std::size_t lane : lane_of) ends.push_back(batch.begin[lane + 1] - 1);
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      if (owners[r] != r) all_[r].cache = all_[owners[r]].cache.copy();
    }
    return normed.index_select(0, index_tensor(ends, normed.device()));
  }

  /// The prompt's own rows, or the row of its last position, which predicts the first token.
  void add_prompt_rows(std::size_t r, std::size_t lane, std::vector<PassRow>& pass) {
    if (keeps(plan_, GeneratedRows::predicting)) {
      const int end = static_cast<int>(runs_[r]->tokens.size());
      spans_.push_back({end - 1, end});
      pass.push_back({.run = r, .lane = lane, .spans = {&spans_.back(), 1}});
    }
    for (const Row& row : runs_[r]->rows) {
      pass.push_back({.run = r, .lane = lane, .spans = row.spans});
    }
  }

  void choose(std::span<Decoding* const> active, const at::Tensor& last) {
    std::vector<Waiting> waiting;
    for (const Decoding* one : active) {
      const std::size_t step = one->generated.size();
      waiting.push_back({.run = runs_[one->run],
                         .generated = one->generated,
                         .forced = step < one->forced.size() ? one->forced[step] : -1});
    }
    const Generation& wanted = plan_.generation;
    const std::vector<NextToken> tokens =
        next_tokens(wanted, waiting, logits(model_, last, /*step=*/true));
    for (std::size_t l = 0; l < active.size(); ++l) {
      Decoding& one = *active[l];
      if (one.ended) continue;
      one.generated.push_back(tokens[l].id);
      one.log_probabilities.push_back(tokens[l].log_probability);
      one.ended = std::ranges::count(wanted.end, tokens[l].id) > 0 ||
                  std::ssize(one.generated) == wanted.tokens;
    }
  }

  /// A run that has ended goes through once more where values of its last token are wanted.
  [[nodiscard]] bool is_done(const Decoding& one) const {
    const bool last_wanted =
        keeps(plan_, GeneratedRows::tokens) || keeps(plan_, GeneratedRows::pooled);
    const std::int64_t fed = one.cache.length() - std::ssize(runs_[one.run]->tokens);
    return one.ended && (!last_wanted || fed == std::ssize(one.generated));
  }

  /// The newest token of each run through the model. @return  as read_prompts()
  at::Tensor step(std::span<Decoding* const> active) {
    std::vector<Lane> lanes;
    std::vector<const Run*> in_lanes;
    std::vector<PassRow> pass;
    spans_.clear();
    for (std::size_t l = 0; l < active.size(); ++l) {
      Decoding& one = *active[l];
      const std::int64_t position = one.cache.length();
      lanes.push_back({.tokens = {&one.generated.back(), 1}, .start = position, .own = &one.cache});
      in_lanes.push_back(runs_[one.run]);
      add_step_rows(one, l, static_cast<int>(position), pass);
    }
    const Batch batch = make_batch(std::move(lanes), model_.device);
    return visit(batch, in_lanes, pass).narrow(0, 0, batch.used());
  }

  void add_step_rows(Decoding& one, std::size_t lane, int position, std::vector<PassRow>& pass) {
    if (keeps(plan_, GeneratedRows::predicting) || keeps(plan_, GeneratedRows::tokens)) {
      spans_.push_back({position, position + 1});
      pass.push_back({.run = one.run, .lane = lane, .spans = {&spans_.back(), 1}});
    }
    if (!keeps(plan_, GeneratedRows::pooled)) return;
    const Pooling& pooling = plan_.generation.pooling;
    const int nth = position - static_cast<int>(runs_[one.run]->tokens.size()) + 1;
    if (nth % pooling.stride != 0) return;
    spans_.push_back({position, position + 1});
    for (std::size_t slot = 0; slot < pooling.checkpoints.size(); ++slot) {
      if (nth > pooling.checkpoints[slot]) continue;
      pass.push_back({.run = one.run,
                      .lane = lane,
                      .spans = {&spans_.back(), 1},
                      .slot = static_cast<int>(slot)});
      ++one.added[slot];
    }
  }

  at::Tensor visit(const Batch& batch, std::span<const Run* const> in_lanes,
                   std::span<const PassRow> pass) {
    rows_.begin(batch, pass);
    const std::vector<Edit> edits = edits_of(in_lanes, batch, traces_);
    tokens_ += static_cast<std::uint64_t>(batch.used());
    return forward(model_, batch, {.rows = rows_, .edits = edits, .to_the_end = true});
  }

  CapturedRows result() {
    if (keeps(plan_, GeneratedRows::pooled)) {
      for (const Decoding& one : all_) rows_.divide(one.run, one.added);
    }
    CapturedRows done{.arrays = rows_.arrays(),
                      .first = rows_.first_row(),
                      .count = rows_.row_count(),
                      .scores_later = rows_.scores_later(),
                      .generated = {},
                      .log_probabilities = {},
                      .tokens = tokens_};
    for (Decoding& one : all_) {
      done.generated.push_back(std::move(one.generated));
      done.log_probabilities.push_back(std::move(one.log_probabilities));
    }
    return done;
  }

  const Model& model_;
  const Plan& plan_;
  std::span<const Run* const> runs_;
  const GroupTraces& traces_;
  RowCollector rows_;
  std::deque<Decoding> all_;
  std::deque<Span> spans_;  ///< of the current pass; keeps its entries where they are
  std::uint64_t tokens_ = 0;
};

}  // namespace

CapturedRows generate(const Model& model, const Plan& plan, std::span<const Run* const> runs,
                      const GroupTraces& traces) {
  return Generator(model, plan, runs, traces).run();
}

}  // namespace phiscope::extract
