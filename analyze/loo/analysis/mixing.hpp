// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/run.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::analyze::loo {

/// Embedding of every word of a condition, [word, unit]; empty where no context has it.
using WordEmbeddings = std::vector<std::vector<double>>;

/// What a context would be if all that a model did were to mix each word with the one before.
struct Mixing {
  Value ratio = Status::too_few_rows;      ///< separation ratio of the mixed words
  Value embedding = Status::too_few_rows;  ///< that of the embeddings, unmixed
  std::int64_t unmixed = 0;                ///< positions whose predecessor has no known embedding
};

/// Separation ratio after neighbour mixing: at every position the mean of the word's own embedding
/// and that of the word before it, at position 0 its own; then the mean over a word's occurrences,
/// as the run has it (sink, occurrence). Walks that stay in clusters mix words with words of their
/// cluster, so that the ratio is above 1 without any model: 1.33 (sd 0.11) for random vectors on
/// walks of 100 words.
///
/// A word of several tokens has the mean of their embeddings, so that the mixing is of words, not
/// of tokens. Embeddings that depend on the position are means over the positions already.
///
/// @param words  those with a representation, ascending
/// @param embeddings  [word]; those of `words` must be there
/// @return  undefined as phi_ratio() is
[[nodiscard]] Mixing neighbour_mixing(const Walk& walk, const Condition& condition,
                                      std::span<const std::int64_t> words,
                                      const WordEmbeddings& embeddings, Sink sink,
                                      Occurrence occurrence, Cross cross);

/// The embeddings of all words of each condition, [condition], each from the first context that has
/// it. A word that is in a walk at position 0 alone has no row there when that position is dropped,
/// but it is a predecessor.
[[nodiscard]] std::vector<WordEmbeddings> word_embeddings(const LooRun& run);

/// Puts the embedding layer of one context's words over those of its condition.
void put_embeddings(const WordRows& rows, std::size_t layers, std::size_t units,
                    WordEmbeddings& embeddings);

}  // namespace phiscope::analyze::loo
