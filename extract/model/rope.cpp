// SPDX-License-Identifier: MIT
#include "model/rope.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>

#include <numbers>

namespace phiscope::extract {

at::Tensor rope_frequencies(const RopeParameters& rope, std::int64_t units, at::Device device,
                            at::ScalarType dtype) {
  const at::ScalarType wide = dtype == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor exponent = at::arange(0, units, 2, at::kLong).to(wide) / units;
  at::Tensor frequency = at::pow(rope.theta, exponent).reciprocal();
  if (rope.type == RopeType::linear) frequency = frequency / rope.factor;
  if (rope.type == RopeType::llama3) {
    const double original = static_cast<double>(rope.original_max_positions);
    const double low_wavelength = original / rope.low_freq_factor;
    const double high_wavelength = original / rope.high_freq_factor;
    const at::Tensor wavelength = 2 * std::numbers::pi / frequency;
    const at::Tensor scaled =
        at::where(wavelength > low_wavelength, frequency / rope.factor, frequency);
    const at::Tensor smooth = (original / wavelength - rope.low_freq_factor) /
                              (rope.high_freq_factor - rope.low_freq_factor);
    const at::Tensor smoothed = (1 - smooth) * scaled / rope.factor + smooth * scaled;
    const at::Tensor between =
        (wavelength < high_wavelength).logical_not() & (wavelength > low_wavelength).logical_not();
    frequency = at::where(between, smoothed, scaled);
  }
  return frequency.to(device);
}

Rotation rotation(const at::Tensor& frequencies, const at::Tensor& positions,
                  at::ScalarType dtype) {
  if (!frequencies.defined()) return {};
  const at::Tensor angle =
      positions.to(frequencies.scalar_type()).unsqueeze(1) * frequencies.unsqueeze(0);
  const at::Tensor both = at::cat({angle, angle}, 1).unsqueeze(1);
  return {.cosine = both.cos().to(dtype), .sine = both.sin().to(dtype)};
}

Rotation first_rows(const Rotation& by, std::int64_t rows) {
  if (!by.cosine.defined()) return {};
  return {.cosine = by.cosine.narrow(0, 0, rows), .sine = by.sine.narrow(0, 0, rows)};
}

at::Tensor rotate(const at::Tensor& x, const Rotation& by) {
  if (!by.cosine.defined()) return x;
  const std::int64_t units = by.cosine.size(2);
  const std::int64_t half = units / 2;
  const at::Tensor leading = x.narrow(2, 0, units);
  at::Tensor turned = at::cat({-x.narrow(2, half, half), x.narrow(2, 0, half)}, 2);
  const at::Tensor rotated = (leading * by.cosine).add_(turned.mul_(by.sine));
  if (units == x.size(2)) return rotated;
  return at::cat({rotated, x.narrow(2, units, x.size(2) - units)}, 2);
}

}  // namespace phiscope::extract
