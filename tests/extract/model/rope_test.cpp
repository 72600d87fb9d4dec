// SPDX-License-Identifier: MIT
#include "model/rope.hpp"

#include "model_fixture.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace phiscope::extract;

namespace {

at::Tensor frequencies_of(RopeType type, std::int64_t units = 8) {
  return rope_frequencies({.type = type,
                           .theta = 500000.0,
                           .factor = 8.0,
                           .low_freq_factor = 1.0,
                           .high_freq_factor = 4.0,
                           .original_max_positions = 8192},
                          units, at::kCPU);
}

}  // namespace

TEST_CASE("frequencies are powers of theta, divided by the factor when linear", "[rope]") {
  const at::Tensor plain = frequencies_of(RopeType::plain);
  const at::Tensor linear = frequencies_of(RopeType::linear);
  for (std::int64_t i = 0; i < 4; ++i) {
    const double wanted = std::pow(500000.0, -static_cast<double>(2 * i) / 8);
    CHECK(plain[i].item<double>() == Approx(wanted).epsilon(1e-6));
    CHECK(linear[i].item<double>() == Approx(wanted / 8).epsilon(1e-6));
  }
}

TEST_CASE("llama3 keeps short waves, divides long ones and joins them smoothly", "[rope]") {
  const at::Tensor plain = frequencies_of(RopeType::plain, 64);
  const at::Tensor scaled = frequencies_of(RopeType::llama3, 64);
  int between = 0;
  for (std::int64_t i = 0; i < 32; ++i) {
    const double frequency = plain[i].item<double>();
    const double wavelength = 2 * std::numbers::pi / frequency;
    const double ratio = scaled[i].item<double>() / frequency;
    CAPTURE(i, wavelength);
    if (wavelength < 8192.0 / 4) {
      CHECK(ratio == 1.0);
    } else if (wavelength > 8192.0) {
      CHECK(ratio == Approx(1.0 / 8));
    } else {
      const double smooth = (8192.0 / wavelength - 1) / 3;
      CHECK(ratio == Approx((1 - smooth) / 8 + smooth).epsilon(1e-5));
      ++between;
    }
  }
  CHECK(between > 0);
}

TEST_CASE("frequencies, angles and turns of a model in float64 are float64", "[rope]") {
  const RopeParameters rope{.type = RopeType::llama3,
                            .theta = 500000.0,
                            .factor = 32.0,
                            .low_freq_factor = 1.0,
                            .high_freq_factor = 4.0,
                            .original_max_positions = 64};
  const at::Tensor found = rope_frequencies(rope, 16, at::kCPU, at::kDouble);
  REQUIRE(found.scalar_type() == at::kDouble);
  CHECK(rope_frequencies(rope, 16, at::kCPU, at::kBFloat16).scalar_type() == at::kFloat);
  const Rotation by = rotation(found, at::tensor({413}, at::kLong), at::kDouble);
  for (std::int64_t i = 0; i < 8; ++i) {
    double wanted = std::pow(500000.0, -static_cast<double>(2 * i) / 16);
    const double wavelength = 2 * std::numbers::pi / wanted;
    const double smooth = std::clamp((64.0 / wavelength - 1.0) / 3.0, 0.0, 1.0);
    wanted = (1 - smooth) * wanted / 32 + smooth * wanted;
    CHECK(found[i].item<double>() == Approx(wanted).epsilon(1e-14));
    CHECK(by.cosine[0][0][i].item<double>() == Approx(std::cos(413 * wanted)).margin(1e-12));
    CHECK(by.sine[0][0][i + 8].item<double>() == Approx(std::sin(413 * wanted)).margin(1e-12));
  }
}

TEST_CASE("turning keeps lengths, and products depend on the distance alone", "[rope]") {
  const at::Tensor frequencies = frequencies_of(RopeType::plain);
  const at::Tensor q = at::rand({1, 1, 8});
  const at::Tensor k = at::rand({1, 1, 8});
  const auto at_position = [&](const at::Tensor& x, std::int64_t position) {
    return rotate(x, rotation(frequencies, at::tensor({position}, at::kLong), at::kFloat));
  };
  CHECK(at_position(q, 17).norm().item<double>() == Approx(q.norm().item<double>()).epsilon(1e-6));
  CHECK(at_position(q, 0).equal(q));
  const double near = (at_position(q, 9) * at_position(k, 4)).sum().item<double>();
  const double far = (at_position(q, 109) * at_position(k, 104)).sum().item<double>();
  CHECK(near == Approx(far).epsilon(1e-4));
}

TEST_CASE("units after the rotated ones are unchanged", "[rope]") {
  const at::Tensor frequencies = frequencies_of(RopeType::plain, 4);
  const at::Tensor x = at::rand({1, 2, 8});
  const Rotation by = rotation(frequencies, at::tensor({3}, at::kLong), at::kFloat);
  const at::Tensor turned = rotate(x, by);
  CHECK(turned.narrow(2, 4, 4).equal(x.narrow(2, 4, 4)));
  CHECK(turned.narrow(2, 0, 4).equal(rotate(x.narrow(2, 0, 4), by)));
  CHECK_FALSE(turned.narrow(2, 0, 4).equal(x.narrow(2, 0, 4)));
}
