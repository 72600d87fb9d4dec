// SPDX-License-Identifier: MIT
#include "files/weights/number_formats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace phiscope::extract {
namespace {

template <class Bits>
Bits load_bits(const std::byte* from) {
  Bits bits = 0;
  std::memcpy(&bits, from, sizeof(Bits));
  return bits;
}

double from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

double from_float16(std::uint16_t bits) {
  const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10U) & 0x1F;
  const int fraction = bits & 0x3FF;
  if (exponent == 0x1F) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

/// float32 towards zero, with the last bit set where something was cut off: rounding that to fewer
/// bits is rounding the float64 itself.
std::uint32_t float_bits_to_odd(double value) {
  const auto nearest = static_cast<float>(value);
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if (static_cast<double>(nearest) == value || std::isnan(value)) return bits;
  if (std::abs(static_cast<double>(nearest)) > std::abs(value)) --bits;
  return bits | 1U;
}

std::uint16_t to_bfloat16(double value) {
  const std::uint32_t bits = float_bits_to_odd(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

std::uint16_t to_float16(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double size = std::abs(value);
  if (std::isnan(value)) return sign | 0x7E00;
  if (size >= 65536.0) return sign | 0x7C00;
  if (size == 0.0) return sign;
  const int exponent = std::max(std::ilogb(size), -14);
  const double steps = std::nearbyint(std::ldexp(size, 10 - exponent));
  // A carry of the rounding runs into the exponent, up to that of infinity.
  return static_cast<std::uint16_t>(sign | (((exponent + 14) << 10) + static_cast<int>(steps)));
}

template <class Item, class Convert>
void store_all(std::span<const double> values, std::byte* out, Convert convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Item item = convert(values[i]);
    std::memcpy(out + i * sizeof(Item), &item, sizeof(Item));
  }
}

}  // namespace

std::vector<double> widened(const TensorView& tensor, std::size_t first, std::size_t count) {
  const std::size_t size = item_size(tensor.dtype);
  const std::byte* from = tensor.bytes.subspan(first * size, count * size).data();
  std::vector<double> values(count);
  const auto fill = [&](auto convert) {
    for (std::size_t i = 0; i < count; ++i) values[i] = convert(from + i * size);
  };
  switch (tensor.dtype) {
    case TensorDtype::f64:
      fill([](const std::byte* at) { return std::bit_cast<double>(load_bits<std::uint64_t>(at)); });
      return values;
    case TensorDtype::f32:
      fill([](const std::byte* at) { return std::bit_cast<float>(load_bits<std::uint32_t>(at)); });
      return values;
    case TensorDtype::bf16:
      fill([](const std::byte* at) { return from_bfloat16(load_bits<std::uint16_t>(at)); });
      return values;
    case TensorDtype::f16:
      fill([](const std::byte* at) { return from_float16(load_bits<std::uint16_t>(at)); });
      return values;
    default:
      throw std::invalid_argument("widened: tensor " + tensor.name + " is not of a float dtype");
  }
}

void store_rounded(std::span<const double> values, TensorDtype dtype, std::byte* out) {
  switch (dtype) {
    case TensorDtype::f64:
      return store_all<double>(values, out, [](double value) { return value; });
    case TensorDtype::f32:
      return store_all<float>(values, out, [](double value) { return static_cast<float>(value); });
    case TensorDtype::bf16:
      return store_all<std::uint16_t>(values, out, to_bfloat16);
    case TensorDtype::f16:
      return store_all<std::uint16_t>(values, out, to_float16);
    default:
      throw std::invalid_argument("store_rounded: not a float dtype");
  }
}

}  // namespace phiscope::extract
