// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/detail/outer_products.hpp>
#include <phiscope/detail/scaled_rows.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

namespace phiscope::detail {

inline constexpr std::size_t tile_width = 96;  ///< series on each side of a tile
/// Time steps multiplied before they are added up, so that a panel of either type has one size.
template <std::floating_point P>
inline constexpr std::size_t panel_times_of = 512 / sizeof(P);

/// Sums over time of products of the series i of one group with the series j of another one, for a
/// tile of at most tile_width by tile_width. Three products instead of the four of past and future:
/// rows that begin and end a transition serve the product of the pasts and that of the futures.
/// P: type of the products, double or float; panels are added up in double in both cases.
template <std::floating_point P>
class LaggedProducts {
 public:
  /// Fills the tile of the series i from first_i and j from first_j on. Where both are the same
  /// group, the sums with j <= i are not all computed.
  template <std::floating_point T>
  void compute(const LaggedRows<T>& data, const LaggedMoments& moments, std::size_t first_i,
               std::size_t count_i, std::size_t first_j, std::size_t count_j) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill_n(left_.front().data(), left_stored * tile_width, P{0});
    std::fill(right_.begin(), right_.end(), P{0});
    const Groups groups{first_i, count_i, first_j, count_j};
    std::array<std::vector<std::size_t>, row_kinds> times;
    panel_.clear();
    for (std::size_t t = 0; t < data.rows.size(); ++t) {
      const std::size_t kind = row_kind(data, t);
      if (kind == row_kinds) continue;
      times[kind].push_back(t);
      panel_.push_back({.time = t, .kind = kind});
      if (panel_.size() == panel_times) add_panel(data, moments, groups);
    }
    if (!panel_.empty()) add_panel(data, moments, groups);
    std::copy_n(sums_.begin(), future_.size(), future_.begin());
    for (const std::size_t kind : {begins_only, ends_only}) {
      double* const sums = kind == begins_only ? sums_.data() : future_.data();
      for (const std::size_t t : times[kind]) {
        pack_scaled<tile_width, 0>(data.rows[t], moments, first_j, count_j, row_.data());
        pack_scaled<tile_width, 0>(data.rows[t], moments, first_i, count_i, edge_.data());
        for (std::size_t i = 0; i < count_i; ++i) {
          const auto factor = static_cast<double>(edge_[i]);
          for (std::size_t j = 0; j < tile_width; ++j) {
            sums[i * tile_width + j] += factor * static_cast<double>(row_[j]);
          }
        }
      }
    }
  }

  /// Sums of u_i(t) u_j(t) over the rows t that begin a transition, [j].
  [[nodiscard]] const double* past(std::size_t i) const { return row_of(0, i); }
  /// Sums of u_i(t) u_j(t) over the rows t that end a transition, [j].
  [[nodiscard]] const double* future(std::size_t i) const {
    return future_.data() + i * tile_width;
  }
  /// Sums over the transitions of the future of i times the past of j, [j].
  [[nodiscard]] const double* future_past(std::size_t i) const { return row_of(1, i); }
  /// Sums over the transitions of the past of i times the future of j, [j].
  [[nodiscard]] const double* past_future(std::size_t i) const { return row_of(2, i); }

 private:
  using Product = OuterProducts<P>;
  static constexpr std::size_t panel_times = panel_times_of<P>;
  static constexpr std::size_t window_times = 3 * panel_times;
  // Not powers of two: blocks 4096 bytes apart would push each other out of the first cache.
  static constexpr std::size_t left_stored = panel_times + 4;
  static constexpr std::size_t right_stored = window_times + 4;
  static constexpr std::size_t ahead = 16;  // rows

  /// 64 bytes that do not cross into another line of the cache.
  struct alignas(64) Line : std::array<P, 64 / sizeof(P)> {};
  struct Groups {
    std::size_t first_i, count_i, first_j, count_j;
  };
  struct PanelRow {
    std::size_t time = 0;
    std::size_t kind = 0;
  };

  [[nodiscard]] const double* row_of(std::size_t block, std::size_t i) const {
    return sums_.data() + (block * tile_width + i) * tile_width;
  }

  /// The times of the panel are neighbours, so that what is the future of one row is another row.
  [[nodiscard]] bool is_contiguous() const {
    return panel_.back().time - panel_.front().time + 1 == panel_.size();
  }

  /// Packs the rows of series i a lag before those of the panel, at them, and a lag after them,
  /// each time once where they overlap. @return  places from one of the three to the next
  template <class T>
  std::size_t pack_window(const LaggedRows<T>& data, const LaggedMoments& moments,
                          std::size_t first_i, std::size_t count_i) {
    const std::size_t n = panel_.size();
    const bool overlaps = data.lag < n && is_contiguous();
    const std::size_t apart = overlaps ? data.lag : panel_times;
    for (std::size_t third = 0; third < 3; ++third) {
      for (std::size_t k = overlaps && third > 0 ? n - apart : 0; k < n; ++k) {
        const std::size_t time = panel_[k].time + third * data.lag;            // + lag
        if (time < data.lag || time - data.lag >= data.rows.size()) continue;  // nobody's future
        prefetch_row(data, time - data.lag + ahead, first_i, count_i);
        pack_scaled<Product::columns, right_stored>(
            data.rows[time - data.lag], moments, first_i, count_i,
            right_.data() + (third * apart + k) * Product::columns);
      }
    }
    return apart;
  }

  /// Places of the rows of the panel that are not of a kind, which has no such product.
  void fill_ranges(std::size_t but, std::size_t and_but, std::vector<PanelRange>& ranges) const {
    ranges.clear();
    for (std::size_t k = 0; k < panel_.size(); ++k) {
      if (panel_[k].kind == but || panel_[k].kind == and_but) continue;
      if (ranges.empty() || ranges.back().end != k) ranges.push_back({.begin = k, .end = k});
      ++ranges.back().end;
    }
  }

  template <class T>
  void add_panel(const LaggedRows<T>& data, const LaggedMoments& moments, const Groups& groups) {
    P* const left = left_.front().data();
    for (std::size_t k = 0; k < panel_.size(); ++k) {
      prefetch_row(data, panel_[k].time + ahead, groups.first_j, groups.count_j);
      pack_scaled<Product::lanes, left_stored>(data.rows[panel_[k].time], moments, groups.first_j,
                                               groups.count_j, left + k * Product::lanes);
    }
    const std::size_t apart = pack_window(data, moments, groups.first_i, groups.count_i);
    const std::array<std::size_t, 3> third{1, 2, 0};  // the row itself, its future, its past
    fill_ranges(begins_only, ends_only, ranges_[0]);
    fill_ranges(ends_only, ends_only, ranges_[1]);
    fill_ranges(begins_only, begins_only, ranges_[2]);
    const bool diagonal = groups.first_i == groups.first_j;
    for (std::size_t j = 0; j < groups.count_j; j += Product::lanes) {
      for (std::size_t block = 0; block < 3; ++block) {
        const P* const right = right_.data() + third[block] * apart * Product::columns;
        for (std::size_t i = 0; i < groups.count_i; i += Product::columns) {
          const std::size_t last = std::min(groups.count_j - j, Product::lanes);
          const std::size_t first = diagonal && i > j ? std::min(i - j, last) : 0;
          if (first == last) continue;
          double* const to = sums_.data() + (block * tile_width + i) * tile_width + j;
          Product::add(left + j * left_stored, right + i * right_stored, ranges_[block], first,
                       last, {to, to + tile_width, to + 2 * tile_width, to + 3 * tile_width});
        }
      }
    }
    panel_.clear();
  }

  std::vector<PanelRow> panel_;
  std::array<std::vector<PanelRange>, 3> ranges_;  // of the places of each product
  std::vector<Line> left_ =
      std::vector<Line>(left_stored * tile_width / Line{}.size());    // [block of j][place][j]
  std::vector<P> right_ = std::vector<P>(right_stored * tile_width);  // [block of i][place][i]
  std::vector<double> sums_ = std::vector<double>(3 * tile_width * tile_width);  // [3][i][j]
  std::vector<double> future_ = std::vector<double>(tile_width * tile_width);    // [i][j]
  std::vector<P> row_ = std::vector<P>(tile_width);
  std::vector<P> edge_ = std::vector<P>(tile_width);
};

static_assert(tile_width % OuterProducts<double>::lanes == 0 &&
              tile_width % OuterProducts<float>::lanes == 0);

}  // namespace phiscope::detail
