// SPDX-License-Identifier: MIT
#include "model/rope.hpp"

#include "model/fused_layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace phiscope::extract {

namespace {

/// Bases of the frequencies: theta to the power of 0 / units, 2 / units, ...
at::Tensor exponents(std::int64_t units, at::ScalarType wide) {
  return at::arange(0, units, 2, at::kLong).to(wide) / units;
}

at::Tensor llama3_frequencies(const RopeParameters& rope, const at::Tensor& plain) {
  const double original = static_cast<double>(rope.original_max_positions);
  const double low_wavelength = original / rope.low_freq_factor;
  const double high_wavelength = original / rope.high_freq_factor;
  const at::Tensor wavelength = 2 * std::numbers::pi / plain;
  const at::Tensor scaled = at::where(wavelength > low_wavelength, plain / rope.factor, plain);
  const at::Tensor smooth = (original / wavelength - rope.low_freq_factor) /
                            (rope.high_freq_factor - rope.low_freq_factor);
  const at::Tensor smoothed = (1 - smooth) * scaled / rope.factor + smooth * scaled;
  const at::Tensor between =
      (wavelength < high_wavelength).logical_not() & (wavelength > low_wavelength).logical_not();
  return at::where(between, smoothed, scaled);
}

/// Where in the list of frequencies one makes so many turns in the trained context.
double place_of_turns(const RopeParameters& rope, std::int64_t units, double turns) {
  const double original = static_cast<double>(rope.original_max_positions);
  return static_cast<double>(units) * std::log(original / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(rope.theta));
}

at::Tensor yarn_frequencies(const RopeParameters& rope, std::int64_t units, at::ScalarType wide) {
  double low = place_of_turns(rope, units, rope.beta_fast);
  double high = place_of_turns(rope, units, rope.beta_slow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(units - 1));
  if (low == high) high += 0.001;
  const at::Tensor powers = at::pow(rope.theta, exponents(units, wide));
  const at::Tensor as_it_is = powers.reciprocal();
  const at::Tensor divided = (rope.factor * powers).reciprocal();
  const at::Tensor ramp =
      ((at::arange(units / 2, at::kFloat).to(wide) - low) / (high - low)).clamp(0, 1);
  const at::Tensor share = 1 - ramp;
  return divided * (1 - share) + as_it_is * share;
}

/// Hugging Face computes the base of a longer pass from its length as a float32 tensor.
at::Tensor dynamic_frequencies(const RopeParameters& rope, std::int64_t units, at::ScalarType wide,
                               std::int64_t length) {
  const double exponent = static_cast<double>(units) / static_cast<double>(units - 2);
  const double original = static_cast<double>(rope.original_max_positions);
  if (length <= rope.original_max_positions) {
    const double grown = rope.factor * original / original - (rope.factor - 1);
    return at::pow(rope.theta * std::pow(grown, exponent), exponents(units, wide)).reciprocal();
  }
  const at::Tensor tokens = at::scalar_tensor(length, at::TensorOptions().dtype(wide));
  const at::Tensor grown = rope.factor * tokens / original - (rope.factor - 1);
  const at::Tensor base = rope.theta * at::pow(grown, exponent);
  return at::pow(base, exponents(units, wide)).reciprocal();
}

at::Tensor longrope_frequencies(const RopeParameters& rope, std::int64_t units, at::ScalarType wide,
                                std::int64_t length) {
  const bool beyond = length > rope.original_max_positions;
  const std::vector<double>& divisors = beyond ? rope.long_factors : rope.short_factors;
  const at::Tensor by = at::tensor(divisors, at::kDouble).to(wide);
  return (by * at::pow(rope.theta, exponents(units, wide))).reciprocal();
}

}  // namespace

at::Tensor rope_frequencies(const RopeParameters& rope, std::int64_t units, at::Device device,
                            at::ScalarType dtype, std::int64_t length) {
  const at::ScalarType wide = dtype == at::kDouble ? at::kDouble : at::kFloat;
  const auto plain = [&] { return at::pow(rope.theta, exponents(units, wide)).reciprocal(); };
  switch (rope.type) {
    case RopeType::plain:
      return plain().to(device);
    case RopeType::linear:
      return (plain() / rope.factor).to(device);
    case RopeType::llama3:
      return llama3_frequencies(rope, plain()).to(device);
    case RopeType::yarn:
      return yarn_frequencies(rope, units, wide).to(device);
    case RopeType::dynamic:
      return dynamic_frequencies(rope, units, wide, length).to(device);
    case RopeType::longrope:
      return longrope_frequencies(rope, units, wide, length).to(device);
  }
  throw std::invalid_argument("rope_frequencies: not a RopeType");
}

RotaryEmbedding rotary_embedding(const RopeParameters& rope, std::int64_t units, at::Device device,
                                 at::ScalarType dtype) {
  RotaryEmbedding made{
      .rope = rope, .units = units, .within = rope_frequencies(rope, units, device, dtype)};
  if (rope.type == RopeType::longrope) {
    made.beyond = rope_frequencies(rope, units, device, dtype, rope.original_max_positions + 1);
  }
  return made;
}

Rotation rotation(const at::Tensor& frequencies, const at::Tensor& positions, at::ScalarType dtype,
                  double factor) {
  if (!frequencies.defined()) return {};
  const at::Tensor angle =
      positions.to(frequencies.scalar_type()).unsqueeze(1) * frequencies.unsqueeze(0);
  const at::Tensor both = at::cat({angle, angle}, 1).unsqueeze(1);
  if (factor == 1.0) return {.cosine = both.cos().to(dtype), .sine = both.sin().to(dtype)};
  return {.cosine = both.cos().mul_(factor).to(dtype), .sine = both.sin().mul_(factor).to(dtype)};
}

Rotation rotation(const RotaryEmbedding& embedding, const Batch& batch, at::ScalarType dtype) {
  const RopeParameters& rope = embedding.rope;
  const auto length = [&](const Lane& lane) { return lane.start + std::ssize(lane.tokens); };
  const bool all_within = std::ranges::all_of(
      batch.lanes, [&](const Lane& lane) { return length(lane) <= rope.original_max_positions; });
  if (!rope.depends_on_length() || all_within) {
    return rotation(embedding.within, batch.positions, dtype, rope.attention_factor);
  }
  std::vector<at::Tensor> cosines;
  std::vector<at::Tensor> sines;
  cosines.reserve(batch.lanes.size());
  sines.reserve(batch.lanes.size());
  for (std::size_t l = 0; l < batch.lanes.size(); ++l) {
    const std::int64_t tokens = length(batch.lanes[l]);
    at::Tensor frequencies = embedding.within;
    if (tokens > rope.original_max_positions) {
      frequencies =
          embedding.beyond.defined()
              ? embedding.beyond
              : rope_frequencies(rope, embedding.units, batch.positions.device(), dtype, tokens);
    }
    // The last lane takes the filling along.
    const bool last = l + 1 == batch.lanes.size();
    const std::int64_t end = last ? batch.positions.size(0) : batch.begin[l + 1];
    const Rotation one =
        rotation(frequencies, batch.positions.narrow(0, batch.begin[l], end - batch.begin[l]),
                 dtype, rope.attention_factor);
    cosines.push_back(one.cosine);
    sines.push_back(one.sine);
  }
  return {.cosine = at::cat(cosines, 0), .sine = at::cat(sines, 0)};
}

Rotation first_rows(const Rotation& by, std::int64_t rows) {
  if (!by.cosine.defined()) return {};
  return {.cosine = by.cosine.narrow(0, 0, rows), .sine = by.sine.narrow(0, 0, rows)};
}

at::Tensor rotate(const at::Tensor& x, const Rotation& by) {
  if (!by.cosine.defined()) return x;
  if (has_fused_layers(x)) return fused_rotate(x, by);
  const std::int64_t units = by.cosine.size(2);
  const std::int64_t half = units / 2;
  const at::Tensor leading = x.narrow(2, 0, units).to(by.cosine.scalar_type());
  at::Tensor turned = at::cat({-leading.narrow(2, half, half), leading.narrow(2, 0, half)}, 2);
  const at::Tensor rotated = (leading * by.cosine).add_(turned.mul_(by.sine)).to(x.scalar_type());
  if (units == x.size(2)) return rotated;
  return at::cat({rotated, x.narrow(2, units, x.size(2) - units)}, 2);
}

}  // namespace phiscope::extract
