// SPDX-License-Identifier: MIT
#pragma once

#include "report/logit_check.hpp"
#include "steps/analysis/lane.hpp"

#include <phiscope/rational.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// Which of the two disjoint samples a problem belongs to.
enum class Part { sweep, validation };

/// "sweep", "validation"
[[nodiscard]] std::string_view part_name(Part part) noexcept;

struct Problem {
  nlohmann::ordered_json id = {};  ///< a number or a text, as the problem file has it
  Part part = Part::sweep;
  std::optional<std::size_t> stratum = {};  ///< index into stratum_names; nothing: not known
  std::optional<std::int64_t> steps = {};   ///< of the worked answer, if the file says it
  std::string gold_text = {};               ///< the right answer, "16" or "3/4"
  Rational gold = {};
  std::string question = {};              ///< empty if the run does not say it
  std::vector<std::int64_t> tokens = {};  ///< the scored tokens of the right answer
  std::size_t source = 0;                 ///< index into Steps::sources
};

/// A problem that was not run.
struct Dropped {
  std::string id = {};
  std::string status = {};  ///< "no_gold", "too_long", ...
};

/// How many problems of a stratum there were to draw from, and how many were drawn.
struct StratumCount {
  std::string stratum = {};
  std::uint64_t available = 0;
  std::uint64_t sweep = 0;
  std::uint64_t validation = 0;
};

/// A row of the space `step_set`: the next token's distribution P of a lane at a read-out against
/// that of the baseline, B, at the same tokens.
struct Row {
  double kl = 0.0;                     ///< KL(B || P), nats
  double reverse_kl = 0.0;             ///< KL(P || B), nats
  double prediction_changed = 0.0;     ///< 0 or 1
  double token_score = 0.0;            ///< mean logit of the tokens that the read-out scores
  double token_log_probability = 0.0;  ///< their mean log-probability, nats
};

/// Rows of one run of the model, [read-out]: 0 is the end of the thoughts, i + 1 predicts the right
/// answer's token i, given those before. Nothing at the read-outs that the answer does not have.
using Rows = std::vector<std::optional<Row>>;

/// All runs of a problem.
struct ProblemRows {
  bool complete = false;  ///< no row is missing; others are in no result
  Rows baseline = {};
  std::vector<Rows> lanes = {};                        ///< [lane]
  std::optional<std::string> baseline_text = {};       ///< the free answer, where it is known
  std::vector<std::optional<std::string>> texts = {};  ///< [lane], likewise
};

/// A run directory.
struct Source {
  std::filesystem::path path = {};
  std::string name = {};                ///< directory name
  nlohmann::ordered_json details = {};  ///< of plan.json
  std::string missing = {};             ///< of a partial run, see shard::Run::missing()
  std::vector<StratumCount> strata = {};
  bool has_texts = false;                         ///< there is a file of free answers
  std::optional<report::LogitCheck> logits = {};  ///< where the run keeps them
};

/// One run of experiment steps, or several that were pooled.
struct Steps {
  std::vector<Source> sources = {};
  LaneAxes axes = {};
  std::vector<std::string> readouts = {};  ///< "eot", "answer:0", ...
  std::string donor = {};                  ///< "zero", "mean", "resample"
  bool published = false;  ///< the original experiment: i counts positions, 0 is the begin token
  std::int64_t model_layers = 0;            ///< 0 if not said
  std::string dtype = {};                   ///< in which the model was computed; empty if not said
  std::optional<std::string> primary = {};  ///< the claim that the run is to decide
  std::vector<Problem> problems = {};
  std::vector<Dropped> dropped = {};
  std::vector<Lane> lanes = {};
  std::vector<ProblemRows> rows = {};  ///< [problem]

  [[nodiscard]] std::size_t complete_problems() const;
  [[nodiscard]] bool has_kind(Kind kind) const;
  [[nodiscard]] bool several_layers() const { return axes.layers.size() > 1; }
  /// Index of the lane, or nothing if it was not run.
  [[nodiscard]] std::optional<std::size_t> find(const Lane& lane) const;
};

/// A number or text as messages and tables show it.
[[nodiscard]] std::string id_text(const nlohmann::ordered_json& id);

/// @param reading  of an unfinished run: read the problems that are complete
/// @throws shard::FormatError if the directory is not a run of steps or contradicts itself
[[nodiscard]] Steps read_run(const std::filesystem::path& path,
                             const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::steps
