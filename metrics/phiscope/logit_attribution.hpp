// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// The normalisation between the last residual and the unembedding.
struct FinalNorm {
  enum class Kind { rms, layer };
  Kind kind = Kind::rms;           ///< x / rms(x) weight, or (x - mean) / sd weight + bias
  std::span<const double> weight;  ///< [unit]; what multiplies (Gemma: 1 + the stored weight)
  std::span<const double> bias;    ///< [unit]; empty: none
  double epsilon = 1e-5;           ///< added to the mean square or variance
};

/// How the final norm enters the contributions.
enum class AttributionNorm {
  frozen,     ///< the last residual's scale, applied to every difference: they sum to the logits'
              ///< difference
  raw,        ///< none: direction . difference
  published,  ///< none but for the last difference, which ends at the normed residual and so holds
              ///< all of the rescaling; sums to the logits' difference
};

/// Contributions to logit(top1) - logit(top2), in logits.
struct LogitAttribution {
  std::vector<double> contributions;  ///< [entry]: the embedding's, then one per layer
  double bias = 0.0;                  ///< direction . norm bias (frozen only, else 0)
  Value total;                        ///< sum of all; undefined as the contributions are
};

/// What the embedding and each layer contribute to the difference of two logits: direction . norm
/// (h_l - h_(l-1)), where h_(-1) = 0 and direction is the difference of two rows of the
/// unembedding.
///
/// @param residuals  [entry, unit]: the embedding and the residual after every layer, before the
///                   final norm
/// @param direction  [unit]: W_U[top1] - W_U[top2]
/// @return  total and contributions in logits; total is too_few_rows without an entry (and there
/// are
///          no contributions then), nonfinite if a number is not finite
/// @throws std::invalid_argument if the direction, weight or bias has not one number per unit
/// @see  experiment sampling, step attribution
template <std::floating_point T>
[[nodiscard]] LogitAttribution logit_attribution(MatrixView<T> residuals,
                                                 std::span<const double> direction,
                                                 const FinalNorm& norm,
                                                 AttributionNorm how = AttributionNorm::frozen);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Residuals>
[[nodiscard]] LogitAttribution logit_attribution(const Residuals& residuals,
                                                 std::span<const double> direction,
                                                 const FinalNorm& norm,
                                                 AttributionNorm how = AttributionNorm::frozen) {
  return logit_attribution(rows_of(residuals).view, direction, norm, how);
}

namespace detail {

/// The final norm with its scale taken from one row and kept.
class FrozenNorm {
 public:
  template <std::floating_point T>
  FrozenNorm(const FinalNorm& norm, std::span<const T> last) : norm_(norm) {
    double squares = 0.0;
    const double centre = mean(last);
    for (const T x : last) {
      const double apart = static_cast<double>(x) - centre;
      squares += apart * apart;
    }
    scale_ = 1.0 / std::sqrt(squares / static_cast<double>(last.size()) + norm.epsilon);
  }

  /// The linear part, applied to a difference of rows; without the bias.
  [[nodiscard]] std::vector<double> apply(std::vector<double> difference) const {
    const double centre = mean(std::span<const double>(difference));
    for (std::size_t j = 0; j < difference.size(); ++j) {
      difference[j] = (difference[j] - centre) * scale_ * norm_.weight[j];
    }
    return difference;
  }

 private:
  template <std::floating_point T>
  [[nodiscard]] double mean(std::span<const T> row) const {
    if (norm_.kind == FinalNorm::Kind::rms) return 0.0;
    double sum = 0.0;
    for (const T x : row) sum += static_cast<double>(x);
    return sum / static_cast<double>(row.size());
  }

  const FinalNorm& norm_;
  double scale_ = 0.0;
};

inline void expect_units(std::size_t found, std::size_t units, const char* what) {
  if (found == units) return;
  throw std::invalid_argument("logit_attribution: " + std::string(what) + " has " +
                              std::to_string(found) + " units, expected " + std::to_string(units));
}

}  // namespace detail

template <std::floating_point T>
LogitAttribution logit_attribution(MatrixView<T> residuals, std::span<const double> direction,
                                   const FinalNorm& norm, AttributionNorm how) {
  detail::expect_units(direction.size(), residuals.cols(), "direction");
  detail::expect_units(norm.weight.size(), residuals.cols(), "weight");
  if (!norm.bias.empty()) detail::expect_units(norm.bias.size(), residuals.cols(), "bias");
  LogitAttribution result{.contributions = {}, .bias = 0.0, .total = Status::too_few_rows};
  if (residuals.rows() == 0) return result;

  const std::size_t last = residuals.rows() - 1;
  const detail::FrozenNorm frozen(norm, residuals.row(last));
  const double bias = norm.bias.empty() ? 0.0 : dot(direction, norm.bias);
  const auto along = [&direction](const std::vector<double>& x) {
    return dot(direction, std::span<const double>(x));
  };
  CompensatedSum total;
  std::vector<double> before(residuals.cols(), 0.0);
  for (std::size_t entry = 0; entry <= last; ++entry) {
    const std::span<const T> row = residuals.row(entry);
    const std::vector<double> after(row.begin(), row.end());
    std::vector<double> step = after;
    for (std::size_t j = 0; j < step.size(); ++j) step[j] -= before[j];
    double contribution = 0.0;
    if (how == AttributionNorm::frozen) {
      contribution = along(frozen.apply(step));
    } else if (how == AttributionNorm::published && entry == last) {
      contribution = along(frozen.apply(after)) + bias - along(before);
    } else {
      contribution = along(step);
    }
    result.contributions.push_back(contribution);
    total += contribution;
    before = after;
  }
  if (how == AttributionNorm::frozen) result.bias = bias;
  total += result.bias;
  result.total = total.value();
  return result;
}

}  // namespace phiscope
