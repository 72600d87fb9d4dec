// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace phiscope::detail {

/// Up to eight vectors whose products with many rows are formed in one pass over the rows: a
/// general matrix product packs the rows first, which here would cost more than the products.
template <std::floating_point T>
class EightVectors {
 public:
  static constexpr std::size_t limit = 8;
  using Products = std::array<T, limit>;

  /// @param vectors  [unit, vector]
  explicit EightVectors(const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& vectors)
      : padded_((vectors.rows() + 7) / 8 * 8, static_cast<Eigen::Index>(limit)) {
    padded_.setZero();
    padded_.topLeftCorner(vectors.rows(), vectors.cols()) = vectors;
  }

  /// Scalar products of a row, [unit], with the vectors; 0 for the vectors that there are not.
  /// Fetches what lies `ahead` after it, most likely rows that are next.
  [[nodiscard]] Products with(std::span<const T> row) const {
    Sums sums;
    for (auto& of_vector : sums.values) {
      for (Packet& sum : of_vector) sum = Eigen::internal::pset1<Packet>(T{0});
    }
    std::size_t j = 0;
    for (; j + lanes <= row.size(); j += lanes) {
      Eigen::internal::prefetch(row.data() + j + ahead);
      add(row.data() + j, j, sums);
    }
    if (j < row.size()) {
      std::array<T, lanes> rest{};
      std::copy(row.begin() + static_cast<std::ptrdiff_t>(j), row.end(), rest.begin());
      add(rest.data(), j, sums);
    }
    Products products{};
    for (std::size_t v = 0; v < limit; ++v) {
      std::array<T, lanes> s;
      for (std::size_t p = 0; p < packets; ++p) {
        Eigen::internal::pstoreu(s.data() + p * lanes / packets, sums.values[v][p]);
      }
      products[v] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    }
    return products;
  }

 private:
  static constexpr std::size_t lanes = 8;
  static constexpr std::size_t ahead = 4096 / sizeof(T);
  using Packet = typename Eigen::internal::find_best_packet<T, static_cast<int>(lanes)>::type;
  static constexpr std::size_t packets = lanes * sizeof(T) / sizeof(Packet);
  struct Sums {
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): std::array drops the alignment of a packet
    Packet values[limit][packets];
  };

  void add(const T* x, std::size_t j, Sums& sums) const {
    using Eigen::internal::ploadu;
    constexpr std::size_t size = lanes / packets;
    for (std::size_t p = 0; p < packets; ++p) {
      const Packet some = ploadu<Packet>(x + p * size);
      for (std::size_t v = 0; v < limit; ++v) {
        const T* const y = padded_.col(static_cast<Eigen::Index>(v)).data() + j + p * size;
        sums.values[v][p] = Eigen::internal::pmadd(some, ploadu<Packet>(y), sums.values[v][p]);
      }
    }
  }

  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> padded_;  ///< [unit, vector]
};

/// The nearest and second nearest of some vectors, for up to `limit` rows at once.
template <std::floating_point T>
struct NearestTwo {
  static constexpr std::size_t limit = 240;  // whole panels of PackedVectors
  std::array<T, limit> best{};               ///< |x - c|^2 - |x|^2 of the nearest vector c
  std::array<T, limit> second{};             ///< the same of the second nearest; infinity: none
  std::array<std::int32_t, limit> label{};   ///< which is the nearest, the lower of equal ones

  /// @param products  [row, vector], x . c  @param squared_length  of each vector
  template <class SquaredLength>
  void find(const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& products,
            SquaredLength squared_length) {
    best.fill(std::numeric_limits<T>::infinity());
    second.fill(std::numeric_limits<T>::infinity());
    const auto rows = static_cast<std::size_t>(products.rows());
    for (Eigen::Index c = 0; c < products.cols(); ++c) {
      const T* const product = products.col(c).data();
      const T length = squared_length(static_cast<std::size_t>(c));
      for (std::size_t i = 0; i < rows; ++i) {  // no branch, so that it runs in vectors
        const T score = length - T{2} * product[i];
        second[i] = std::min(second[i], std::max(best[i], score));
        label[i] = score < best[i] ? static_cast<std::int32_t>(c) : label[i];
        best[i] = std::min(best[i], score);
      }
    }
  }
};

}  // namespace phiscope::detail
