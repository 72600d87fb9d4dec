// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/row_sums.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace phiscope {

/// Which tokens of a sequence are pooled.
struct PoolingOptions {
  std::size_t stride = 32;  ///< every stride-th token, the first being token `stride`
  std::size_t window = 0;   ///< only the last `window` of them; 0: all
};

/// One latent of a generated sequence.
struct PooledLatent {
  std::vector<double> mean;    ///< [unit]; empty unless status is ok
  std::size_t tokens = 0;      ///< pooled
  Status status = Status::ok;  ///< too_few_rows: no token is pooled; nonfinite: one is not finite
};

/// Mean over every stride-th token: over S = {k, 2k, ...} within 1 .. T, tokens counted from 1.
///
/// @param tokens  [token, unit], the generated tokens of one sequence, without padding
/// @return  activation units
/// @throws std::invalid_argument if the stride is 0
/// @see  experiment sampling: latent z of a sequence
template <std::floating_point T>
[[nodiscard]] PooledLatent strided_mean_pooling(MatrixView<T> tokens, PoolingOptions options = {}) {
  if (options.stride == 0) {
    throw std::invalid_argument("strided_mean_pooling: stride is 0, expected at least 1");
  }
  const std::size_t points = tokens.rows() / options.stride;
  const std::size_t skipped =
      options.window == 0 || options.window > points ? 0 : points - options.window;
  PooledLatent result{.mean = {}, .tokens = points - skipped, .status = Status::ok};
  if (result.tokens == 0) {
    result.status = Status::too_few_rows;
    return result;
  }
  std::vector<double> sum(tokens.cols(), 0.0);
  const auto token = [&](std::size_t point) { return tokens.row(point * options.stride - 1); };
  std::size_t point = skipped + 1;
  for (; point + 3 <= points; point += 4) {
    add_rows<T>({token(point), token(point + 1), token(point + 2), token(point + 3)}, {1, 1, 1, 1},
                sum);
  }
  for (; point <= points; ++point) add_row(token(point), 1.0, sum);
  for (double& x : sum) {
    x /= static_cast<double>(result.tokens);
    if (!std::isfinite(x)) result.status = Status::nonfinite;
  }
  if (result.status == Status::ok) result.mean = std::move(sum);
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Tokens>
[[nodiscard]] PooledLatent strided_mean_pooling(const Tokens& tokens, PoolingOptions options = {}) {
  return strided_mean_pooling(rows_of(tokens).view, options);
}

}  // namespace phiscope
