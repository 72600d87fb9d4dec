// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/multiply_add.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/phiid_atoms.hpp>

#include <cmath>

namespace phiscope::detail {

/// The nine local informations of two Gaussian series at one time step: a constant (the mean) plus
/// a quadratic form, because a Gaussian's log-density is one. The forms are written with residuals
/// of regressions, which share terms: about 70 operations, no logarithm and no branch.
class LocalGaussian {
 public:
  LocalGaussian() = default;

  /// @param r  of a matrix that is not singular
  /// @param mean  the nine informations, nats
  LocalGaussian(const LaggedCorrelations& r, const PhiidInformation& mean) : mean_(mean), r_(r) {
    const GaussianUnexplained rest = unexplained(r);
    const auto inverse = [](double part) { return 1.0 / part; };
    per_ = {.xta = inverse(rest.part.xta),
            .xtb = inverse(rest.part.xtb),
            .yta = inverse(rest.part.yta),
            .ytb = inverse(rest.part.ytb),
            .xyta = inverse(rest.part.xyta),
            .xytb = inverse(rest.part.xytb),
            .xtab = inverse(rest.part.xtab),
            .ytab = inverse(rest.part.ytab),
            .xytab = rest.part.xyta / (rest.part.xytab * rest.future)};
    mean_.xytab -= mean_.xyta;  // of b given both pasts and a: added to that of a
    const double y_a = r.ya - r.past * r.xa;
    const double y_b = r.yb - r.past * r.xb;
    a_on_y_ = y_a / rest.past;
    b_on_y_ = y_b / rest.past;
    x_on_b_ = (r.xb - r.future * r.xa) / rest.future;
    y_on_b_ = (r.yb - r.future * r.ya) / rest.future;
    per_b_alone_ = 1.0 / rest.future;
    last_on_x_ = r.xb - r.future * r.xa;
    last_on_y_ = (y_b - r.future * y_a) / rest.past;
    last_on_a_ = -(r.xa * last_on_x_ + y_a * last_on_y_) / rest.part.xyta;
  }

  /// Local informations, nats.
  /// @param x,y,a,b  pasts and futures: deviations over standard deviation (n - 1 in its
  ///                 denominator) over sqrt(2)
  [[nodiscard]] PhiidInformation at(double x, double y, double a, double b) const noexcept {
    const double xx = x * x;
    const double yy = y * y;
    const double aa = a * a;
    const double bb = b * b;
    const auto less = [](double number, double factor, double other) {
      return multiply_add(-factor, other, number);
    };
    const auto local = [&less](double mean, double own, double per, double rest) {
      return less(mean + own, per, rest * rest);
    };
    const double y_alone = less(y, r_.past, x);  // residuals
    const double b_alone = less(b, r_.future, a);
    const double a_rest = less(a, r_.xa, x);
    const double b_rest = less(b, r_.xb, x);
    const double y_rest = less(y, r_.ya, a);
    const double x_rest = less(less(x, r_.xa, a), x_on_b_, b_alone);
    const double a_rest_xy = less(a_rest, a_on_y_, y_alone);
    const double last =
        less(less(less(b_alone, last_on_x_, x), last_on_y_, y_alone), last_on_a_, a_rest_xy);
    const double xyta = local(mean_.xyta, aa, per_.xyta, a_rest_xy);
    return {.xta = local(mean_.xta, aa, per_.xta, a_rest),
            .xtb = local(mean_.xtb, bb, per_.xtb, b_rest),
            .yta = local(mean_.yta, aa, per_.yta, less(a, r_.ya, y)),
            .ytb = local(mean_.ytb, bb, per_.ytb, less(b, r_.yb, y)),
            .xyta = xyta,
            .xytb = local(mean_.xytb, bb, per_.xytb, less(b_rest, b_on_y_, y_alone)),
            .xtab = local(mean_.xtab, xx, per_.xtab, x_rest),
            .ytab = local(mean_.ytab, yy, per_.ytab, less(y_rest, y_on_b_, b_alone)),
            .xytab = xyta + less(multiply_add(per_b_alone_, b_alone * b_alone, mean_.xytab),
                                 per_.xytab, last * last)};
  }

 private:
  PhiidInformation mean_;  // xytab: without xyta
  PhiidInformation per_;   // 1 / variance of each residual
  LaggedCorrelations r_;
  double per_b_alone_ = 0.0;
  // Regressions on what an earlier regression has left: y on x, b on a, and b on (a, x, y).
  double a_on_y_ = 0.0, b_on_y_ = 0.0, x_on_b_ = 0.0, y_on_b_ = 0.0;
  double last_on_x_ = 0.0, last_on_y_ = 0.0, last_on_a_ = 0.0;
};

}  // namespace phiscope::detail
