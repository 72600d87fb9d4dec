// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/estimate.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <vector>

namespace phiscope::analyze::loo {

/// Numbers of several columns over the same events.
struct EventColumns {
  std::vector<std::vector<Value>> columns;  ///< [column][event]
  std::vector<std::size_t> units;           ///< [event], the independent unit that it belongs to
};

/// Spearman's correlation of two columns.
struct RankCorrelation {
  Estimate estimate;       ///< its units are those with an event
  std::size_t events = 0;  ///< in which both columns are defined
};

/// Rank correlations of every two columns, (0, 1), (0, 2), ..., (1, 2), ..., over the events in
/// which both are defined, with intervals that draw whole units anew.
///
/// The numbers are those of bootstrap() around rank_correlation(), to the last bit up to 300,000
/// drawn events, without sorting in every resample: a resample is a weight per unit, so ranks are
/// running sums of weights in one order, for several resamples at once; and draws and ranks serve
/// all pairs of columns.
/// @throws std::invalid_argument if a column has not one value per unit, or as bootstrap() does
[[nodiscard]] std::vector<RankCorrelation> correlate_ranks(const EventColumns& events,
                                                           const BootstrapOptions& options);

}  // namespace phiscope::analyze::loo
