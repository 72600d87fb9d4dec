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

/// products = left right, in panels of 64 along the summed axis: the digits do not depend on the
/// size of the caches.
/// @param left  [row, unit]  @param right  [unit, column]
template <class Left, std::floating_point T>
void panel_product(const Left& left, const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& right,
                   Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& products) {
  constexpr Eigen::Index depth = 64;
  products.setZero(left.rows(), right.cols());
  for (Eigen::Index first = 0; first < right.rows(); first += depth) {
    const Eigen::Index size = std::min(depth, right.rows() - first);
    products.noalias() += left.middleCols(first, size) * right.middleRows(first, size);
  }
}

/// Up to eight vectors whose products with many rows are formed in one pass over the rows: a
/// general matrix product packs the rows first, which here would cost more than the products.
template <std::floating_point T>
class EightVectors {
 public:
  static constexpr std::size_t limit = 8;
  using Products = std::array<T, limit>;

  /// @param vectors  [unit, vector]
  explicit EightVectors(const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& vectors)
      : padded_((vectors.rows() + lanes - 1) / lanes * lanes, static_cast<Eigen::Index>(limit)) {
    padded_.setZero();
    padded_.topLeftCorner(vectors.rows(), vectors.cols()) = vectors;
  }

  /// Scalar products of a row, [unit], with the vectors; 0 for the vectors that there are not.
  [[nodiscard]] Products with(std::span<const T> row) const {
    std::array<Lane, limit> sums;
    sums.fill(Lane::Zero());
    const auto units = static_cast<Eigen::Index>(row.size());
    Eigen::Index j = 0;
    for (; j + lanes <= units; j += lanes) add(Eigen::Map<const Lane>(row.data() + j), j, sums);
    if (j < units) {
      Lane rest = Lane::Zero();
      for (Eigen::Index k = j; k < units; ++k) rest[k - j] = row[static_cast<std::size_t>(k)];
      add(rest, j, sums);
    }
    Products products{};
    for (std::size_t v = 0; v < limit; ++v) {
      const Lane& s = sums[v];
      products[v] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    }
    return products;
  }

 private:
  static constexpr Eigen::Index lanes = 8;
  using Lane = Eigen::Array<T, lanes, 1>;

  void add(const Lane& x, Eigen::Index j, std::array<Lane, limit>& sums) const {
    for (std::size_t v = 0; v < limit; ++v) {
      sums[v] += x * Eigen::Map<const Lane>(padded_.col(static_cast<Eigen::Index>(v)).data() + j);
    }
  }

  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> padded_;  ///< [unit, vector]
};

/// The nearest and second nearest of some vectors, for up to `limit` rows at once.
template <std::floating_point T>
struct NearestTwo {
  static constexpr std::size_t limit = 256;
  std::array<T, limit> best{};              ///< |x - c|^2 - |x|^2 of the nearest vector c
  std::array<T, limit> second{};            ///< the same of the second nearest; infinity: none
  std::array<std::int32_t, limit> label{};  ///< which is the nearest, the lower of equal ones

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
