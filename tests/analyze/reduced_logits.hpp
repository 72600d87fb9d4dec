// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace phiscope::test {

/// Numbers of a row, with logits P against those of a baseline, B.
struct ReducedLogits {
  double kl = 0.0;          ///< KL(B || P), nats
  double reverse_kl = 0.0;  ///< KL(P || B), nats
  double prediction_changed = 0.0;
  double l2 = 0.0;
  double token_score = 0.0;            ///< mean over the scored tokens
  double token_log_probability = 0.0;  ///< likewise
};

/// Log-probabilities, by definition.
inline std::vector<long double> log_softmax(const std::vector<double>& logits) {
  long double sum = 0.0L;
  for (const double logit : logits) sum += std::exp(static_cast<long double>(logit));
  std::vector<long double> result;
  for (const double logit : logits) {
    result.push_back(static_cast<long double>(logit) - std::log(sum));
  }
  return result;
}

/// The slowest way, without anything of metrics/.
inline ReducedLogits reduce_logits(const std::vector<double>& before,
                                   const std::vector<double>& after,
                                   const std::vector<std::int64_t>& tokens) {
  const auto log_b = log_softmax(before);
  const auto log_p = log_softmax(after);
  long double kl = 0.0L;
  long double reverse = 0.0L;
  long double square = 0.0L;
  for (std::size_t i = 0; i < before.size(); ++i) {
    kl += std::exp(log_b[i]) * (log_b[i] - log_p[i]);
    reverse += std::exp(log_p[i]) * (log_p[i] - log_b[i]);
    const long double away = static_cast<long double>(after[i]) - before[i];
    square += away * away;
  }
  ReducedLogits row;
  row.kl = static_cast<double>(kl);
  row.reverse_kl = static_cast<double>(reverse);
  row.l2 = static_cast<double>(std::sqrt(square));
  const auto best = [](const std::vector<double>& values) {
    return std::max_element(values.begin(), values.end()) - values.begin();
  };
  row.prediction_changed = best(before) == best(after) ? 0.0 : 1.0;
  for (const std::int64_t token : tokens) {
    const auto at = static_cast<std::size_t>(token);
    row.token_score += after[at] / static_cast<double>(tokens.size());
    row.token_log_probability +=
        static_cast<double>(log_p[at]) / static_cast<double>(tokens.size());
  }
  return row;
}

}  // namespace phiscope::test
