// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>
#include <phiscope/permutation_test.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// p-values of many tests, corrected together by the largest statistic of each draw: rejecting
/// where the result is <= alpha keeps the chance of any false rejection below alpha, however the
/// tests depend on each other. It needs no more draws than one test does; Holm's correction of m
/// tests needs m times as many.
///
/// @param observed  [test]; tests must be on one scale (studentised), or a loud one decides
/// @param null  [draw, test]: the statistics of data drawn under the hypothesis, all tests of a
/// draw
///              from the same drawn data
/// @return  [test], (1 + draws whose largest statistic reaches that test's) / (1 + draws)
/// @throws std::invalid_argument if the sizes differ or a number is not finite
/// @see  Westfall and Young 1993, Resampling-Based Multiple Testing: single-step maxT
[[nodiscard]] inline std::vector<double> max_statistic_p(std::span<const double> observed,
                                                         const MatrixView<double>& null);

/// Are the mean differences of many cells (layers x lengths) zero? Corrected together.
struct SignFlipMaxTest {
  std::vector<Value> p_values;  ///< [cell], two-sided, in (0, 1]
  double least_p = 1.0;         ///< the smallest that the design can give
  bool exact = false;           ///< all sign patterns were counted, none drawn
};

/// sign_flip_test() of many cells at once. A pattern flips all cells of a unit together, and the
/// statistic of a cell is |sum| / sqrt(sum of squares), so that no cell decides by its unit.
///
/// @param differences  [unit][cell], undefined where a unit has no difference in a cell
/// @return  a cell without a defined difference is too_few_rows
/// @throws std::invalid_argument if units differ in their number of cells, or resamples is 0
[[nodiscard]] inline SignFlipMaxTest sign_flip_max_test(
    const std::vector<std::vector<Value>>& differences, SignFlipOptions options = {});

inline std::vector<double> max_statistic_p(std::span<const double> observed,
                                           const MatrixView<double>& null) {
  if (null.rows() > 0 && null.cols() != observed.size()) {
    throw std::invalid_argument("max_statistic_p: draws of " + std::to_string(null.cols()) +
                                " tests, expected " + std::to_string(observed.size()));
  }
  const auto check = [](double number) {
    if (!std::isfinite(number)) {
      throw std::invalid_argument("max_statistic_p: a statistic is not finite");
    }
  };
  for (const double statistic : observed) check(statistic);
  std::vector<std::size_t> reached(observed.size(), 1);
  for (std::size_t draw = 0; draw < null.rows(); ++draw) {
    double largest = -std::numeric_limits<double>::infinity();
    for (const double statistic : null.row(draw)) {
      check(statistic);
      largest = std::max(largest, statistic);
    }
    for (std::size_t test = 0; test < observed.size(); ++test) {
      const double slack = 1e-12 * std::abs(observed[test]);
      reached[test] += largest >= observed[test] - slack ? 1U : 0U;
    }
  }
  std::vector<double> result;
  result.reserve(reached.size());
  for (const std::size_t count : reached) {
    result.push_back(static_cast<double>(count) / static_cast<double>(null.rows() + 1));
  }
  return result;
}

namespace detail {

/// Differences as numbers, [unit][cell], in units of each cell's root sum of squares: 0 where there
/// is none, which no sign changes.
[[nodiscard]] inline std::vector<std::vector<double>> scaled_differences(
    const std::vector<std::vector<Value>>& differences, std::size_t cells) {
  std::vector<double> squares(cells, 0.0);
  for (const std::vector<Value>& unit : differences) {
    if (unit.size() != cells) {
      throw std::invalid_argument("sign_flip_max_test: a unit of " + std::to_string(unit.size()) +
                                  " cells, expected " + std::to_string(cells));
    }
    for (std::size_t cell = 0; cell < cells; ++cell) {
      squares[cell] += unit[cell].value_or(0.0) * unit[cell].value_or(0.0);
    }
  }
  std::vector<std::vector<double>> scaled;
  for (const std::vector<Value>& unit : differences) {
    std::vector<double> row(cells, 0.0);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (squares[cell] > 0.0) row[cell] = unit[cell].value_or(0.0) / std::sqrt(squares[cell]);
    }
    scaled.push_back(std::move(row));
  }
  return scaled;
}

/// |sum over units| of each cell, each unit with the sign of its bit.
[[nodiscard]] inline std::vector<double> flipped_sums(
    const std::vector<std::vector<double>>& scaled, const std::vector<bool>& negative,
    std::size_t cells) {
  std::vector<double> sums(cells, 0.0);
  for (std::size_t unit = 0; unit < scaled.size(); ++unit) {
    const double sign = negative[unit] ? -1.0 : 1.0;
    for (std::size_t cell = 0; cell < cells; ++cell) sums[cell] += sign * scaled[unit][cell];
  }
  for (double& sum : sums) sum = std::abs(sum);
  return sums;
}

}  // namespace detail

inline SignFlipMaxTest sign_flip_max_test(const std::vector<std::vector<Value>>& differences,
                                          SignFlipOptions options) {
  if (options.resamples == 0) {
    throw std::invalid_argument("sign_flip_max_test: resamples is 0, expected at least 1");
  }
  const std::size_t cells = differences.empty() ? 0 : differences.front().size();
  const std::size_t units = differences.size();
  const auto scaled = detail::scaled_differences(differences, cells);
  std::vector<bool> negative(units, false);
  const std::vector<double> observed = detail::flipped_sums(scaled, negative, cells);
  SignFlipMaxTest result;
  result.exact = units < 63 && (std::uint64_t{1} << units) <= options.resamples;
  const std::uint64_t patterns = result.exact ? std::uint64_t{1} << units : options.resamples;
  std::vector<std::size_t> reached(cells, result.exact ? 0 : 1);
  std::mt19937_64 engine(options.seed);
  for (std::uint64_t pattern = 0; pattern < patterns; ++pattern) {
    std::uint64_t bits = pattern;
    for (std::size_t unit = 0; unit < units; ++unit, bits >>= 1U) {
      if (!result.exact && unit % 64 == 0) bits = engine();
      negative[unit] = (bits & 1U) != 0;
    }
    const std::vector<double> sums = detail::flipped_sums(scaled, negative, cells);
    const double largest = cells == 0 ? 0.0 : *std::max_element(sums.begin(), sums.end());
    for (std::size_t cell = 0; cell < cells; ++cell) {
      reached[cell] += largest >= observed[cell] - 1e-12 ? 1U : 0U;
    }
  }
  const double all = static_cast<double>(patterns) + (result.exact ? 0.0 : 1.0);
  result.least_p = result.exact ? std::min(1.0, 2.0 / all) : 1.0 / all;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const bool has_difference =
        std::any_of(differences.begin(), differences.end(),
                    [cell](const std::vector<Value>& unit) { return unit[cell].ok(); });
    result.p_values.push_back(has_difference ? Value(static_cast<double>(reached[cell]) / all)
                                             : Value(Status::too_few_rows));
  }
  return result;
}

}  // namespace phiscope
