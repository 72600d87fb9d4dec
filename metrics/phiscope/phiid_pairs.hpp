// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/discrete_tile.hpp>
#include <phiscope/detail/gaussian_tile.hpp>
#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/detail/pair_blocks.hpp>
#include <phiscope/detail/phiid_tile.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/phiid_options.hpp>
#include <phiscope/phiid_table.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

/// Most series on either side of a PairBlock.
inline constexpr std::size_t phiid_tile_width = detail::tile_width;

/// What several recordings (prompts) of the same series are to a pair.
enum class PhiidJoin {
  mean,     ///< decomposed one by one; means over those in which the pair is ok
  concat,   ///< one long series without the transitions from one recording into the next
  borders,  ///< one long series with them, as published
};

struct PhiidPairsOptions {
  PhiidOptions phiid = {};
  PhiidJoin join = PhiidJoin::mean;
  PhiidOutput output = PhiidOutput::sts_rtr;
  /// Gaussian: products of the series in single precision. Twice as fast, errors below 1e-6 nats;
  /// pairs with a determinant below 0.02 are computed in double all the same.
  bool float_products = false;
};

/// PhiID of all pairs of many series, block by block. After construction, tile() may be called from
/// several threads; a tile is a function of the series and its block alone, so any number of
/// threads gives the same bytes.
///
/// Memory: 64 bytes a series and recording, and about 2 MB (CCS: 6 MB) for a running tile.
/// The series are read in place and must outlive this object.
template <std::floating_point T>
class PhiidPairs {
 public:
  /// @param recordings  each [time, series]; lengths may differ
  /// @throws std::invalid_argument if the recordings differ in their number of series, or lag is 0
  explicit PhiidPairs(std::span<const MatrixView<T>> recordings, PhiidPairsOptions options = {})
      : options_(options), series_(recordings.empty() ? 0 : recordings.front().cols()) {
    const std::size_t lag = options.phiid.lag;
    if (options.join == PhiidJoin::mean) {
      const LaggedRows<T> checked = lagged_rows(recordings, lag);  // that they fit together
      for (const MatrixView<T>& recording : recordings) {
        rows_.push_back(lagged_rows(std::span(&recording, 1), lag));
      }
    } else {
      rows_.push_back(lagged_rows(recordings, lag, options.join == PhiidJoin::borders));
    }
    for (const LaggedRows<T>& rows : rows_) {
      if (options.phiid.kind == PhiidKind::gaussian) {
        moments_.push_back(detail::lagged_moments(rows));
      } else {
        binary_.push_back(detail::binary_series(rows));
      }
    }
  }

  [[nodiscard]] std::size_t series() const noexcept { return series_; }
  [[nodiscard]] const PhiidPairsOptions& options() const noexcept { return options_; }

  /// Blocks of all pairs, the units of parallel work.
  [[nodiscard]] std::vector<PairBlock> blocks() const {
    return pair_blocks(series_, detail::tile_width);
  }

  /// Decompositions of the pairs of one block.
  /// @throws std::invalid_argument if the block is not one of blocks()
  [[nodiscard]] PhiidTile tile(const PairBlock& block) const {
    if (block.count_i > detail::tile_width || block.count_j > detail::tile_width ||
        block.first_i + block.count_i > series_ || block.first_j + block.count_j > series_ ||
        (block.first_i != block.first_j && block.first_i + block.count_i > block.first_j)) {
      throw std::invalid_argument("PhiidPairs::tile: not one of blocks()");
    }
    PhiidTile result(block, options_.output);
    if (options_.phiid.kind == PhiidKind::discrete) {
      for (const detail::BinarySeries& series : binary_) {
        detail::add_discrete(series, options_.phiid, options_.output, result);
      }
    } else if (options_.float_products) {
      add_gaussian<float>(result);
    } else {
      add_gaussian<double>(result);
    }
    result.divide();
    return result;
  }

 private:
  template <class P>
  void add_gaussian(PhiidTile& tile) const {
    detail::GaussianTile<P> worker(options_.phiid, options_.output);
    for (std::size_t k = 0; k < rows_.size(); ++k) worker.add(rows_[k], moments_[k], tile);
  }

  PhiidPairsOptions options_;
  std::size_t series_ = 0;
  std::vector<LaggedRows<T>> rows_;             // [recording], or one
  std::vector<detail::LaggedMoments> moments_;  // gaussian: as rows_
  std::vector<detail::BinarySeries> binary_;    // discrete: as rows_
};

/// PhiID of all pairs of the series of some recordings, on one thread.
/// @param recordings  each [time, series]
/// @return  nats (gaussian) or bits (discrete)
/// @throws std::invalid_argument as PhiidPairs does
template <std::floating_point T>
[[nodiscard]] PhiidTable phiid(std::span<const MatrixView<T>> recordings,
                               const PhiidPairsOptions& options = {}) {
  const PhiidPairs<T> pairs(recordings, options);
  PhiidTable table(pairs.series(), options.output);
  for (const PairBlock& block : pairs.blocks()) {
    const PhiidTile tile = pairs.tile(block);
    table.place(tile);
    table.counts += tile.counts();
  }
  return table;
}

/// The same for one recording, a matrix of any kind that rows_of() takes.
/// @param recording  [time, series]
template <RealMatrix Recording>
[[nodiscard]] PhiidTable phiid(const Recording& recording, const PhiidPairsOptions& options = {}) {
  const RowsOf<ElementOf<Recording>> rows = rows_of(recording);
  return phiid(std::span(&rows.view, 1), options);
}

/// The same for a vector or array of such matrices.
/// @param recordings  each [time, series]
template <class Recordings>
requires RealMatrix<ElementOf<Recordings>>
[[nodiscard]] PhiidTable phiid(const Recordings& recordings,
                               const PhiidPairsOptions& options = {}) {
  using T = ElementOf<ElementOf<Recordings>>;
  std::vector<RowsOf<T>> rows;  // keeps the copies
  std::vector<MatrixView<T>> views;
  for (const auto& recording : recordings) {
    rows.push_back(rows_of(recording));
    views.push_back(rows.back().view);
  }
  return phiid(std::span<const MatrixView<T>>(views), options);
}

}  // namespace phiscope
