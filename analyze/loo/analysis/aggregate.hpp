// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/value.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace phiscope::analyze::loo {

/// Every reason why a number may be missing, in the order of the tables' columns.
inline constexpr std::array<Status, 6> reasons = {Status::no_cross_pairs, Status::no_within_pairs,
                                                  Status::no_edges,       Status::too_few_rows,
                                                  Status::constant,       Status::nonfinite};

/// Many numbers in one line of a table.
struct Aggregate {
  Estimate mean;                    ///< over the defined numbers; its units are the contexts
  Value sd = Status::too_few_rows;  ///< ddof 1; needs two numbers
  Value median = Status::too_few_rows;
  std::int64_t events = 0;  ///< all, defined or not
  std::int64_t defined = 0;
  std::int64_t floored = 0;  ///< of the defined: the ratio stands on the absolute floor
  std::array<std::int64_t, reasons.size()> undefined{};  ///< [reason]

  /// Contexts with a defined number.
  [[nodiscard]] std::int64_t contexts() const { return static_cast<std::int64_t>(mean.units); }
};

/// Summary of `values`, [event], whose independent units are `contexts`, [event]. Undefined values
/// are counted per reason and enter nothing else.
/// @throws std::invalid_argument if the lengths differ
[[nodiscard]] Aggregate aggregate(const std::vector<Value>& values,
                                  const std::vector<std::int64_t>& contexts,
                                  const BootstrapOptions& options);

/// The most frequent reason, the first one named among equals; ok if nothing is undefined.
[[nodiscard]] Status main_reason(const Aggregate& aggregate);

}  // namespace phiscope::analyze::loo
