// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/input.hpp"
#include "phiid/scores.hpp"
#include "phiid/series.hpp"
#include "phiid/surrogates.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// What may be wrong with one prompt.
struct PromptDiagnosis {
  std::string id;
  std::string category;
  std::size_t steps = 0;
  bool knows_loop = false;                 ///< the generated tokens are known and long enough
  std::optional<std::size_t> loop_period;  ///< of the last 50 tokens, at most 25
  std::optional<std::size_t> after_end;    ///< tokens after the first end of text, if known
  std::size_t constant = 0;                ///< heads whose series never changes
  std::size_t nonfinite = 0;               ///< heads with NaN or infinity
};

[[nodiscard]] std::vector<PromptDiagnosis> diagnose_prompts(const Input& input,
                                                            const Series& series);

/// How much information a short series shows although there is none. In the unit of the analysis.
struct Bias {
  std::size_t transitions = 0;  ///< the fewest of a decomposition
  Value effective =
      Status::too_short;  ///< independent transitions this is worth, by the autocorrelation
  Value tdmi_bias = Status::too_short;  ///< leading bias of the TDMI with independent transitions
  Value tdmi_bias_effective = Status::too_short;  ///< with the effective number
  Value mean_tdmi = Status::no_pairs;             ///< over the pairs that are ok
  Value mean_sts = Status::no_pairs;
  Value mean_rtr = Status::no_pairs;
  bool corrected = false;  ///< the leading bias was subtracted from every information
};

[[nodiscard]] Bias bias_note(const Series& series, const Matrices& matrices,
                             const Options& options);

/// What warnings are made of.
struct Findings {
  const Input& input;
  const Options& options;
  const Series& series;
  const Matrices& matrices;
  const HeadScores& scores;
  const SurrogateTests& surrogates;
  const std::vector<PromptDiagnosis>& prompts;
  const Bias& bias;
};

/// Plain sentences on why the rankings may not be trustworthy; the gravest first.
[[nodiscard]] std::vector<std::string> warnings(const Findings& found);

}  // namespace phiscope::analyze::phiid
