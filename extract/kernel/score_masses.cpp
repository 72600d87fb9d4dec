// SPDX-License-Identifier: MIT
#include "kernel/score_masses.hpp"

#include "kernel/lanes.hpp"
#include "kernel/vector_exp.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace phiscope::extract::kernel {
namespace {

/// Calls `use(block, first, count)` for each block.
template <class Use>
void for_each_block(std::size_t scores, const Use& use) {
  for (std::size_t first = 0; first < scores; first += score_block) {
    use(first / score_block, first, std::min(score_block, scores - first));
  }
}

/// Scores less the best one, for the places from `first` on.
template <class S>
void fill_below_best(const ScoreRow<S>& row, std::size_t first, std::span<double> below) {
  const S* const from = row.values.data() + first;
  double* const to = below.data();
  const std::size_t count = below.size();
  const double best = row.best;
  if (row.temperature == 1.0) {  // a division costs as much as half an exponential
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i]) - best;
    return;
  }
  const double temperature = row.temperature;
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<double>(from[i]) / temperature - best;
  }
}

void fill_masses(std::span<const double> below, double* masses) {
  const double* const from = below.data();
  const std::size_t count = below.size();
  for (std::size_t i = 0; i < count; ++i) masses[i] = exp_of_negative(from[i]);
}

double sum_of(std::span<const double> numbers) {
  using L = Lanes<double>;
  typename L::Part sum[L::parts];
  const auto one = L::Part::all(1.0);
  const double* const x = numbers.data();
  const std::size_t count = numbers.size();
  std::size_t i = 0;
  for (; i + L::width <= count; i += L::width) {
    for (std::size_t p = 0; p < L::parts; ++p) {
      sum[p].add_product(L::Part::load(x + i + p * part_width<L>), one);
    }
  }
  double total = L::sum(sum);
  for (; i < count; ++i) total += x[i];
  return total;
}

}  // namespace

template <class S>
void highest_values(std::span<const S> values, std::span<S> highest) {
  constexpr S infinite = std::numeric_limits<S>::infinity();
  for_each_block(values.size(), [&](std::size_t block, std::size_t first, std::size_t count) {
    const S* const x = values.data() + first;
    S most[score_block];
    for (std::size_t i = 0; i < count; ++i) most[i] = x[i] < infinite ? x[i] : infinite;
    std::fill(most + count, most + score_block, -infinite);
    for (std::size_t half = score_block / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) {
        most[i] = most[i] > most[i + half] ? most[i] : most[i + half];
      }
    }
    highest[block] = most[0];
  });
}

template <class S>
void score_masses(const ScoreRow<S>& row, std::size_t first, std::span<double> masses) {
  fill_below_best(row, first, masses);
  fill_masses(masses, masses.data());
}

template <class S>
void block_masses(const ScoreRow<S>& row, std::span<double> sums) {
  for_each_block(row.values.size(), [&](std::size_t block, std::size_t first, std::size_t count) {
    double masses[score_block];
    score_masses(row, first, {masses, count});
    sums[block] = sum_of({masses, count});
  });
}

template <class S>
MassBins binned_masses(const ScoreRow<S>& row, std::span<double> masses,
                       std::span<std::uint16_t> bins) {
  // Neighbours are often in the same bin: each adds to one of four, lest it wait for the other.
  constexpr std::size_t copies = 4;
  std::vector<double> sums(copies * MassBins::count, 0.0);
  for_each_block(row.values.size(), [&](std::size_t, std::size_t first, std::size_t count) {
    double below[score_block];
    fill_below_best(row, first, {below, count});
    fill_masses({below, count}, masses.data() + first);
    std::uint16_t* const bin = bins.data() + first;
    for (std::size_t i = 0; i < count; ++i) {
      constexpr double last = MassBins::count - 1;
      const double b = -below[i] * MassBins::per_unit;
      bin[i] = static_cast<std::uint16_t>(static_cast<std::int32_t>(b < last ? b : last));
    }
    const double* const mass = masses.data() + first;
    double* const sum = sums.data();
    for (std::size_t i = 0; i < count; ++i) sum[bin[i] * copies + i % copies] += mass[i];
  });
  MassBins made;
  for (std::size_t b = 0; b < MassBins::count; ++b) {
    const double* const x = &sums[b * copies];
    made.mass[b] = (x[0] + x[1]) + (x[2] + x[3]);
  }
  return made;
}

template <class S>
void drop_masses(std::span<const S> values, std::size_t worst, std::span<double> masses,
                 std::span<double> sums) {
  const S least = values[worst];
  for_each_block(values.size(), [&](std::size_t block, std::size_t first, std::size_t count) {
    const S* const x = values.data() + first;
    double* const mass = masses.data() + first;
    // Up to `equals` an equal value goes, from there on it stays.
    const std::size_t equals = std::clamp(worst, first, first + count) - first;
    for (std::size_t i = 0; i < equals; ++i) mass[i] = x[i] > least ? mass[i] : 0.0;
    for (std::size_t i = equals; i < count; ++i) mass[i] = x[i] >= least ? mass[i] : 0.0;
    sums[block] = sum_of({mass, count});
  });
}

template void highest_values<float>(std::span<const float>, std::span<float>);
template void highest_values<double>(std::span<const double>, std::span<double>);
template void score_masses<float>(const ScoreRow<float>&, std::size_t, std::span<double>);
template void score_masses<double>(const ScoreRow<double>&, std::size_t, std::span<double>);
template void block_masses<float>(const ScoreRow<float>&, std::span<double>);
template void block_masses<double>(const ScoreRow<double>&, std::span<double>);
template MassBins binned_masses<float>(const ScoreRow<float>&, std::span<double>,
                                       std::span<std::uint16_t>);
template MassBins binned_masses<double>(const ScoreRow<double>&, std::span<double>,
                                        std::span<std::uint16_t>);
template void drop_masses<float>(std::span<const float>, std::size_t, std::span<double>,
                                 std::span<double>);
template void drop_masses<double>(std::span<const double>, std::size_t, std::span<double>,
                                  std::span<double>);

}  // namespace phiscope::extract::kernel
