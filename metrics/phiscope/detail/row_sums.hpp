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
/// @throws std::invalid_argument if the lengths differ
template <std::floating_point T>
void add_rows(const FourRows<T>& rows, const std::array<double, 4>& weights,
              std::span<double> sum) {
  for (const auto& row : rows) detail::expect_equal_lengths(row.size(), sum.size(), "add_rows");
  const auto& [a, b, c, d] = rows;
  const auto [wa, wb, wc, wd] = weights;
  std::size_t j = 0;
  for (; j + 4 <= sum.size(); j += 4) {
    const Eigen::Array4d xa = detail::load_four(a.data() + j);
    const Eigen::Array4d xb = detail::load_four(b.data() + j);
    const Eigen::Array4d xc = detail::load_four(c.data() + j);
    const Eigen::Array4d xd = detail::load_four(d.data() + j);
    Eigen::Map<Eigen::Array4d>(sum.data() + j) += (xa * wa + xb * wb) + (xc * wc + xd * wd);
  }
  for (; j < sum.size(); ++j) {
    const auto term = [j](std::span<const T> row, double weight) {
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
