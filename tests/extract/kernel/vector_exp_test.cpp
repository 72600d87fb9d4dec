// SPDX-License-Identifier: MIT
#include "kernel/vector_exp.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using namespace phiscope::extract::kernel;

namespace {

/// |x - exact| in units of the last place of the exact number as a float.
double units(float x, double exact) {
  const auto rounded = static_cast<float>(std::fabs(exact));
  const float next = std::nextafter(rounded, std::numeric_limits<float>::infinity());
  return std::fabs(static_cast<double>(x) - exact) / (static_cast<double>(next) - rounded);
}

/// The largest error over floats of bit patterns from `first` to `last`.
template <class Function, class Exact>
double worst(std::uint32_t first, std::uint32_t last, const Function& f, const Exact& exact) {
  double most = 0.0;
  for (std::uint32_t bits = first; bits <= last; bits += 97) {
    const float x = std::bit_cast<float>(bits);
    const double error = units(f(x), exact(static_cast<double>(x)));
    if (!(error <= most)) most = error;
  }
  return most;
}

}  // namespace

TEST_CASE("the exponential is within two units in the last place", "[vector_exp]") {
  const auto f = [](float x) { return exp_of_negative(x); };
  const auto exact = [](double x) { return std::exp(x); };
  CHECK(worst(0x80000000, 0xb0000000, f, exact) <= 2.0);
  CHECK(worst(0xb0000000, 0xc2d00000, f, exact) <= 2.0);  // to -104, through the subnormal results
}

TEST_CASE("the exponential at its ends", "[vector_exp]") {
  CHECK(exp_of_negative(0.0F) == 1.0F);
  CHECK(exp_of_negative(-0.0F) == 1.0F);
  CHECK(exp_of_negative(-103.98F) == 0.0F);
  CHECK(exp_of_negative(-103.0F) == std::exp(-103.0F));
  CHECK(exp_of_negative(-104.0F) == 0.0F);
  CHECK(exp_of_negative(-1e30F) == 0.0F);
  CHECK(exp_of_negative(-std::numeric_limits<float>::infinity()) == 0.0F);
  CHECK(std::isnan(exp_of_negative(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("the exponential of doubles is within a unit in the last place and a little",
          "[vector_exp]") {
  std::mt19937_64 engine(1);
  double most = 0.0;
  for (int n = 0; n < 400'000; ++n) {
    // Sizes from 1e-20 on, then all there is to 708, where results are still normal.
    const double share = static_cast<double>(engine() >> 11U) * 0x1.0p-53;
    const double x = n % 4 == 0 ? -std::exp(-46.0 * share) : -708.0 * share;
    const double found = exp_of_negative(x);
    const auto exact = std::exp(static_cast<long double>(x));
    const double unit =
        std::nextafter(static_cast<double>(exact), 2.0) - static_cast<double>(exact);
    const auto error =
        static_cast<double>(std::fabs(static_cast<long double>(found) - exact)) / unit;
    if (!(error <= most)) most = error;
  }
  CHECK(most <= 1.01);
  CHECK(most >= 0.5);  // that of any rounding
}

TEST_CASE("the exponential of doubles at its ends", "[vector_exp]") {
  CHECK(exp_of_negative(0.0) == 1.0);
  CHECK(exp_of_negative(-0.0) == 1.0);
  CHECK(exp_of_negative(-708.0) == Approx(std::exp(-708.0)).epsilon(1e-15).margin(0.0));
  const double smallest = std::numeric_limits<double>::denorm_min();
  for (const double x : {-709.0, -720.5, -740.0, -745.0, -745.1}) {  // subnormal results
    CHECK(std::fabs(exp_of_negative(x) - std::exp(x)) <= smallest);
  }
  CHECK(exp_of_negative(-745.1) == smallest);
  CHECK(exp_of_negative(-745.2) == 0.0);
  CHECK(exp_of_negative(-746.0) == 0.0);
  CHECK(exp_of_negative(-1e300) == 0.0);
  CHECK(exp_of_negative(-std::numeric_limits<double>::infinity()) == 0.0);
  CHECK(std::isnan(exp_of_negative(std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("the hyperbolic tangent is within four units in the last place", "[vector_exp]") {
  const auto f = [](float x) { return tanh_of(x); };
  const auto exact = [](double x) { return std::tanh(x); };
  CHECK(worst(0x00800000, 0x41200000, f, exact) <= 4.0);  // normal numbers up to 10
  CHECK(worst(0x80800000, 0xc1200000, f, exact) <= 4.0);
}

TEST_CASE("the hyperbolic tangent at its ends", "[vector_exp]") {
  CHECK(tanh_of(0.0F) == 0.0F);
  CHECK(tanh_of(1e30F) == 1.0F);
  CHECK(tanh_of(-std::numeric_limits<float>::infinity()) == -1.0F);
  CHECK(std::isnan(tanh_of(std::numeric_limits<float>::quiet_NaN())));
}
