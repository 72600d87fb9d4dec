// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// Scalar product of two rows, [unit] each; in double.
/// @throws std::invalid_argument if the lengths differ
template <std::floating_point X, std::floating_point Y>
[[nodiscard]] double dot(std::span<const X> a, std::span<const Y> b);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries A, RealSeries B>
[[nodiscard]] double dot(const A& a, const B& b) {
  return dot(series_of(a).span, series_of(b).span);
}

/// Squared Euclidean distance |a - b|^2 of two rows, [unit] each, in activation units squared; the
/// differences and the sum are formed in double.
/// @throws std::invalid_argument if the lengths differ
template <std::floating_point X, std::floating_point Y>
[[nodiscard]] double squared_distance(std::span<const X> a, std::span<const Y> b);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries A, RealSeries B>
[[nodiscard]] double squared_distance(const A& a, const B& b) {
  return squared_distance(series_of(a).span, series_of(b).span);
}

/// Euclidean distance |a - b| of two rows, [unit] each, in activation units.
/// @throws std::invalid_argument if the lengths differ
template <std::floating_point X, std::floating_point Y>
[[nodiscard]] double distance(std::span<const X> a, std::span<const Y> b);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries A, RealSeries B>
[[nodiscard]] double distance(const A& a, const B& b) {
  return distance(series_of(a).span, series_of(b).span);
}

/// Euclidean norm |a| of a row, [unit], in activation units.
template <std::floating_point T>
[[nodiscard]] double norm(std::span<const T> a);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries A>
[[nodiscard]] double norm(const A& a) {
  return norm(series_of(a).span);
}

namespace detail {

inline constexpr std::size_t lanes = 16;

/// Four neighbouring units of a row, as an expression in double.
template <std::floating_point T>
[[nodiscard]] auto load_four(const T* units) noexcept {
  return Eigen::Map<const Eigen::Array<T, 4, 1>>(units).template cast<double>();
}

/// Sixteen partial sums. Which term goes into which lane, and the order in which lanes are added,
/// do not depend on the width of the machine's vectors, so every machine gets the same digits.
struct Lanes {
  Eigen::Array4d a = Eigen::Array4d::Zero();
  Eigen::Array4d b = Eigen::Array4d::Zero();
  Eigen::Array4d c = Eigen::Array4d::Zero();
  Eigen::Array4d d = Eigen::Array4d::Zero();

  /// Adds the products of sixteen units.
  template <class X, class Y>
  void add_products(const X* x, const Y* y) noexcept {
    a += load_four(x) * load_four(y);
    b += load_four(x + 4) * load_four(y + 4);
    c += load_four(x + 8) * load_four(y + 8);
    d += load_four(x + 12) * load_four(y + 12);
  }

  /// Adds the squared differences of sixteen units.
  template <class X, class Y>
  void add_squared_differences(const X* x, const Y* y) noexcept {
    a += (load_four(x) - load_four(y)).square();
    b += (load_four(x + 4) - load_four(y + 4)).square();
    c += (load_four(x + 8) - load_four(y + 8)).square();
    d += (load_four(x + 12) - load_four(y + 12)).square();
  }

  [[nodiscard]] double sum() const noexcept {
    const Eigen::Array4d four = (a + c) + (b + d);
    return (four[0] + four[2]) + (four[1] + four[3]);
  }
};

/// The units after the last whole sixteen, padded with zeros.
template <std::floating_point T>
[[nodiscard]] std::array<T, lanes> padded_rest(std::span<const T> row) noexcept {
  std::array<T, lanes> rest{};
  const std::size_t begin = row.size() / lanes * lanes;
  std::copy(row.begin() + static_cast<std::ptrdiff_t>(begin), row.end(), rest.begin());
  return rest;
}

inline void expect_equal_lengths(std::size_t a, std::size_t b, const char* function) {
  if (a == b) return;
  throw std::invalid_argument(std::string(function) + ": lengths " + std::to_string(a) + " and " +
                              std::to_string(b) + ", expected equal ones");
}

}  // namespace detail

template <std::floating_point X, std::floating_point Y>
double dot(std::span<const X> a, std::span<const Y> b) {
  detail::expect_equal_lengths(a.size(), b.size(), "dot");
  detail::Lanes sums;
  std::size_t i = 0;
  for (; i + detail::lanes <= a.size(); i += detail::lanes) {
    sums.add_products(a.data() + i, b.data() + i);
  }
  if (i < a.size()) {
    const auto rest_a = detail::padded_rest(a);
    const auto rest_b = detail::padded_rest(b);
    sums.add_products(rest_a.data(), rest_b.data());
  }
  return sums.sum();
}

template <std::floating_point X, std::floating_point Y>
double squared_distance(std::span<const X> a, std::span<const Y> b) {
  detail::expect_equal_lengths(a.size(), b.size(), "squared_distance");
  detail::Lanes sums;
  std::size_t i = 0;
  for (; i + detail::lanes <= a.size(); i += detail::lanes) {
    sums.add_squared_differences(a.data() + i, b.data() + i);
  }
  if (i < a.size()) {
    const auto rest_a = detail::padded_rest(a);
    const auto rest_b = detail::padded_rest(b);
    sums.add_squared_differences(rest_a.data(), rest_b.data());
  }
  return sums.sum();
}

template <std::floating_point X, std::floating_point Y>
double distance(std::span<const X> a, std::span<const Y> b) {
  return std::sqrt(squared_distance(a, b));
}

template <std::floating_point T>
double norm(std::span<const T> a) {
  return std::sqrt(dot(a, a));
}

}  // namespace phiscope
