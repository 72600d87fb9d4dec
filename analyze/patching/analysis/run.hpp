// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/answer.hpp"
#include "patching/analysis/peak_memory.hpp"
#include "patching/analysis/readout.hpp"
#include "report/logit_check.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// One of the two questions of a pair.
struct Side {
  nlohmann::ordered_json answer = {};     ///< a number or a text, as the pairs file has it
  std::string question = {};              ///< empty if the run does not say it
  std::optional<std::int64_t> steps;      ///< of reasoning, if the pairs file says it
  std::vector<std::int64_t> tokens = {};  ///< the scored tokens of the answer
};

/// The answer as a number; a text by the rule of number_in().
[[nodiscard]] std::optional<double> answer_number(const Side& side);

struct Pair {
  nlohmann::ordered_json id = {};  ///< an integer or a text, as the pairs file has it
  std::int64_t sites = 0;  ///< steps that it has: fewer than others' where questions are shorter
  Side clean = {};
  Side corrupted = {};
};

/// A pair that was not run.
struct Dropped {
  nlohmann::ordered_json id = {};
  std::string status = {};  ///< "not_aligned", "answer_nested", ...
};

/// An id as a message names it.
[[nodiscard]] std::string id_text(const nlohmann::ordered_json& id);

/// What is replaced in a run of the model.
struct Site {
  std::size_t mode = 0;    ///< index into Patching::modes
  std::size_t set = 0;     ///< index into Patching::sets
  std::int64_t layer = 0;  ///< of the model
  std::int64_t head = 0;   ///< 0 where layers are patched as a whole
  std::int64_t step = 0;   ///< of `single`, the first or last of `suffix` and `prefix`; else 0

  friend auto operator<=>(const Site&, const Site&) = default;
};

/// A row of the space `site`: logits P at a read-out against B, those of the unpatched corrupted
/// run at the same tokens.
struct Row {
  double kl = 0.0;                     ///< KL(B || P), nats
  double reverse_kl = 0.0;             ///< KL(P || B), nats
  double prediction_changed = 0.0;     ///< 0 or 1
  double l2 = 0.0;                     ///< |P - B|, logits
  double token_score = 0.0;            ///< mean logit of the tokens that the read-out scores
  double token_log_probability = 0.0;  ///< their mean log-probability, nats
};

/// Rows of one run of the model; nothing at the read-outs that the pair's answers do not have.
using Rows = std::vector<std::optional<Row>>;  // [readout]

/// Texts that the runs of a pair generate, where they are known.
struct Generated {
  std::optional<std::string> clean = {};
  std::optional<std::string> unpatched = {};
};

/// All runs of a pair.
struct PairRows {
  bool complete = false;         ///< no row is missing; others are in no result
  Rows clean = {};               ///< the clean question, no patch
  Rows unpatched = {};           ///< the corrupted question, no patch
  std::vector<Rows> sites = {};  ///< [site]
  Generated generated = {};
  std::vector<std::optional<GreedyAnswer>> greedy = {};  ///< [site]
};

using report::LogitCheck;

/// Read-outs after the unpatched run's greedy tokens that pairs do not have, as that run ended
/// first.
struct ShortGreedy {
  std::size_t readouts = 0;  ///< greedy:I of the plan, times complete pairs
  std::size_t missing = 0;   ///< of them
  std::size_t pairs = 0;     ///< complete ones that miss some
};

/// A run directory of experiment patching.
struct Patching {
  std::filesystem::path path = {};
  std::string name = {};                ///< directory name
  nlohmann::ordered_json details = {};  ///< of plan.json
  std::string missing = {};             ///< of a partial run, see shard::Run::missing()
  std::vector<std::string> modes = {};
  std::vector<std::string> sets = {};
  std::vector<Readout> readouts = {};
  std::vector<std::int64_t> layers = {};  ///< patched, ascending
  std::int64_t positions = 0;             ///< latent steps, pads or token positions
  std::string hook = {};
  std::string donor = {};
  std::string dtype = {};  ///< in which the model was computed; empty if not said
  std::optional<std::string> primary = {};
  bool has_heads = false;
  std::int64_t model_layers = 0;  ///< 0 if not said
  std::size_t vocabulary = 0;     ///< 0 if not said
  std::vector<Pair> pairs = {};
  std::vector<Dropped> dropped = {};
  std::vector<Site> sites = {};     ///< ascending
  std::vector<PairRows> rows = {};  ///< [pair]
  std::optional<LogitCheck> logits = {};
  std::optional<PeakMemory> memory = {};  ///< of the run's logs

  [[nodiscard]] std::size_t complete_pairs() const;
  [[nodiscard]] ShortGreedy short_greedy() const;
  /// Steps are on an axis of their own: single, prefix, suffix.
  [[nodiscard]] bool has_steps(std::size_t set) const;
  /// Whether a pair with so many steps has that site.
  [[nodiscard]] bool has_site(const Pair& pair, const Site& site) const;
};

/// Smallest gap between the answers' scores of the clean and the corrupted run, nats: where it is
/// smaller, recovery is undefined (no_gap).
inline constexpr double least_gap = 0.01;

/// @param reading  of an unfinished run: read the pairs that are complete
/// @throws shard::FormatError if the directory is not a run of patching or contradicts itself
[[nodiscard]] Patching read_run(const std::filesystem::path& path,
                                const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::patching
