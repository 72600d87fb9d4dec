// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/pairs.hpp"
#include "patching/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Which positions of two questions of a model without latents belong together.
enum class Align {
  start,  ///< equal positions: both have as many tokens
  end,    ///< counted from the end; as many as the shorter one has
};

/// How pairs become tokens.
struct PairReading {
  bool published = false;  ///< pads instead of thoughts, no BOS
  bool answers = false;    ///< the answers are given, and scored
  Align align = Align::start;
  std::string span;           ///< sites are the tokens of this span; "": as `align` says
  std::string answer_prefix;  ///< precedes " " and the answer
  int latents = 0;
  int generated = 0;  ///< tokens that each may be continued by, at most
  bool skip_bad = false;
};

/// Pairs as tokens, and those that cannot be used.
struct TokenPairs {
  std::vector<PatchPair> pairs;
  std::vector<QuestionPair> texts;  ///< [pair] as they were read
  std::vector<DroppedPair> dropped;
  std::vector<int> after;     ///< what ends the thoughts
  std::string prompts_jsonl;  ///< two lines per pair: clean, corrupted
};

/// @param model  directory, whose tokenizer.json is read where a question is a text
/// @throws shard::FormatError naming file, pair, found and expected
TokenPairs tokenise_pairs(const std::filesystem::path& file, const QuestionPairs& pairs,
                          const std::filesystem::path& model, const ModelConfig& config,
                          const PairReading& how);

}  // namespace phiscope::extract
