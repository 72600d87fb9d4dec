// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/phiid_atoms.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <concepts>

namespace phiscope {

/// Correlations among the past (x, y) and the future (a, b) of two series.
struct LaggedCorrelations {
  double past = 0.0;    ///< x with y
  double future = 0.0;  ///< a with b
  double xa = 0.0;      ///< past of x with its own future
  double xb = 0.0;      ///< past of x with the future of y
  double ya = 0.0;      ///< past of y with the future of x
  double yb = 0.0;      ///< past of y with its own future
};

/// Whether the 4 x 4 correlation matrix has an eigenvalue of at most `ratio` times its largest one,
/// or is none (NaN). A template, so that only those who call it pay for compiling the solver.
template <std::floating_point T = double>
[[nodiscard]] bool is_singular(const LaggedCorrelations& r, double ratio);

/// The nine mutual informations of Gaussian series with these correlations, -log(unexplained) / 2.
/// @param r  of a matrix that is not singular
/// @return  nats, >= 0 up to rounding
[[nodiscard]] inline PhiidInformation gaussian_information(const LaggedCorrelations& r);

namespace detail {

/// exp(-2 I) of the nine informations of Gaussian series: the part of the variance (for two
/// variables: of the generalised variance) that is left when the other side is known. In (0, 1].
struct GaussianUnexplained {
  PhiidInformation part;
  double past = 0.0;         ///< 1 - past^2
  double future = 0.0;       ///< 1 - future^2
  double determinant = 0.0;  ///< of the 4 x 4 correlation matrix
};

/// Branch-free, so that a loop over pairs is vectorised. y and b enter by their residuals on x and
/// a: this keeps the digits of series that nearly determine each other. Meaningless for a singular
/// matrix.
[[nodiscard]] inline GaussianUnexplained unexplained(const LaggedCorrelations& r) noexcept {
  const auto rest = [](double c) { return (1.0 - c) * (1.0 + c); };  // 1 - c^2, c near 1 as well
  const double past = rest(r.past);
  const double future = rest(r.future);
  const double per_past = 1.0 / past;
  const double per_future = 1.0 / future;
  const double xa = rest(r.xa);
  const double yb = rest(r.yb);
  const double y_a = r.ya - r.past * r.xa;  // covariances of the residuals: of y on x with a,
  const double y_b = r.yb - r.past * r.xb;
  const double x_b = r.xb - r.future * r.xa;  // of x with that of b on a,
  const double y_b_rest = r.yb - r.future * r.ya;
  const double both = y_b - r.future * y_a;  // of both residuals
  const double xyta = xa - y_a * y_a * per_past;
  const double cross = r.xa * x_b + y_a * both * per_past;
  const double xytab =
      xyta * (1.0 - (x_b * x_b + both * both * per_past) * per_future) - cross * cross * per_future;
  return {.part = {.xta = xa,
                   .xtb = rest(r.xb),
                   .yta = rest(r.ya),
                   .ytb = yb,
                   .xyta = xyta,
                   .xytb = rest(r.xb) - y_b * y_b * per_past,
                   .xtab = xa - x_b * x_b * per_future,
                   .ytab = rest(r.ya) - y_b_rest * y_b_rest * per_future,
                   .xytab = xytab},
          .past = past,
          .future = future,
          .determinant = past * future * xytab};
}

/// The smallest eigenvalue is more than `ratio` times the largest one if the determinant is above
/// this: the four sum to 4, so the largest is at most 4 and three others have a product of at most
/// (4 / 3)^3.
[[nodiscard]] constexpr double surely_regular(double ratio) noexcept {
  return 4.0 * ratio * (64.0 / 27.0) * 1.001;
}

}  // namespace detail

template <std::floating_point T>
bool is_singular(const LaggedCorrelations& r, double ratio) {
  using Matrix = Eigen::Matrix<T, 4, 4>;
  Matrix matrix;
  matrix << 1.0, r.past, r.xa, r.xb, r.past, 1.0, r.ya, r.yb, r.xa, r.ya, 1.0, r.future, r.xb, r.yb,
      r.future, 1.0;
  if (!matrix.allFinite()) return true;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix, Eigen::EigenvaluesOnly);
  const auto& values = solver.eigenvalues();
  return !(values(0) > ratio * values(3)) || !(detail::unexplained(r).determinant > 0.0);
}

inline PhiidInformation gaussian_information(const LaggedCorrelations& r) {
  const PhiidInformation part = detail::unexplained(r).part;
  const auto nats = [](double unexplained) { return -0.5 * std::log(unexplained); };
  return {.xta = nats(part.xta),
          .xtb = nats(part.xtb),
          .yta = nats(part.yta),
          .ytb = nats(part.ytb),
          .xyta = nats(part.xyta),
          .xytb = nats(part.xytb),
          .xtab = nats(part.xtab),
          .ytab = nats(part.ytab),
          .xytab = nats(part.xytab)};
}

}  // namespace phiscope
