// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Mean of each head over its pairs.
struct HeadMeans {
  std::vector<Value> mean;           ///< [head]; no_pairs where every pair is excluded
  std::vector<std::size_t> n_pairs;  ///< [head]: pairs that count
};

/// Mean over the other heads of the numbers of each head's pairs.
/// @param pairs  [head, head]; the diagonal is ignored
/// @param counts  (i, j) -> whether the pair counts
/// @throws std::invalid_argument unless `pairs` is square
template <class Counts>
[[nodiscard]] HeadMeans head_means(MatrixView<double> pairs, Counts counts) {
  if (pairs.rows() != pairs.cols()) {
    throw std::invalid_argument("head_means: " + std::to_string(pairs.rows()) + " x " +
                                std::to_string(pairs.cols()) + " pairs, expected a square");
  }
  HeadMeans result;
  for (std::size_t i = 0; i < pairs.rows(); ++i) {
    CompensatedSum sum;
    std::size_t n = 0;
    for (std::size_t j = 0; j < pairs.cols(); ++j) {
      if (i == j || !counts(i, j)) continue;
      sum += pairs.row(i)[j];
      ++n;
    }
    result.n_pairs.push_back(n);
    result.mean.push_back(n == 0 ? Value(Status::no_pairs)
                                 : Value(sum.value() / static_cast<double>(n)));
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Pairs, class Counts>
[[nodiscard]] HeadMeans head_means(const Pairs& pairs, Counts counts) {
  return head_means(rows_of(pairs).view, counts);
}

/// Numbers shifted and scaled to [0, 1].
/// @param numbers  [item]
/// @return  [item]; undefined where the input is, and constant where all defined ones are equal
[[nodiscard]] inline std::vector<Value> min_max(std::span<const Value> numbers) {
  std::vector<double> defined;
  for (const Value& number : numbers) {
    if (number.ok()) defined.push_back(number.value());
  }
  std::vector<Value> result(numbers.begin(), numbers.end());
  if (defined.empty()) return result;
  const auto [low, high] = std::minmax_element(defined.begin(), defined.end());
  for (Value& number : result) {
    if (!number.ok()) continue;
    number =
        *low == *high ? Value(Status::constant) : Value((number.value() - *low) / (*high - *low));
  }
  return result;
}

/// Ranks from 1 of the defined numbers, smallest first; equal numbers in the order of their place.
/// @param numbers  [item]
/// @return  [item]; 0 where the number is undefined
[[nodiscard]] inline std::vector<std::size_t> ordinal_ranks(std::span<const Value> numbers) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i].ok()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [numbers](std::size_t a, std::size_t b) {
    return numbers[a].value() < numbers[b].value();
  });
  std::vector<std::size_t> ranks(numbers.size(), 0);
  for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank + 1;
  return ranks;
}

/// Heads from the one to remove first: highest score first, equal scores and then undefined ones in
/// the order of their place.
/// @param scores  [head]
/// @return  head indices
[[nodiscard]] inline std::vector<std::size_t> descending_order(std::span<const Value> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [scores](std::size_t a, std::size_t b) {
    if (scores[a].ok() != scores[b].ok()) return scores[a].ok();
    return scores[a].ok() && scores[a].value() > scores[b].value();
  });
  return order;
}

}  // namespace phiscope
