// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace phiscope::shard {

static_assert(std::endian::native == std::endian::little, "written for little-endian machines");

/// Kind (bool, signed, unsigned, float) and bytes of an element.
enum class Dtype { b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8 };

[[nodiscard]] std::size_t item_size(Dtype dtype) noexcept;        ///< bytes, 1 to 8
[[nodiscard]] std::string_view descr(Dtype dtype) noexcept;       ///< NumPy's name: "<f4", "|u1"
[[nodiscard]] bool is_floating(Dtype dtype) noexcept;             ///< f2, f4, f8
[[nodiscard]] std::string_view dtype_name(Dtype dtype) noexcept;  ///< "f4"

/// The dtype named "f4", without byte order; nothing for any other text.
[[nodiscard]] std::optional<Dtype> dtype_from_name(std::string_view name) noexcept;

/// A type that an array can be read into or written from.
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::int8_t> || std::same_as<T, std::int16_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t>;

/// The dtype whose elements are T's in memory.
template <Element T>
inline constexpr Dtype dtype_of = [] {
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? Dtype::f4 : Dtype::f8;
  constexpr std::array of_signed = {Dtype::i1, Dtype::i2, Dtype::i4, Dtype::i8};
  constexpr std::array of_unsigned = {Dtype::u1, Dtype::u2, Dtype::u4, Dtype::u8};
  constexpr auto at = static_cast<std::size_t>(std::countr_zero(sizeof(T)) & 3);
  return std::signed_integral<T> ? of_signed[at] : of_unsigned[at];
}();

}  // namespace phiscope::shard
