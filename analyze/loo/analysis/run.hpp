// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"

#include <phiscope/pairs.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// A set of words with the clusters the walks run on and the groups their meanings form.
struct Condition {
  std::string name;
  std::vector<std::string> words;  ///< [word]
  Partition partition;             ///< [word]
};

/// One context: a walk on a graph of words, and the positions that were left out of it in turn.
struct Walk {
  std::size_t condition = 0;  ///< index into RunInfo::conditions
  std::int64_t n = 0;         ///< words in the full context
  std::int64_t trial = 0;
  std::vector<std::int64_t> nodes;    ///< [position], word ids
  std::vector<std::int64_t> removed;  ///< tested positions, ascending
  std::vector<bool> bridge;           ///< [position]: cluster differs from the word before
  std::vector<double> adjacency;      ///< [word, word], 0 or 1, symmetric
};

/// Which of a run's positions make up the representation of a word.
enum class Sink {
  keep,    ///< all
  drop,    ///< all but position 0 of every run
  prefix,  ///< all; a neutral token comes before position 0
};

/// Which occurrences of a word make up its representation.
enum class Occurrence { mean, first, last };

/// What a run is, without its arrays.
struct RunInfo {
  std::filesystem::path path;
  std::string name;  ///< directory name
  Sink sink = Sink::drop;
  std::string sink_name;
  Occurrence occurrence = Occurrence::mean;
  std::string primary;               ///< the test that the plan names; empty: none
  std::vector<std::int64_t> layers;  ///< -1 is the embedding
  std::size_t units = 0;
  std::vector<Condition> conditions;
  std::vector<Walk> walks;         ///< [prompt]
  nlohmann::ordered_json details;  ///< of plan.json: version, options, model, ...
  std::string missing = {};        ///< of a partial run, see shard::Run::missing()
};

/// Representations of the words of one run of the model, borrowed from the shard.
struct WordRows {
  std::int64_t removed = -1;        ///< position left out, -1: full context
  std::vector<std::int64_t> words;  ///< [word row], ascending
  std::span<const float> values;    ///< [word row, layer, unit]
};

/// The rows of one context, with the mapping that holds them.
struct ContextRows {
  shard::NpyFile array;
  std::vector<WordRows> runs;  ///< full context, then Walk::removed in order
};

/// Where the rows of a context lie.
struct ContextPlace {
  std::size_t walk = 0;  ///< index into RunInfo::walks
  std::int64_t shard = 0;
  std::size_t begin = 0;  ///< first row in the shard
  std::size_t end = 0;
};

/// The words that have a representation when position `removed` (-1: none) is left out, ascending.
[[nodiscard]] std::vector<std::int64_t> present_words(const Walk& walk, std::int64_t removed,
                                                      Sink sink);

/// A run directory of experiment loo, checked against its own prompts when opened.
class LooRun {
 public:
  /// @param reading  of an unfinished run: read the contexts it has
  /// @throws shard::FormatError if the directory is not a run of loo or contradicts itself
  [[nodiscard]] static LooRun open(const std::filesystem::path& run,
                                   const shard::ReadOptions& reading = {});

  [[nodiscard]] const RunInfo& info() const noexcept { return info_; }
  [[nodiscard]] const std::vector<ContextPlace>& contexts() const noexcept { return contexts_; }
  [[nodiscard]] bool complete() const noexcept { return run_.complete(); }

  /// Maps the rows of a context; nothing is copied.
  [[nodiscard]] ContextRows rows(const ContextPlace& place) const;

 private:
  LooRun(shard::Run run, RunInfo info) : run_(std::move(run)), info_(std::move(info)) {}
  void find_contexts(std::int64_t shard);
  void check_keys(const ContextPlace& place) const;

  shard::Run run_;
  RunInfo info_;
  std::vector<ContextPlace> contexts_;  ///< in the order of the walks
};

}  // namespace phiscope::analyze::loo
