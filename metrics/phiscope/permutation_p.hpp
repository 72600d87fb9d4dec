// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// Which draws are as extreme as what was observed.
enum class Side {
  greater,   ///< at least as large
  less,      ///< at most as large
  two_sided  ///< twice the smaller of both, at most 1
};

/// How surprising a number is among draws made under a hypothesis.
struct PermutationP {
  Value p_value = Status::too_few_rows;  ///< in (0, 1]
  double least_p = 1.0;                  ///< the smallest p-value that this many draws can give
  std::size_t draws = 0;
};

/// (1 + draws that are as extreme) / (1 + draws): the observed number is a draw itself under the
/// hypothesis, so the p-value is never 0 and P(p <= level) <= level for any number of draws.
///
/// @param observed  the statistic of the data
/// @param null  [draw], the statistic of data permuted, reordered or redrawn under the hypothesis
/// @return  nonfinite if a number is not finite; too_few_rows without draws. What rounding may have
///          taken is granted: a draw within 1e-12 of the observed one is as extreme.
/// @see  Phipson and Smyth 2010, doi 10.2202/1544-6115.1585
[[nodiscard]] inline PermutationP permutation_p(double observed, std::span<const double> null,
                                                Side side = Side::greater) {
  PermutationP result{.draws = null.size()};
  if (null.empty()) return result;
  const double slack = 1e-12 * std::abs(observed);
  std::size_t above = 1;
  std::size_t below = 1;
  bool finite = std::isfinite(observed);
  for (const double draw : null) {
    finite = finite && std::isfinite(draw);
    above += draw >= observed - slack ? 1U : 0U;
    below += draw <= observed + slack ? 1U : 0U;
  }
  const double all = static_cast<double>(null.size()) + 1.0;
  result.least_p = side == Side::two_sided ? std::min(1.0, 2.0 / all) : 1.0 / all;
  if (!finite) {
    result.p_value = Status::nonfinite;
    return result;
  }
  const double p_above = static_cast<double>(above) / all;
  const double p_below = static_cast<double>(below) / all;
  switch (side) {
    case Side::greater:
      result.p_value = p_above;
      break;
    case Side::less:
      result.p_value = p_below;
      break;
    case Side::two_sided:
      result.p_value = std::min(1.0, 2.0 * std::min(p_above, p_below));
      break;
  }
  return result;
}

/// The fewest draws that can give one of `tests` p-values at most `level` after Holm's correction:
/// 19 for one test at 0.05, 20 m - 1 for m. A max-statistic over the tests needs as many as one
/// test.
/// @throws std::invalid_argument if the level is not in (0, 1) or there is no test
[[nodiscard]] inline std::size_t draws_needed(double level, std::size_t tests = 1) {
  if (!(level > 0.0 && level < 1.0) || tests == 0) {
    throw std::invalid_argument("draws_needed: level " + std::to_string(level) + " and " +
                                std::to_string(tests) +
                                " tests, expected a level in (0, 1) and a test");
  }
  // The slack keeps 16 / 0.05 from becoming 321 by rounding.
  const double least = std::ceil(static_cast<double>(tests) / level * (1.0 - 1e-12));
  return static_cast<std::size_t>(least) - 1;
}

}  // namespace phiscope
