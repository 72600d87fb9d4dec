// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"
#include "sampling/inputs.hpp"
#include "sampling/options.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace phiscope::extract {

/// A solution that was generated elsewhere.
struct GivenText {
  std::size_t problem = 0;  ///< of the problems that run
  double temperature = 0.0;
  int sample = 0;
  std::vector<int> ids;  ///< after the prompt
  std::string text;
};

/// The solutions of a file, ascending by problem, temperature and sample.
struct GivenTexts {
  std::vector<GivenText> texts;
  std::size_t left_out = 0;  ///< texts of problems that --limit leaves out
};

/// Reads JSON lines or a JSON list of objects: `problem`, `id` or `problem_id`; `temperature`,
/// which may be missing where --temperatures is one number; `sample`, an integer from 0; and
/// `continuation_ids` or `text`, which is read without special tokens.
/// @throws shard::FormatError naming file and line: an id that is no problem's, a problem,
///         temperature and sample twice, an id outside the vocabulary, a text that the context does
///         not hold after its prompt
GivenTexts read_given_texts(const SamplingOptions& options, const SamplingProblems& problems,
                            const ModelConfig& config);

/// Where a text is in the key of its rows.
struct TextPlace {
  std::int64_t problem = 0;
  std::int64_t temperature = 0;
  std::int64_t sample = 0;
};

/// One pass over prompt and text; a row for each checkpoint with a token to pool. Key of a row:
/// problem, temperature, sample, checkpoint.
/// @param window  only the last so many of the tokens; 0: all
Run text_run(const std::vector<int>& prompt, const std::vector<int>& ids, const TextPlace& place,
             const SampleLayout& layout, int window);

}  // namespace phiscope::extract
