// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "plan/timed_work.hpp"
#include "run/known_runs.hpp"
#include "run/rows.hpp"
#include "run/walk.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace phiscope::extract {

/// What a finished run leaves.
struct FinishedRun {
  const Run* run = nullptr;
  /// [capture] its rows, [row, ...], where the model is; undefined if there are none. Those of
  /// Hook::logits may be what scores follow from, see StoredRows.
  std::vector<at::Tensor> arrays;
  std::vector<std::vector<std::int64_t>> keys;  ///< [space] of all its rows, one after the other
  std::uint64_t rows = 0;                       ///< of the plan's own space, or of steps
  std::vector<int> generated;                   ///< [step]
  std::vector<float> log_probabilities;         ///< [step] of these tokens, nats

  /// Undefined if there are none; a run that only others take values of has no arrays at all.
  [[nodiscard]] at::Tensor rows_of(std::size_t capture) const {
    return capture < arrays.size() ? arrays[capture] : at::Tensor();
  }
};

/// Runs of some groups through the model, many at once, each at its own place: given tokens of a
/// run enter together, latents and generated tokens one by one. A run sets out as soon as what it
/// takes of others is there, in the order of the groups and runs, as long as the batch has room;
/// one that ends makes room for the next. Which runs are in a batch changes no bit of any.
class Stepper {
 public:
  /// @param plan  with groups that begin() is given some of
  /// @param batch_size  runs that enter the model together
  /// @param more  traces of sources that are no runs: averaged_texts, donor_rows
  Stepper(const Model& model, const Plan& plan, std::size_t batch_size, GroupTraces more = {});

  /// Takes on some groups of the plan, when those before are finished.
  void begin(std::span<const Group> groups);
  /// Takes every run that is on its way a step further: given tokens, or one latent or generated
  /// token. @return  false if all runs are finished
  bool step();
  /// Runs that have finished since the last call, in the order of groups and runs: one is given out
  /// once all before it are. Donors are left out.
  std::vector<FinishedRun> take_finished();
  /// Tokens that went through the model since the last call, and what their passes took.
  TimedWork take_timed();

 private:
  struct Work {
    GroupWalk group;
    std::vector<Walk*> waiting;        ///< in order
    std::deque<FinishedRun> finished;  ///< [run - delivered], as far as they are done
    std::size_t delivered = 0;         ///< leading runs that were given out
  };

  void refill();
  Walk* next_ready();
  [[nodiscard]] bool can_set_out(Walk& walk) const;
  [[nodiscard]] bool has_room_for_scores() const;
  void open_group();
  /// One pass of some walks, up to the end of what enters together.
  void pass(std::vector<Walk*> walks, Pace pace);
  void choose(std::span<Walk* const> walks);
  void latent_inputs(std::span<Walk* const> walks, const Batch& batch, std::vector<Edit>& edits);
  void add_rows(Walk& walk, std::size_t lane, int end, std::vector<std::vector<PassRow>>& rows);
  void add_generated_rows(Walk& walk, std::size_t lane, int end, std::vector<PassRow>& rows);
  void score(std::span<Walk* const> walks, const Batch& batch, const at::Tensor& normed);
  void add_pooled_rows(Walk& walk, std::size_t lane, int end, std::vector<PassRow>& rows);
  void finish(Walk& walk);
  void leave_out(Walk& walk);
  void recall(Walk& walk);
  void keep_scores(Walk& walk) const;
  void deliver(const Walk& walk, FinishedRun left);
  [[nodiscard]] bool keeps(GeneratedRows rows) const;
  [[nodiscard]] bool is_done(const Walk& walk) const;
  [[nodiscard]] FinishedRun leave(const Walk& walk);

  const Model& model_;
  const Plan& plan_;
  std::size_t batch_size_;
  GroupTraces more_;
  std::vector<bool> means_;     ///< [space] see has_means()
  std::vector<bool> measures_;  ///< [space] see has_measures()
  bool scores_later_ = true;    ///< see stored_as_scores()
  std::int64_t longest_ = 0;    ///< Plan::longest()
  std::span<const Group> groups_;
  std::size_t opened_ = 0;  ///< of groups_
  std::deque<Work> works_;  ///< open groups
  KnownRuns known_;
  std::vector<Walk*> walking_;      ///< in the order in which they set out
  std::vector<std::size_t> slots_;  ///< free ones
  std::vector<RowCollector> rows_;  ///< [space]
  std::deque<Span> spans_;          ///< of generated rows of the current pass
  TimedWork timed_;                 ///< see take_timed()
};

}  // namespace phiscope::extract
