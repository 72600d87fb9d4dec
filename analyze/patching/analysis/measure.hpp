// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/run.hpp"

#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace phiscope::analyze::patching {

/// What is measured of a pair at a site, with patched logits P and those of the unpatched run B.
enum class Measure {
  kl_divergence,                  ///< KL(P || B), nats, mean over distinct read-outs
  kl_from_baseline,               ///< KL(B || P), likewise
  l2,                             ///< |P - B|, logits, likewise
  l2_difference,                  ///< root mean square of P - B over read-outs and vocabulary
  prediction_change_rate,         ///< share of these read-outs whose most likely token changes
  clean_answer_score,             ///< at eot: mean logit of the clean answer's tokens
  corrupted_answer_score,         ///< at eot: mean logit of the corrupted answer's tokens
  answer_logit_diff,              ///< the first minus the second
  clean_answer_score_change,      ///< against the unpatched run
  corrupted_answer_score_change,  ///< likewise
  answer_logit_diff_change,       ///< likewise
  clean_score,                    ///< mean log-probability of the clean answer's scored tokens
  corrupted_score,                ///< of the corrupted answer's
  answer_diff,                    ///< the first minus the second, nats
  answer_diff_change,             ///< against the unpatched run
  recovery,                       ///< that change over the clean run's, 1: all the way
};
inline constexpr std::size_t measure_count = 16;

/// "kl_divergence", ... as tables name them.
[[nodiscard]] std::string_view measure_name(Measure measure) noexcept;
/// "nats", "logits", "share", "recovery": the unit of the axis.
[[nodiscard]] std::string_view measure_unit(Measure measure) noexcept;

/// The measures by number.
[[nodiscard]] constexpr std::array<Measure, measure_count> all_measures() {
  std::array<Measure, measure_count> all{};
  for (std::size_t i = 0; i < measure_count; ++i) all[i] = static_cast<Measure>(i);
  return all;
}

/// All measures of a pair at a site.
struct Measured {
  std::array<Value, measure_count> values = filled();

  [[nodiscard]] const Value& operator[](Measure measure) const {
    return values[static_cast<std::size_t>(measure)];
  }
  [[nodiscard]] Value& operator[](Measure measure) {
    return values[static_cast<std::size_t>(measure)];
  }

 private:
  [[nodiscard]] static std::array<Value, measure_count> filled() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<Value, measure_count>{((void)I, Value(Status::too_few_rows))...};
    }
    (std::make_index_sequence<measure_count>{});
  }
};

/// Scores of the two answers in one run of the model.
struct Scores {
  Value clean_logit = Status::too_few_rows;      ///< clean_answer_score
  Value corrupted_logit = Status::too_few_rows;  ///< corrupted_answer_score
  Value clean = Status::too_few_rows;            ///< clean_score
  Value corrupted = Status::too_few_rows;        ///< corrupted_score

  [[nodiscard]] Value logit_difference() const { return difference(clean_logit, corrupted_logit); }
  [[nodiscard]] Value answer_difference() const { return difference(clean, corrupted); }
};

/// @param rows  [readout]; scores whose read-outs the run does not have are too_few_rows
[[nodiscard]] Scores scores_of(const Rows& rows, const std::vector<Readout>& readouts);

/// (patched - unpatched) / (clean - unpatched) of the answers' differences.
/// @return  no_gap where |clean - unpatched| < least_gap
[[nodiscard]] Value recovery(const Value& patched, const Value& unpatched, const Value& clean);

/// Measures of one site.
/// @param vocabulary  0: not known, then l2_difference is too_few_rows
[[nodiscard]] Measured measure_site(const Rows& site, const PairRows& pair,
                                    const std::vector<Readout>& readouts, std::size_t vocabulary);

}  // namespace phiscope::analyze::patching
