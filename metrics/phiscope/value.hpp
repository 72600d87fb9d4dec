// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope {

/// Whether a value is defined (`ok`) or why not. If several reasons apply, the first listed is
/// reported.
enum class Status {
  ok,
  no_cross_pairs,   ///< no pair of rows in different clusters
  no_within_pairs,  ///< no pair of rows in the same cluster
  no_pairs,         ///< no pair in which the number is defined
  no_edges,         ///< the graph has no edge between the rows
  too_few_rows,     ///< fewer rows (or values, or units) than the definition needs
  too_short,        ///< a series with fewer time steps than the definition needs
  constant,         ///< no variance: a denominator is exactly zero
  constant_series,  ///< a series that never changes
  zero_norm,        ///< a row of length zero has no direction, so no cosine
  nonfinite,        ///< NaN or infinity in the input, or an overflow on the way
  singular,         ///< linearly dependent series: a determinant is zero within rounding
  unstable,         ///< too many resamples without a value for an interval
  few_units,        ///< fewer independent units than an interval or a test needs
  few_layers,       ///< fewer layers than a claim about depth needs
  no_gap,           ///< the two ends that a share is measured between are almost equal
};

/// Name of a status as it stands in tables: "ok", "no_cross_pairs", ...
[[nodiscard]] constexpr std::string_view status_name(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::no_cross_pairs:
      return "no_cross_pairs";
    case Status::no_within_pairs:
      return "no_within_pairs";
    case Status::no_pairs:
      return "no_pairs";
    case Status::no_edges:
      return "no_edges";
    case Status::too_few_rows:
      return "too_few_rows";
    case Status::too_short:
      return "too_short";
    case Status::constant:
      return "constant";
    case Status::constant_series:
      return "constant_series";
    case Status::zero_norm:
      return "zero_norm";
    case Status::singular:
      return "singular";
    case Status::unstable:
      return "unstable";
    case Status::few_units:
      return "few_units";
    case Status::few_layers:
      return "few_layers";
    case Status::no_gap:
      return "no_gap";
    case Status::nonfinite:
      break;
  }
  return "nonfinite";
}

/// The reason that counts for a number made of two: `ok` only if both are.
[[nodiscard]] constexpr Status first_reason(Status a, Status b) noexcept {
  if (a == Status::ok) return b;
  if (b == Status::ok) return a;
  return a < b ? a : b;
}

/// A finite number, or the reason why there is none. NaN and infinity cannot be held: they become
/// `nonfinite`, so that no table has to guess.
class Value {
 public:
  /// `number` with status ok if it is finite, else no number with status nonfinite.
  // NOLINTNEXTLINE(google-explicit-constructor): a number is a Value
  constexpr Value(double number) noexcept
      : number_(is_finite(number) ? number : 0.0),
        status_(is_finite(number) ? Status::ok : Status::nonfinite) {}

  /// No number, because of `reason`.
  /// @throws std::invalid_argument if `reason` is ok: that needs a number
  // NOLINTNEXTLINE(google-explicit-constructor): a reason is a Value
  constexpr Value(Status reason) : status_(reason) {
    if (reason == Status::ok) throw std::invalid_argument("Value: status ok needs a number");
  }

  [[nodiscard]] constexpr Status status() const noexcept { return status_; }
  [[nodiscard]] constexpr bool ok() const noexcept { return status_ == Status::ok; }

  /// The number. @throws std::invalid_argument naming the status if there is none
  [[nodiscard]] constexpr double value() const {
    if (!ok()) {
      throw std::invalid_argument("Value: no number, status " + std::string(status_name(status_)));
    }
    return number_;
  }

  /// The number, or `otherwise` if there is none.
  [[nodiscard]] constexpr double value_or(double otherwise) const noexcept {
    return ok() ? number_ : otherwise;
  }

  /// Equal numbers, or no number for the same reason.
  friend constexpr bool operator==(const Value&, const Value&) noexcept = default;

 private:
  static constexpr bool is_finite(double number) noexcept { return number - number == 0.0; }

  double number_ = 0.0;
  Status status_ = Status::ok;
};

/// Prints the number as the stream is set up to, or the name of the status.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const Value& value) {
  if (value.ok()) return out << value.value();
  return out << status_name(value.status());
}

/// `a - b`, or the first reason of the two when one of them is undefined.
[[nodiscard]] constexpr Value difference(const Value& a, const Value& b) {
  const Status reason = first_reason(a.status(), b.status());
  if (reason != Status::ok) return reason;
  return a.value() - b.value();
}

}  // namespace phiscope
