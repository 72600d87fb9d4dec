// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_rows.hpp>

#include <Eigen/Core>

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

/// C[i][j] += sum over t of right[t][i] * left[t][j] for four i and `lanes` j, both packed. The sum
/// over t runs in P from zero, in order, so its digits depend on nothing else.
/// @param columns  [4][...] of double: start of each i's row of C
template <std::floating_point P>
struct OuterProducts {
  using Packet = typename Eigen::internal::packet_traits<P>::type;
  static constexpr std::size_t packet = Eigen::internal::packet_traits<P>::size;
  static constexpr std::size_t packets = 3;  // 3 x 4 sums and their factors fill 16 registers
  static constexpr std::size_t lanes = packets * packet;
  static constexpr std::size_t columns = 4;

  static void add(const P* left, const P* right, std::size_t times,
                  const std::array<double*, columns>& to) {
    using Eigen::internal::ploadu;
    using Eigen::internal::pmadd;
    using Eigen::internal::pset1;
    using Eigen::internal::pstoreu;
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): std::array drops the alignment of a packet
    Packet sums[columns][packets];
    for (auto& column : sums) {
      for (Packet& sum : column) sum = pset1<Packet>(P{0});
    }
    for (std::size_t t = 0; t < times; ++t, left += lanes, right += columns) {
      const Packet a = ploadu<Packet>(left);
      const Packet b = ploadu<Packet>(left + packet);
      const Packet c = ploadu<Packet>(left + 2 * packet);
      for (std::size_t i = 0; i < columns; ++i) {
        const Packet factor = pset1<Packet>(right[i]);
        sums[i][0] = pmadd(a, factor, sums[i][0]);
        sums[i][1] = pmadd(b, factor, sums[i][1]);
        sums[i][2] = pmadd(c, factor, sums[i][2]);
      }
    }
    std::array<P, lanes> values;
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t k = 0; k < packets; ++k) pstoreu(values.data() + k * packet, sums[i][k]);
      for (std::size_t k = 0; k < lanes; ++k) to[i][k] += static_cast<double>(values[k]);
    }
  }
};

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
    std::fill(left_.begin(), left_.end(), P{0});
    std::fill(right_.begin(), right_.end(), P{0});
    std::array<std::vector<std::size_t>, row_kinds> times;
    std::size_t fill = 0;
    for (std::size_t t = 0; t < data.rows.size(); ++t) {
      const std::size_t kind = row_kind(data, t);
      if (kind == row_kinds) continue;
      times[kind].push_back(t);
      if (t + ahead < data.rows.size()) {  // series lie far apart in memory: ask early
        prefetch(data.rows[t + ahead] + first_i, count_i);
        prefetch(data.rows[t + ahead] + first_j, count_j);
      }
      pack<Product::lanes>(data.rows[t], moments, first_j, count_j,
                           left_.data() + fill * Product::lanes);
      const auto put = [&](bool there, std::size_t time, std::size_t block) {
        P* const to = right_.data() + block * group + fill * Product::columns;
        if (there) {
          pack<Product::columns>(data.rows[time], moments, first_i, count_i, to);
        } else {
          clear<Product::columns>(count_i, to);
        }
      };
      put(kind == both, t, 0);
      put(kind != ends_only, t + data.lag, 1);
      put(kind != begins_only, t - data.lag, 2);
      if (++fill == panel_times) add_panel(fill, first_i == first_j, count_i, count_j);
    }
    if (fill > 0) add_panel(fill, first_i == first_j, count_i, count_j);
    std::copy_n(sums_.begin(), future_.size(), future_.begin());
    for (const std::size_t kind : {begins_only, ends_only}) {
      double* const sums = kind == begins_only ? sums_.data() : future_.data();
      for (const std::size_t t : times[kind]) {
        pack<tile_width>(data.rows[t], moments, first_j, count_j, row_.data());
        pack<tile_width>(data.rows[t], moments, first_i, count_i, edge_.data());
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
  // Not a power of two: blocks 4096 bytes apart would push each other out of the first cache.
  static constexpr std::size_t panel_times = panel_times_of<P>;
  static constexpr std::size_t stored_times = panel_times + 4;
  static constexpr std::size_t group = stored_times * tile_width;
  static constexpr std::size_t ahead = 16;  // rows

  [[nodiscard]] const double* row_of(std::size_t block, std::size_t i) const {
    return sums_.data() + (block * tile_width + i) * tile_width;
  }

  template <class T>
  static void prefetch(const T* row, std::size_t count) {
    constexpr std::size_t line = 64 / sizeof(T);
    for (std::size_t j = 0; j < count; j += line) Eigen::internal::prefetch(row + j);
  }

  /// Puts the scaled values of a row where OuterProducts wants them: [block of
  /// series][time][series].
  template <std::size_t block, class T>
  static void pack(const T* row, const LaggedMoments& moments, std::size_t first, std::size_t count,
                   P* to) {
    const double* const centre = moments.centre.data() + first;
    const double* const scale = moments.scale.data() + first;
    const T* const from = row + first;
    const auto value = [&](std::size_t j) {
      return static_cast<P>((static_cast<double>(from[j]) - centre[j]) * scale[j]);
    };
    std::size_t j = 0;
    for (; j + block <= count; j += block, to += block * stored_times) {
      for (std::size_t k = 0; k < block; ++k) to[k] = value(j + k);
    }
    for (std::size_t k = 0; j + k < count; ++k) to[k] = value(j + k);
  }

  template <std::size_t block>
  static void clear(std::size_t count, P* to) {
    for (std::size_t j = 0; j < count; j += block, to += block * stored_times) {
      std::fill_n(to, block, P{0});
    }
  }

  void add_panel(std::size_t& fill, bool diagonal, std::size_t count_i, std::size_t count_j) {
    for (std::size_t j = 0; j < count_j; j += Product::lanes) {
      for (std::size_t block = 0; block < 3; ++block) {
        for (std::size_t i = 0; i < count_i; i += Product::columns) {
          if (diagonal && j + Product::lanes <= i) continue;
          double* const to = sums_.data() + (block * tile_width + i) * tile_width + j;
          Product::add(left_.data() + j * stored_times,
                       right_.data() + block * group + i * stored_times, fill,
                       {to, to + tile_width, to + 2 * tile_width, to + 3 * tile_width});
        }
      }
    }
    fill = 0;
  }

  std::vector<P> left_ = std::vector<P>(group);       // [block of j][time][j]
  std::vector<P> right_ = std::vector<P>(3 * group);  // [3][block of i][time][i]
  std::vector<double> sums_ = std::vector<double>(3 * tile_width * tile_width);  // [3][i][j]
  std::vector<double> future_ = std::vector<double>(tile_width * tile_width);    // [i][j]
  std::vector<P> row_ = std::vector<P>(tile_width);
  std::vector<P> edge_ = std::vector<P>(tile_width);
};

static_assert(tile_width % OuterProducts<double>::lanes == 0 &&
              tile_width % OuterProducts<float>::lanes == 0);

}  // namespace phiscope::detail
