// SPDX-License-Identifier: MIT
#include "kernel/vector_exp.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

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
