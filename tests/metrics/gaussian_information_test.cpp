// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/gaussian_information.hpp>

#include <Eigen/LU>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using phiscope::gaussian_information;
using phiscope::is_singular;
using phiscope::LaggedCorrelations;

namespace {

using Wide = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

Wide matrix_of(const LaggedCorrelations& r) {
  Wide m = Wide::Identity(4, 4);  // x, y, a, b
  m(0, 1) = m(1, 0) = r.past;
  m(2, 3) = m(3, 2) = r.future;
  m(0, 2) = m(2, 0) = r.xa;
  m(0, 3) = m(3, 0) = r.xb;
  m(1, 2) = m(2, 1) = r.ya;
  m(1, 3) = m(3, 1) = r.yb;
  return m;
}

/// -log det / 2 of the rows in `members`.
long double half_log(const Wide& m, const std::vector<int>& members) {
  Wide part(members.size(), members.size());
  for (Eigen::Index i = 0; i < part.rows(); ++i) {
    for (Eigen::Index j = 0; j < part.cols(); ++j) {
      part(i, j) = m(members[static_cast<std::size_t>(i)], members[static_cast<std::size_t>(j)]);
    }
  }
  return 0.5L * std::log(part.fullPivLu().determinant());
}

double information(const Wide& m, const std::vector<int>& past, const std::vector<int>& future) {
  std::vector<int> both = past;
  both.insert(both.end(), future.begin(), future.end());
  return static_cast<double>(half_log(m, past) + half_log(m, future) - half_log(m, both));
}

/// Correlations of three hidden causes mixed at random, plus `own` of each variable's own.
LaggedCorrelations random_correlations(std::uint64_t seed, double own) {
  std::mt19937_64 engine(seed);
  Eigen::Matrix<double, 4, 3> mix;
  for (Eigen::Index k = 0; k < 12; ++k) {
    mix(k) = static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0;
  }
  Eigen::Matrix4d s = mix * mix.transpose() + own * Eigen::Matrix4d::Identity();
  const Eigen::Vector4d root = s.diagonal().cwiseSqrt().cwiseInverse();
  s = root.asDiagonal() * s * root.asDiagonal();
  return {.past = s(0, 1),
          .future = s(2, 3),
          .xa = s(0, 2),
          .xb = s(0, 3),
          .ya = s(1, 2),
          .yb = s(1, 3)};
}

}  // namespace

TEST_CASE("one correlation alone carries -log(1 - c^2) / 2", "[gaussian_information]") {
  const auto found = gaussian_information({.xb = 0.6});
  const double expected = -0.5 * std::log(0.64);
  CHECK(found.xtb == Approx(expected).epsilon(1e-15));
  CHECK(found.xytb == Approx(expected).epsilon(1e-15));
  CHECK(found.xtab == Approx(expected).epsilon(1e-15));
  CHECK(found.xytab == Approx(expected).epsilon(1e-15));
  CHECK(found.xta == 0.0);
  CHECK(found.ytab == 0.0);
}

TEST_CASE("informations agree with log-determinants in long double", "[gaussian_information]") {
  const auto seed = GENERATE(range(0U, 50U));
  const double own = GENERATE(1.0, 0.01, 1e-6);
  CAPTURE(seed, own);
  const LaggedCorrelations r = random_correlations(seed, own);
  const Wide m = matrix_of(r);
  const auto found = gaussian_information(r);
  const double tolerance = 1e-15 / own + 1e-14;
  const auto check = [tolerance](double number, double expected) {
    CHECK(number == Approx(expected).epsilon(0.0).margin(tolerance));
  };
  check(found.xta, information(m, {0}, {2}));
  check(found.xtb, information(m, {0}, {3}));
  check(found.yta, information(m, {1}, {2}));
  check(found.ytb, information(m, {1}, {3}));
  check(found.xyta, information(m, {0, 1}, {2}));
  check(found.xytb, information(m, {0, 1}, {3}));
  check(found.xtab, information(m, {0}, {2, 3}));
  check(found.ytab, information(m, {1}, {2, 3}));
  check(found.xytab, information(m, {0, 1}, {2, 3}));
  CHECK(phiscope::detail::unexplained(r).determinant ==
        Approx(static_cast<double>(m.determinant())).epsilon(1e-14 / own));
}

TEST_CASE("near copies keep their digits", "[gaussian_information]") {
  // y = x + 1e-4 noise: 1 - correlation is 5e-9.
  const double close = 1.0 - 5e-9;
  const LaggedCorrelations r{.past = close,
                             .future = close,
                             .xa = 0.6,
                             .xb = 0.6 + 2e-5,
                             .ya = 0.6 - 1e-5,
                             .yb = 0.6 + 1e-5};
  const Wide m = matrix_of(r);
  const auto found = gaussian_information(r);
  CHECK(found.xytab == Approx(information(m, {0, 1}, {2, 3})).epsilon(0.0).margin(1e-6));
  CHECK(found.xtab == Approx(information(m, {0}, {2, 3})).epsilon(0.0).margin(1e-6));
}

TEST_CASE("a matrix is singular by its eigenvalues", "[gaussian_information]") {
  CHECK_FALSE(is_singular({}, 2.2e-10));
  CHECK(is_singular({.past = 1.0}, 2.2e-10));
  CHECK(is_singular({.xa = -1.0}, 2.2e-10));
  // Two variables: eigenvalues 1 - c and 1 + c, two more of 1.
  CHECK_FALSE(is_singular({.past = 0.5}, 0.33));
  CHECK(is_singular({.past = 0.5}, 0.34));
  CHECK(is_singular({.past = std::numeric_limits<double>::quiet_NaN()}, 2.2e-10));
  CHECK(is_singular({.past = 0.9, .xa = 0.9, .ya = -0.9}, 2.2e-10));  // not a correlation matrix
}

TEST_CASE("a large determinant excludes a small eigenvalue", "[gaussian_information]") {
  // The shortcut may only say `regular` where the eigenvalues say so too.
  std::size_t shortcuts = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const LaggedCorrelations r = random_correlations(seed, seed % 2 == 0 ? 0.3 : 1e-3);
    const double ratio = 1e-4;
    if (phiscope::detail::unexplained(r).determinant > phiscope::detail::surely_regular(ratio)) {
      ++shortcuts;
      CHECK_FALSE(is_singular(r, ratio));
    }
  }
  CHECK(shortcuts > 500);
}
