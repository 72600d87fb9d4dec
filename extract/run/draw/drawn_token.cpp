// SPDX-License-Identifier: MIT
#include "run/draw/drawn_token.hpp"

#include "kernel/score_masses.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

// token_distribution() adds masses up one by one and divides each by the sum; here they are added
// up in blocks and bins. The sums differ by roundings, for which there is a bound: where the
// quantile, or what top_p may leave out, is no further than that from a sum, nothing is returned.
namespace phiscope::extract {
namespace {

using kernel::MassBins;
using kernel::score_block;
using kernel::score_blocks;
using kernel::ScoreRow;

constexpr std::size_t narrow_bins = 4096;
constexpr std::size_t few = 64;  // are sorted, not divided into bins

template <class S>
double score_at(const ScoreRow<S>& row, std::size_t place) {
  return static_cast<double>(row.values[place]) / row.temperature;
}

/// Scores after penalty and temperature, as token_distribution() has them.
void fill_scores(std::span<const float> logits, std::span<const int> earlier,
                 const DrawOptions& options, std::vector<double>& scores) {
  scores.assign(logits.begin(), logits.end());
  for (const int id : earlier) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= logits.size()) continue;  // a token that only the embedding knows
    const double logit = logits[index];
    scores[index] =
        logit < 0 ? logit * options.repetition_penalty : logit / options.repetition_penalty;
  }
  if (options.temperature == 1.0) return;
  for (double& score : scores) score /= options.temperature;
}

/// The k-th highest value, 1 <= k <= values. Blocks without one above the k best so far are passed
/// over.
template <class S>
double kth_highest(std::span<const S> values, std::span<const S> highest, std::size_t k,
                   std::vector<double>& best) {
  if (k > values.size() / 64) {
    best.assign(values.begin(), values.end());
    const auto kth = best.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::ranges::nth_element(best, kth, std::greater<>{});
    return *kth;
  }
  best.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(k));
  std::ranges::make_heap(best, std::greater<>{});
  for (std::size_t first = k; first < values.size();) {
    const std::size_t block = first / score_block;
    const std::size_t end = std::min((block + 1) * score_block, values.size());
    if (static_cast<double>(highest[block]) <= best.front()) {
      first = end;
      continue;
    }
    for (; first < end; ++first) {
      if (static_cast<double>(values[first]) <= best.front()) continue;
      std::ranges::pop_heap(best, std::greater<>{});
      best.back() = static_cast<double>(values[first]);
      std::ranges::push_heap(best, std::greater<>{});
    }
  }
  return best.front();
}

/// Fills ids and kept with the scores of values that are `least` or higher.
template <class S>
void keep_from(double least, const ScoreRow<S>& row, std::span<const S> highest,
               DrawScratch& scratch) {
  scratch.ids.clear();
  scratch.kept.clear();
  for (std::size_t block = 0; block < highest.size(); ++block) {
    if (static_cast<double>(highest[block]) < least) continue;
    const std::size_t first = block * score_block;
    const std::size_t end = std::min(first + score_block, row.values.size());
    for (std::size_t id = first; id < end; ++id) {
      if (static_cast<double>(row.values[id]) < least) continue;
      scratch.ids.push_back(static_cast<int>(id));
      scratch.kept.push_back(score_at(row, id));
    }
  }
}

/// Fills `doubtful` with the places of a bin.
void list_bin(std::size_t bin, DrawScratch& scratch) {
  std::size_t count = 0;
  scratch.doubtful.resize(scratch.bins.size());
  std::size_t* const to = scratch.doubtful.data();
  const std::uint16_t* const bins = scratch.bins.data();
  for (std::size_t place = 0; place < scratch.bins.size(); ++place) {  // without a branch
    to[count] = place;
    count += bins[place] == bin ? 1 : 0;
  }
  scratch.doubtful.resize(count);
}

/// Leaves in `doubtful` the places of one part of their scores: that in which the mass of the worse
/// ones exceeds `spare`; the mass of all worse parts is taken off it.
template <class S>
void narrow(const ScoreRow<S>& row, double lowest, double highest, double& spare,
            DrawScratch& scratch) {
  const double per_unit = (narrow_bins - 1) / (highest - lowest);
  const auto bin_of = [&](std::size_t place) {  // 0 holds the best
    return static_cast<std::size_t>((highest - score_at(row, place)) * per_unit);
  };
  std::array<double, narrow_bins> mass{};
  for (const std::size_t place : scratch.doubtful) mass[bin_of(place)] += scratch.masses[place];
  std::size_t limit = narrow_bins - 1;
  while (limit > 0 && mass[limit] <= spare) spare -= mass[limit--];
  std::erase_if(scratch.doubtful, [&](std::size_t place) { return bin_of(place) != limit; });
}

/// Sorts `doubtful`, worst first, of equal scores the lower id, having narrowed it down.
template <class S>
void sort_doubtful(const ScoreRow<S>& row, double& spare, DrawScratch& scratch) {
  const auto score = [&](std::size_t place) { return score_at(row, place); };
  while (!scratch.doubtful.empty()) {
    const auto [low, high] = std::ranges::minmax(scratch.doubtful, {}, score);
    const double range = score(high) - score(low);
    if (range == 0.0) return;  // they are in the order of the ids
    if (scratch.doubtful.size() <= few || range < 1e-300 || range > 1e300) {
      std::ranges::stable_sort(scratch.doubtful, {}, score);
      return;
    }
    narrow(row, score(low), score(high), spare, scratch);
  }
}

/// The place of the worst token that stays when the worst go whose masses add up to 1 - top_p or
/// less of all, of equal ones the lower ids first; nothing where a mass of the tolerance would
/// change it. Fills in the masses.
template <class S>
std::optional<std::size_t> worst_that_stays(const ScoreRow<S>& row, double top_p, double tolerance,
                                            DrawScratch& scratch) {
  scratch.masses.resize(row.values.size());
  scratch.bins.resize(row.values.size());
  const MassBins bins = kernel::binned_masses<S>(row, scratch.masses, scratch.bins);
  const double total = std::accumulate(bins.mass.rbegin(), bins.mass.rend(), 0.0);
  tolerance *= total;
  double spare = (1.0 - top_p) * total;
  std::size_t limit = MassBins::count - 1;
  while (limit > 0 && bins.mass[limit] <= spare) spare -= bins.mass[limit--];
  list_bin(limit, scratch);
  sort_doubtful(row, spare, scratch);
  for (const std::size_t place : scratch.doubtful) {
    // The best one stays in any case. It is the last of its bin.
    const bool best = place == scratch.doubtful.back() && score_at(row, place) == row.best;
    const double mass = scratch.masses[place];
    if (!best && mass <= spare) {
      spare -= mass;
      continue;
    }
    if (spare <= tolerance || (!best && mass - spare <= tolerance)) return std::nullopt;
    return place;
  }
  return std::nullopt;
}

/// The place at which the masses so far exceed the share `u` of all; nothing where a sum before or
/// with it is within the tolerance. `masses_of(first, masses)` fills in those of a block.
template <class Masses>
std::optional<std::size_t> place_at(double u, double tolerance, std::size_t places,
                                    std::span<const double> sums, const Masses& masses_of) {
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  const double target = u * total;
  tolerance *= total;
  double below = 0.0;
  std::size_t block = 0;
  while (block < sums.size() && below + sums[block] <= target) below += sums[block++];
  if (block == sums.size()) return std::nullopt;
  const std::size_t first = block * score_block;
  std::array<double, score_block> masses{};
  const std::span<double> some = std::span(masses).first(std::min(score_block, places - first));
  masses_of(first, some);
  for (std::size_t i = 0; i < some.size(); ++i) {
    const double with = below + some[i];
    if (with > target) {
      if (target - below <= tolerance || with - target <= tolerance) return std::nullopt;
      return first + i;
    }
    below = with;
  }
  return std::nullopt;
}

template <class S>
std::optional<std::size_t> drawn_place(const ScoreRow<S>& row, double top_p, double u,
                                       double tolerance, DrawScratch& scratch) {
  const std::size_t places = row.values.size();
  scratch.sums.resize(score_blocks(places));
  if (top_p == 1.0) {
    kernel::block_masses(row, scratch.sums);
    return place_at(u, tolerance, places, scratch.sums, [&](std::size_t first, auto masses) {
      kernel::score_masses(row, first, masses);
    });
  }
  const auto worst = worst_that_stays(row, top_p, tolerance, scratch);
  if (!worst) return std::nullopt;
  kernel::drop_masses(row.values, *worst, scratch.masses, scratch.sums);
  return place_at(u, tolerance, places, scratch.sums, [&](std::size_t first, auto masses) {
    std::copy_n(scratch.masses.begin() + static_cast<std::ptrdiff_t>(first), masses.size(),
                masses.begin());
  });
}

template <class S>
std::optional<int> drawn_of(ScoreRow<S> row, std::vector<S>& highest, const DrawOptions& options,
                            double u, DrawScratch& scratch) {
  const std::size_t vocab = row.values.size();
  highest.resize(score_blocks(vocab));
  kernel::highest_values(row.values, std::span<S>(highest));
  row.best = static_cast<double>(std::ranges::max(highest)) / row.temperature;
  if (!std::isfinite(row.best)) return std::nullopt;
  const double tolerance = sum_tolerance(vocab);
  const auto k = static_cast<std::size_t>(options.top_k);
  if (k == 0 || k >= vocab) {
    const auto place = drawn_place(row, options.top_p, u, tolerance, scratch);
    return place ? std::optional(static_cast<int>(*place)) : std::nullopt;
  }
  keep_from(kth_highest<S>(row.values, highest, k, scratch.best), row, std::span<const S>(highest),
            scratch);
  const ScoreRow<double> kept{.values = scratch.kept, .temperature = 1.0, .best = row.best};
  const auto place = drawn_place(kept, options.top_p, u, tolerance, scratch);
  return place ? std::optional(scratch.ids[*place]) : std::nullopt;
}

}  // namespace

bool keeps_order(double temperature) {
  return temperature > 1e-30 && temperature < 1e30;
}

double sum_tolerance(std::size_t masses) {
  return 0x1.0p-53 * (8.0 * static_cast<double>(masses) + 4.0 * narrow_bins);
}

std::optional<int> undoubted_token(std::span<const float> logits, std::span<const int> earlier,
                                   const DrawOptions& options, double u, DrawScratch& scratch) {
  if (logits.empty() || std::ranges::any_of(earlier, [](int id) { return id < 0; })) return {};
  if (keeps_order(options.temperature) && (options.repetition_penalty == 1.0 || earlier.empty())) {
    const ScoreRow<float> row{.values = logits, .temperature = options.temperature};
    return drawn_of(row, scratch.highest_logits, options, u, scratch);
  }
  fill_scores(logits, earlier, options, scratch.scores);
  const ScoreRow<double> row{.values = scratch.scores};
  return drawn_of(row, scratch.highest_scores, options, u, scratch);
}

int drawn_token(std::span<const float> logits, std::span<const int> earlier,
                const DrawOptions& options, double u, DrawScratch& scratch) {
  check_draw_options(options);
  const std::optional<int> token = undoubted_token(logits, earlier, options, u, scratch);
  return token ? *token : draw(token_distribution(logits, earlier, options), u);
}

}  // namespace phiscope::extract
