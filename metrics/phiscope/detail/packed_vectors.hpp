// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/outer_products.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

namespace phiscope::detail {

/// Vectors laid out for their scalar products with many rows. Sums over `depth` units are formed in
/// P and added up in double, so the digits depend neither on the processor's vectors and caches nor
/// on which rows are asked for together.
template <std::floating_point P>
class PackedVectors {
  using Product = OuterProducts<P>;

 public:
  using Matrix = Eigen::Matrix<P, Eigen::Dynamic, Eigen::Dynamic>;
  static constexpr std::size_t panel_rows = Product::lanes;  ///< multiplied at a time

  PackedVectors() = default;

  /// @param vectors  [unit, vector]
  template <class Vectors>
  explicit PackedVectors(const Eigen::MatrixBase<Vectors>& vectors)
      : units_(static_cast<std::size_t>(vectors.rows())),
        count_(static_cast<std::size_t>(vectors.cols())),
        packed_((count_ + columns - 1) / columns * columns * units_, P{0}) {
    for (std::size_t v = 0; v < count_; ++v) {
      P* const to = packed_.data() + v / columns * columns * units_ + v % columns;
      const auto vector = vectors.col(static_cast<Eigen::Index>(v));
      for (std::size_t u = 0; u < units_; ++u) {
        to[u * columns] = vector[static_cast<Eigen::Index>(u)];
      }
    }
  }

  /// Products of some rows with the first of the vectors, [row, vector].
  /// @param rows  [row, unit], each row contiguous
  /// @param wanted  number of vectors, at most all of them
  template <class Rows>
  void times(const Rows& rows, std::size_t wanted, Matrix& products) {
    products.resize(rows.rows(), static_cast<Eigen::Index>(wanted));
    const auto count = static_cast<std::size_t>(rows.rows());
    const auto stride = static_cast<std::size_t>(rows.outerStride());
    for (std::size_t first = 0; first < count; first += panel_rows) {
      const std::size_t size = std::min(panel_rows, count - first);
      multiply(rows.data() + first * stride, stride, size, wanted);
      for (std::size_t v = 0; v < wanted; ++v) {
        P* const to = products.col(static_cast<Eigen::Index>(v)).data() + first;
        for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<P>(sums_[v * panel_rows + i]);
      }
    }
  }

 private:
  static constexpr std::size_t columns = Product::columns;
  static constexpr std::size_t depth = 512 / sizeof(P);  ///< 24 KB of a panel

  /// 64 bytes that do not cross into another line of the cache.
  struct alignas(64) Line : std::array<P, 64 / sizeof(P)> {};

  /// Fills the sums of a panel.
  void multiply(const P* rows, std::size_t stride, std::size_t count, std::size_t wanted) {
    sums_.assign((wanted + columns - 1) / columns * columns * panel_rows, 0.0);
    P* const left = panel_.front().data();
    for (std::size_t first = 0; first < units_; first += depth) {
      const std::size_t size = std::min(depth, units_ - first);
      pack(rows + first, stride, count, size, left);
      const std::array<PanelRange, 1> all{{{.begin = 0, .end = size}}};
      for (std::size_t v = 0; v < wanted; v += columns) {
        double* const to = sums_.data() + v * panel_rows;
        Product::add(left, packed_.data() + v * units_ + first * columns, all, 0, count,
                     {to, to + panel_rows, to + 2 * panel_rows, to + 3 * panel_rows});
      }
    }
  }

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // that of a packet as a template argument
#endif
  /// Transposes some rows into [unit][row of the panel], a square of packets at a time.
  static void pack(const P* rows, std::size_t stride, std::size_t count, std::size_t units, P* to) {
    constexpr std::size_t packet = Product::packet;
    std::size_t i = 0;
    for (; i + packet <= count; i += packet) {
      std::size_t u = 0;
      for (; u + packet <= units; u += packet) {
        Eigen::internal::PacketBlock<typename Product::Packet, static_cast<int>(packet)> square;
        for (std::size_t k = 0; k < packet; ++k) {
          square.packet[k] =
              Eigen::internal::ploadu<typename Product::Packet>(rows + (i + k) * stride + u);
        }
        Eigen::internal::ptranspose(square);
        for (std::size_t k = 0; k < packet; ++k) {
          Eigen::internal::pstoreu(to + (u + k) * panel_rows + i, square.packet[k]);
        }
      }
      for (; u < units; ++u) {
        for (std::size_t k = i; k < i + packet; ++k) to[u * panel_rows + k] = rows[k * stride + u];
      }
    }
    for (; i < count; ++i) {
      for (std::size_t u = 0; u < units; ++u) to[u * panel_rows + i] = rows[i * stride + u];
    }
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  std::size_t units_ = 0;
  std::size_t count_ = 0;
  std::vector<P> packed_;  ///< [group of columns][unit][column], 0 beyond the last vector
  std::vector<Line> panel_ =
      std::vector<Line>(depth * panel_rows / Line{}.size());  ///< [unit][row]
  std::vector<double> sums_;                                  ///< [vector][row of the panel]
};

}  // namespace phiscope::detail
