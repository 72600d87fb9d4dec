// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/correlation.hpp"
#include "phiid/analysis/input.hpp"
#include "phiid/analysis/scores.hpp"
#include "phiid/analysis/series.hpp"
#include "phiid/analysis/surrogates.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <optional>
#include <span>
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
  std::optional<double> unknown;           ///< share of its tokens that the model does not know
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

/// A prompt with a larger share of unknown tokens says something else to the model.
inline constexpr double unknown_limit = 0.05;
/// Heads whose variance is more than this share of a line look related to all others that are.
inline constexpr double trend_limit = 0.1;
/// Numbers of heads that follow their autocorrelation as closely as this may say little else.
inline constexpr double autocorrelation_limit = 0.8;

/// What is wrong with texts and series, counted: severe enough to be told with each claim.
struct Severe {
  std::size_t prompts = 0;
  std::size_t loops = 0;            ///< prompts that end in an exact loop
  std::size_t loops_checked = 0;    ///< prompts of which that is known
  std::size_t after_end = 0;        ///< prompts with steps after the end of their text
  std::size_t ends_checked = 0;     ///< prompts of which that is known
  std::size_t unknown = 0;          ///< prompts above unknown_limit
  std::size_t unknown_checked = 0;  ///< prompts of which that is known
  std::size_t heads = 0;            ///< with a trend share
  std::size_t trended = 0;          ///< heads above trend_limit

  /// A tenth of the heads: enough to make the others look related.
  [[nodiscard]] bool shares_trend() const { return trended > 0 && 10 * trended >= heads; }
};

[[nodiscard]] Severe severe(std::span<const PromptDiagnosis> prompts, const Series& series);

/// "3 prompts", "1 prompt". @param one  what is counted, in the singular; its plural adds an s
[[nodiscard]] std::string count_text(std::size_t number, const std::string& one);

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
  const std::vector<Correlation>& correlations;
};

/// Plain sentences on why the rankings may not be trustworthy; the gravest first.
[[nodiscard]] std::vector<std::string> warnings(const Findings& found);

}  // namespace phiscope::analyze::phiid
