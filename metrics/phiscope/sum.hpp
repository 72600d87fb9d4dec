// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace phiscope {

/// A sum that keeps what each addition rounds off (Neumaier), so that taking a large term out again
/// leaves the small ones intact and the order of the terms hardly matters.
class CompensatedSum {
 public:
  constexpr CompensatedSum() = default;

  /// Adds one finite term.
  CompensatedSum& operator+=(double term) noexcept {
    const double total = high_ + term;
    low_ += std::abs(high_) >= std::abs(term) ? (high_ - total) + term : (term - total) + high_;
    high_ = total;
    return *this;
  }

  /// Takes another sum out of this one.
  CompensatedSum& operator-=(const CompensatedSum& other) noexcept {
    *this += -other.high_;
    low_ -= other.low_;
    return *this;
  }

  /// The sum, rounded once.
  [[nodiscard]] double value() const noexcept { return high_ + low_; }

 private:
  double high_ = 0.0;
  double low_ = 0.0;
};

/// Mean of a range of finite numbers with compensated summation. @pre the range is not empty
template <class Range>
[[nodiscard]] double mean_of(const Range& numbers) {
  CompensatedSum sum;
  double count = 0.0;
  for (const double number : numbers) {
    sum += number;
    count += 1.0;
  }
  return sum.value() / count;
}

}  // namespace phiscope
