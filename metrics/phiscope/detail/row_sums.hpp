// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/distance.hpp>

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace phiscope {

/// Rows that are added four at a time.
template <std::floating_point T>
using FourRows = std::array<std::span<const T>, 4>;

/// sum += weights[0] rows[0] + ... + weights[3] rows[3], in double: four rows in one pass over the
/// sum cost a quarter of its loads and stores.
/// @param rows  [unit] each
/// @param sum  [unit]
/// @param next  rows of any length that are needed next: fetched from memory meanwhile
/// @throws std::invalid_argument if the lengths of the rows and of the sum differ
template <std::floating_point T>
void add_rows(const FourRows<T>& rows, const std::array<double, 4>& weights, std::span<double> sum,
              const FourRows<T>& next = {}) {
  for (const auto& row : rows) detail::expect_equal_lengths(row.size(), sum.size(), "add_rows");
  const T* const a = rows[0].data();
  const T* const b = rows[1].data();
  const T* const c = rows[2].data();
  const T* const d = rows[3].data();
  const double wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];
  const auto add_four = [&](std::size_t j) {
    const Eigen::Array4d xa = detail::load_four(a + j);
    const Eigen::Array4d xb = detail::load_four(b + j);
    const Eigen::Array4d xc = detail::load_four(c + j);
    const Eigen::Array4d xd = detail::load_four(d + j);
    Eigen::Map<Eigen::Array4d>(sum.data() + j) += (xa * wa + xb * wb) + (xc * wc + xd * wd);
  };
  constexpr std::size_t line = 64 / sizeof(T);  // units of a cache line
  std::size_t j = 0;
  for (; j + line <= sum.size(); j += line) {
    for (const auto& row : next) {
      if (j < row.size()) Eigen::internal::prefetch(row.data() + j);
    }
    for (std::size_t k = 0; k < line; k += 4) add_four(j + k);
  }
  for (; j + 4 <= sum.size(); j += 4) add_four(j);
  for (; j < sum.size(); ++j) {
    const auto term = [j](const T* row, double weight) {
      return static_cast<double>(row[j]) * weight;
    };
    sum[j] += (term(a, wa) + term(b, wb)) + (term(c, wc) + term(d, wd));
  }
}

/// sum += weight row, in double.
/// @param row,sum  [unit]
/// @throws std::invalid_argument if the lengths differ
template <std::floating_point T>
void add_row(std::span<const T> row, double weight, std::span<double> sum) {
  detail::expect_equal_lengths(row.size(), sum.size(), "add_row");
  for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += static_cast<double>(row[j]) * weight;
}

}  // namespace phiscope
