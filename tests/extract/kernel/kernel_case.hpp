// SPDX-License-Identifier: MIT
// Numbers for cases of kernels, and what is near enough.
#pragma once

#include "kernel/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace phiscope::test {

using extract::kernel::Bfloat16;
using extract::kernel::Float16;
using extract::kernel::narrow;
using extract::kernel::Wide;
using extract::kernel::widen;

template <class T>
std::vector<T> normal_numbers(std::size_t count, unsigned seed, float size = 1.0F) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.0F, size);
  std::vector<T> numbers(count);
  for (T& x : numbers) x = narrow<T>(normal(engine));
  return numbers;
}

/// Half the distance from 1 to the next number.
template <class T>
constexpr double rounding() {
  if (std::is_same_v<T, double>) return 0x1p-53;
  if (std::is_same_v<T, float>) return 0x1p-24;
  return std::is_same_v<T, Bfloat16> ? 0x1p-8 : 0x1p-11;
}

/// Whether x is y but for `roundings` of T, relative to max(|y|, size); not-a-number is like
/// itself.
template <class T>
bool is_near(T x, double y, double roundings, double size = 0.0) {
  const auto found = static_cast<double>(widen(x));
  if (std::isnan(y) || std::isnan(found)) return std::isnan(y) && std::isnan(found);
  if (std::isinf(y) || std::isinf(found)) return found == y;
  return std::abs(found - y) <= roundings * rounding<T>() * std::max(std::abs(y), size);
}

/// The bits of numbers, since not-a-number is not equal to itself.
template <class T>
std::vector<double> doubles(const std::vector<T>& numbers) {
  std::vector<double> all;
  all.reserve(numbers.size());
  for (const T x : numbers) all.push_back(static_cast<double>(widen(x)));
  return all;
}

template <class T>
bool same_numbers(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!is_near(a[i], static_cast<double>(widen(b[i])), 0.0)) return false;
  }
  return true;
}

}  // namespace phiscope::test
