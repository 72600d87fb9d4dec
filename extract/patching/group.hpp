// SPDX-License-Identifier: MIT
#pragma once

#include "patching/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Builds the group of one pair: the corrupted question (run 0), the clean one, and the corrupted
/// one with each patch; each with its answers given and free.
class PatchGroup {
 public:
  PatchGroup(const PatchPair& pair, std::int64_t number, const PatchLayout& layout)
      : pair_(pair), number_(number), layout_(layout) {}

  [[nodiscard]] Group make() {
    const Subject corrupted{.side = &pair_.corrupted, .key = base_key(-1)};
    baseline_ = add(corrupted);
    const Subject clean{.side = &pair_.clean, .key = base_key(-2)};
    clean_ = add(clean).main;
    if (layout_.keep_clean) keep_sites(group_.runs[clean_]);
    for (std::size_t mode = 0; mode < layout_.modes.size(); ++mode) {
      for (std::size_t set = 0; set < layout_.sets.size(); ++set) add_set(mode, set);
    }
    return std::move(group_);
  }

 private:
  /// Runs of one subject: with the clean answer given (or none), with the corrupted one, with what
  /// the corrupted run said, and with what it says itself; no_run where there is none.
  struct Runs {
    std::size_t main = no_run;
    std::size_t corrupted = no_run;
    std::size_t quoting = no_run;
    std::size_t free = no_run;
  };
  struct Subject {
    const PatchSide* side;
    std::vector<std::int64_t> key;  ///< but for the read-out
    std::vector<Action> actions{};
    bool frozen = false;
  };

  [[nodiscard]] std::vector<std::int64_t> base_key(std::int64_t layer) const {
    std::vector<std::int64_t> key{number_, 0, 0, layer};
    if (layout_.heads > 0) key.push_back(0);
    key.push_back(0);
    return key;
  }

  [[nodiscard]] std::int64_t readout(const std::string& name) const {
    return std::ranges::find(layout_.readouts, name) - layout_.readouts.begin();
  }

  /// The position that predicts the first token of an answer.
  [[nodiscard]] int end_of_thoughts(const PatchSide& side) const {
    return static_cast<int>(side.tokens.size()) + layout_.latents +
           static_cast<int>(layout_.after.size()) - 1;
  }

  void add_row(Run& run, const std::string& name, int position, std::vector<int> targets) const {
    Row row{.key = run.key, .spans = {{position, position + 1}}};
    row.key.push_back(readout(name));
    row.targets = std::move(targets);
    run.rows.push_back(std::move(row));
  }

  [[nodiscard]] Run begin(const Subject& subject, const std::vector<int>& forced) const {
    Run run{.tokens = subject.side->tokens, .rows = {}, .key = subject.key};
    run.actions = subject.actions;
    run.latents = {.count = layout_.latents, .frozen = subject.frozen};
    run.after = layout_.after;
    run.after.insert(run.after.end(), forced.begin(), forced.end());
    run.origin = end_of_thoughts(*subject.side);
    run.generates = false;
    return run;
  }

  /// Rows of a given answer from its scored token `first` on.
  void add_answer_rows(Run& run, const char* name, const PatchSide& answer, std::size_t first,
                       std::size_t end) const {
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t token = pair_.first_scored + i;
      add_row(run, name + std::to_string(i), run.origin + static_cast<int>(token),
              {answer.forced[token]});
    }
  }

  std::size_t push(Run run, std::size_t from, std::size_t against) {
    run.from = beginning_of(group_, from, run);
    run.against = against == no_run ? group_.runs.size() : against;
    group_.runs.push_back(std::move(run));
    return group_.runs.size() - 1;
  }

  Runs add(const Subject& subject) {
    const std::vector<int> none;
    const PatchSide& clean = pair_.clean;
    const PatchSide& corrupted = pair_.corrupted;
    Runs made;
    Run main = begin(subject, layout_.answers ? clean.forced : none);
    add_row(main, "eot", main.origin, clean.target);
    add_row(main, "eot:corrupted", main.origin, corrupted.target);
    if (layout_.answers) {
      add_answer_rows(main, "clean:", clean, 0, clean.forced.size() - pair_.first_scored);
      add_answer_rows(main, "corrupted:", corrupted, 0, 1);
    }
    const bool speaks = layout_.free || layout_.greedy > 0;
    const bool speaks_itself = speaks && !layout_.answers;
    main.generates = speaks_itself;
    made.main = push(std::move(main), 0, baseline_.main);
    const std::size_t scored = corrupted.forced.size() - pair_.first_scored;
    if (layout_.answers && scored > 1) {
      Run other = begin(subject, corrupted.forced);
      add_answer_rows(other, "corrupted:", corrupted, 1, scored);
      made.corrupted = push(std::move(other), made.main, baseline_.corrupted);
    }
    const bool first = baseline_.main == no_run;
    if (speaks_itself) {
      made.free = made.main;
    } else if (layout_.free || (speaks && first)) {
      Run free = begin(subject, none);
      free.generates = true;
      made.free = push(std::move(free), made.main, no_run);
    }
    if (layout_.greedy > 0) {
      Run quoting = begin(subject, none);
      quoting.quote = {.run = first ? made.free : baseline_.free, .tokens = layout_.greedy};
      for (int i = 0; i < layout_.greedy; ++i) {
        add_row(quoting, "greedy:" + std::to_string(i), quoting.origin + 1 + i, clean.target);
      }
      made.quoting = push(std::move(quoting), made.main, baseline_.quoting);
    }
    return made;
  }

  void keep_sites(Run& run) const {
    for (int step = 0; step < pair_.sites; ++step) {
      const int at = pair_.clean.first_site + step;
      run.rows.push_back({.key = {number_, step}, .spans = {{at, at + 1}}, .space = 1});
    }
  }

  [[nodiscard]] Action action(int layer, int head, const std::vector<int>& steps) const {
    Site site{.hook = layout_.hook, .layer = layer, .head = head, .positions = {}};
    Source source{.run = clean_, .positions = {}};
    for (const int step : steps) {
      site.positions.push_back(pair_.corrupted.first_site + step);
      source.positions.push_back(pair_.clean.first_site + step);
    }
    if (layout_.donor == PatchDonor::zero) return Zero{site};
    if (layout_.donor == PatchDonor::clean) return Patch{.site = site, .from = source};
    source.run = donor_rows;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      source.positions[i] = layout_.donor_row.at(static_cast<std::size_t>(number_))
                                .at(static_cast<std::size_t>(steps[i]));
    }
    if (layout_.donor != PatchDonor::noise) return Patch{.site = site, .from = source};
    return Add{.site = site, .from = source, .scale = layout_.noise};
  }

  void add_set(std::size_t mode, std::size_t set) {
    for (const int layer : layout_.layers) {
      for (int head = 0; head < std::max(1, layout_.heads); ++head) {
        for (const SiteSteps& steps : steps_of(layout_.sets[set], pair_.sites)) {
          Subject subject{.side = &pair_.corrupted,
                          .key = {number_, static_cast<std::int64_t>(mode),
                                  static_cast<std::int64_t>(set), layer}};
          if (layout_.heads > 0) subject.key.push_back(head);
          subject.key.push_back(steps.step);
          subject.actions = {action(layer, layout_.heads > 0 ? head : -1, steps.steps)};
          subject.frozen = layout_.modes[mode] == PatchMode::frozen;
          add(subject);
        }
      }
    }
  }

  const PatchPair& pair_;
  std::int64_t number_;
  const PatchLayout& layout_;
  Group group_;
  Runs baseline_;
  std::size_t clean_ = no_run;
};

/// Adds one group per pair: key of a row: pair, mode, set, layer, (head,) step, readout.
inline void add_patching(const std::vector<PatchPair>& pairs, const PatchLayout& layout,
                         Plan& plan) {
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    plan.groups.push_back(PatchGroup(pairs[p], static_cast<std::int64_t>(p), layout).make());
  }
}

}  // namespace phiscope::extract
