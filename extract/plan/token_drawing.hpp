// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// How the next token is drawn; the defaults draw from the model's own distribution.
struct DrawOptions {
  double temperature = 1.0;         ///< > 0 (greedy decoding draws nothing)
  int top_k = 0;                    ///< >= 0; 0: all tokens
  double top_p = 1.0;               ///< in (0, 1]
  double repetition_penalty = 1.0;  ///< > 0; above 1 makes earlier tokens less probable
};

/// Tokens that can be drawn and how often each is.
struct TokenDistribution {
  std::vector<int> ids;               ///< ascending, at least one
  std::vector<double> probabilities;  ///< [id], each above 0; their sum is 1 but for rounding
};

/// @throws std::invalid_argument naming the option, what was found and what is expected
inline void check_draw_options(const DrawOptions& options) {
  const auto demand = [](bool kept, std::string_view option, double found,
                         std::string_view expected) {
    if (kept) return;
    std::ostringstream message;
    message << option << ": found " << found << ", expected " << expected;
    throw std::invalid_argument(message.str());
  };
  demand(std::isfinite(options.temperature) && options.temperature > 0, "temperature",
         options.temperature, "a number above 0 (greedy decoding needs none)");
  demand(options.top_k >= 0, "top_k", options.top_k, "an integer of 0 (all tokens) or more");
  demand(options.top_p > 0 && options.top_p <= 1, "top_p", options.top_p,
         "a number above 0 and at most 1 (all tokens)");
  demand(std::isfinite(options.repetition_penalty) && options.repetition_penalty > 0,
         "repetition_penalty", options.repetition_penalty, "a number above 0 (1: no penalty)");
}

namespace detail {

/// Logits after penalty and temperature, [vocab].
inline std::vector<double> penalised_scores(std::span<const float> logits,
                                            std::span<const int> earlier,
                                            const DrawOptions& options) {
  std::vector<double> scores(logits.begin(), logits.end());
  for (const int id : earlier) {
    if (id < 0) throw std::invalid_argument("token id: found a negative one");
    const auto index = static_cast<std::size_t>(id);
    if (index >= scores.size()) continue;  // a token that only the embedding knows
    const double logit = logits[index];    // so that a token is penalised once
    scores[index] =
        logit < 0 ? logit * options.repetition_penalty : logit / options.repetition_penalty;
  }
  if (options.temperature != 1.0) {
    for (double& score : scores) score /= options.temperature;
  }
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (scores[id] < std::numeric_limits<double>::infinity()) continue;
    std::ostringstream message;
    message << "logit " << id << ": found " << logits[id] << ", " << scores[id]
            << " after penalty and temperature, expected a number";
    throw std::invalid_argument(message.str());
  }
  return scores;
}

/// The k-th largest score. 1 <= k <= scores.size()
inline double kth_score(const std::vector<double>& scores, std::size_t k) {
  // A short list of the best so far is kept while reading; a long one is worth a selection.
  if (k > scores.size() / 64) {
    std::vector<double> copy = scores;
    const auto kth = copy.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::ranges::nth_element(copy, kth, std::greater<>{});
    return *kth;
  }
  std::vector<double> best(k);
  std::ranges::partial_sort_copy(scores, best, std::greater<>{});
  return best.back();
}

/// Tokens under consideration, by ascending id.
struct Candidates {
  std::vector<int> ids;
  std::vector<double> scores;
  std::vector<double> masses;  ///< probabilities times a constant; 0: cannot be drawn
};

/// Takes away the mass of the worst candidates as long as it adds up to `spare` or less; the best
/// one keeps its own. Of equal scores the lower id is the worse.
/// Bins by score tell whose mass is below any doubt; only the bin with the limit is sorted.
inline void drop_tail(Candidates& candidates, double spare) {
  const auto ends = std::ranges::minmax(candidates.scores);
  const double highest = ends.max;
  constexpr std::size_t bins = 4096;
  const double range = ends.max - ends.min;
  const double per_unit = range > 1e-300 ? (bins - 1) / range : 0.0;
  const auto bin_of = [&](std::size_t i) {  // 0 holds the best
    return static_cast<std::size_t>((highest - candidates.scores[i]) * per_unit);
  };
  std::vector<double> bin_mass(bins, 0.0);
  for (std::size_t i = 0; i < candidates.ids.size(); ++i) {
    bin_mass[bin_of(i)] += candidates.masses[i];
  }
  std::size_t limit = bins - 1;
  while (limit > 0 && bin_mass[limit] <= spare) spare -= bin_mass[limit--];

  std::vector<std::size_t> doubtful;  // places, those of the lower ids first
  for (std::size_t i = 0; i < candidates.ids.size(); ++i) {
    const std::size_t bin = bin_of(i);
    if (bin > limit) candidates.masses[i] = 0.0;
    if (bin == limit) doubtful.push_back(i);
  }
  std::ranges::stable_sort(doubtful, {}, [&](std::size_t i) { return candidates.scores[i]; });
  if (limit == 0) doubtful.pop_back();  // the best one
  for (const std::size_t i : doubtful) {
    if (candidates.masses[i] > spare) break;
    spare -= candidates.masses[i];
    candidates.masses[i] = 0.0;
  }
}

}  // namespace detail

/// The distribution of the next token, in double precision, by the rules of Hugging Face's
/// generation and in its order: repetition penalty (once for every token of prompt and generation),
/// temperature, top-k (tokens as good as the k-th stay), top-p (the worst tokens go whose
/// probabilities add up to 1 - top_p or less; the best stays; of equally good ones, which Hugging
/// Face leaves open, the lower ids go first, as a stable sort has it).
/// @param logits   [vocab], below infinity, one at least above minus infinity
/// @param earlier  ids of prompt and generation so far; those beyond the vocabulary are passed over
/// @throws std::invalid_argument for options or logits out of their range
[[nodiscard]] inline TokenDistribution token_distribution(std::span<const float> logits,
                                                          std::span<const int> earlier,
                                                          const DrawOptions& options) {
  check_draw_options(options);
  detail::Candidates candidates{
      .ids = {}, .scores = detail::penalised_scores(logits, earlier, options), .masses = {}};
  std::vector<double>& scores = candidates.scores;
  const auto k = static_cast<std::size_t>(options.top_k);
  constexpr double none = std::numeric_limits<double>::lowest();  // leaves minus infinity out
  const double worst = k > 0 && k < scores.size() ? detail::kth_score(scores, k) : none;
  candidates.ids.reserve(k > 0 ? std::min(k, scores.size()) : scores.size());
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (scores[id] >= std::max(worst, none)) candidates.ids.push_back(static_cast<int>(id));
  }
  if (candidates.ids.empty()) {
    throw std::invalid_argument("logits: found no number above minus infinity");
  }
  std::ranges::transform(candidates.ids, scores.begin(),
                         [&](int id) { return scores[static_cast<std::size_t>(id)]; });
  scores.resize(candidates.ids.size());

  const double best = std::ranges::max(scores);
  candidates.masses.reserve(scores.size());
  for (const double score : scores) candidates.masses.push_back(std::exp(score - best));
  if (options.top_p < 1.0) {
    const double total = std::reduce(candidates.masses.begin(), candidates.masses.end());
    detail::drop_tail(candidates, (1.0 - options.top_p) * total);
  }
  TokenDistribution made{.ids = std::move(candidates.ids),
                         .probabilities = std::move(candidates.masses)};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < made.ids.size(); ++i) {
    if (made.probabilities[i] == 0.0) continue;
    made.ids[kept] = made.ids[i];
    made.probabilities[kept++] = made.probabilities[i];
  }
  made.ids.resize(kept);
  made.probabilities.resize(kept);
  const double total = std::accumulate(made.probabilities.begin(), made.probabilities.end(), 0.0);
  for (double& probability : made.probabilities) probability /= total;
  return made;
}

/// The token at quantile `u`: the inverse of the distribution function in ascending order of ids.
/// @param u  in [0, 1), for instance uniform_at() of counter_random.hpp
[[nodiscard]] inline int draw(const TokenDistribution& distribution, double u) {
  double below = 0.0;
  for (std::size_t i = 0; i < distribution.ids.size(); ++i) {
    below += distribution.probabilities[i];
    if (u < below) return distribution.ids[i];
  }
  return distribution.ids.back();  // u above a sum that rounding left short of one
}

}  // namespace phiscope::extract
