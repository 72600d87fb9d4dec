// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Rows of one or several recordings in time order, and the transitions of `lag` steps between
/// them: from row t to row t + lag. A row may begin one, end one, or both.
template <std::floating_point T>
struct LaggedRows {
  std::vector<const T*> rows;  ///< [time], each to [series]; as long as the recordings live
  std::vector<char> begins;    ///< [time]: 1 where a transition begins (past), else 0
  std::vector<char> ends;      ///< [time]: 1 where a transition ends (future), else 0
  std::size_t series = 0;
  std::size_t lag = 1;
  std::size_t transitions = 0;
};

/// Rows of `recordings` one after another.
/// @param recordings  each [time, series]; lengths may differ
/// @param lag  steps, at least 1
/// @param keep_borders  also transitions from one recording into the next, as if all were one
/// @throws std::invalid_argument if lag is 0 or the recordings differ in their number of series
template <std::floating_point T>
[[nodiscard]] LaggedRows<T> lagged_rows(std::span<const MatrixView<T>> recordings, std::size_t lag,
                                        bool keep_borders = false) {
  if (lag == 0) throw std::invalid_argument("lagged_rows: lag 0, expected at least 1");
  LaggedRows<T> result;
  result.lag = lag;
  result.series = recordings.empty() ? 0 : recordings.front().cols();
  std::vector<std::size_t> recording_of;  // [time]
  for (std::size_t k = 0; k < recordings.size(); ++k) {
    if (recordings[k].cols() != result.series) {
      throw std::invalid_argument("lagged_rows: recording " + std::to_string(k) + " has " +
                                  std::to_string(recordings[k].cols()) + " series, expected " +
                                  std::to_string(result.series));
    }
    for (std::size_t t = 0; t < recordings[k].rows(); ++t) {
      result.rows.push_back(recordings[k].row(t).data());
      recording_of.push_back(keep_borders ? 0 : k);
    }
  }
  const std::size_t times = result.rows.size();
  result.begins.assign(times, 0);
  result.ends.assign(times, 0);
  for (std::size_t t = 0; times > lag && t < times - lag; ++t) {
    if (recording_of[t] != recording_of[t + lag]) continue;
    result.begins[t] = 1;
    result.ends[t + lag] = 1;
    ++result.transitions;
  }
  return result;
}

}  // namespace phiscope
