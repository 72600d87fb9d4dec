// SPDX-License-Identifier: MIT
#include "shard/file/format_error.hpp"
#include "shard/npy/half.hpp"
#include "shard/npy/npy.hpp"
#include "shard/npy/order.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>
#include <type_traits>
#include <utility>

namespace phiscope::shard {
namespace {

/// True if the integer is a number of type T.
template <class T, class From>
bool fits_integer(From value) {
  if constexpr (std::is_integral_v<T>) {
    return std::in_range<T>(value);
  } else {
    const auto bits = static_cast<std::uint64_t>(value);
    const std::uint64_t magnitude = std::cmp_less(value, 0) ? 0 - bits : bits;
    if (magnitude == 0) return true;
    const int significant =
        static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude);
    return significant <= std::numeric_limits<T>::digits;
  }
}

template <class T, class From>
bool fits(From value) {
  if constexpr (std::is_integral_v<From>) {
    return fits_integer<T>(value);
  } else if constexpr (sizeof(T) < sizeof(From)) {
    // An overflowing conversion to float is undefined in C++ before it is infinite.
    if (std::isnan(value) || std::isinf(value)) return true;
    if (std::abs(value) > static_cast<From>(std::numeric_limits<T>::max())) return false;
    return static_cast<From>(static_cast<T>(value)) == value;
  } else {
    return true;
  }
}

/// Element at `bytes` in the byte order of the machine.
template <class Stored>
Stored load(const std::byte* bytes, bool swap) {
  std::array<std::byte, sizeof(Stored)> raw{};
  for (std::size_t i = 0; i < sizeof(Stored); ++i) {
    raw[i] = bytes[swap ? sizeof(Stored) - 1 - i : i];
  }
  Stored value;
  std::memcpy(&value, raw.data(), sizeof(Stored));
  return value;
}

/// Converts every element, stored as `Stored` and meaning `decode(stored)`.
template <class Stored, class T, class Decode>
std::vector<T> convert(const NpyArray& file, Decode decode) {
  const NpyHeader& header = file.header();
  const std::byte* const from = file.bytes().data();
  std::vector<T> to(header.count);
  const auto one = [&](std::size_t target, std::size_t source) {
    const auto value = decode(load<Stored>(from + source * sizeof(Stored), header.big_endian));
    if (!fits<T>(value)) {
      std::ostringstream message;
      message.precision(std::numeric_limits<double>::max_digits10);
      message << "value " << +value << " of element " << target << " (of " << header.count
              << ", in C order) is not exactly a " << descr(dtype_of<T>);
      throw FormatError(file.path(), message.str());
    }
    to[target] = static_cast<T>(value);
  };
  if (detail::is_permuted(header)) {
    detail::for_each_in_c_order(header, one);
  } else {
    for (std::size_t i = 0; i < header.count; ++i) one(i, i);
  }
  return to;
}

template <class Stored, class T>
std::vector<T> convert_plain(const NpyArray& file) {
  return convert<Stored, T>(file, [](Stored value) { return value; });
}

template <class T>
std::vector<T> convert_floating(const NpyArray& file) {
  if constexpr (std::is_integral_v<T>) {
    throw FormatError(
        file.path(), "dtype is " + std::string(descr(file.header().dtype)) + ", expected integers");
  } else {
    if (file.header().dtype == Dtype::f2) return convert<std::uint16_t, T>(file, half_to_float);
    if (file.header().dtype == Dtype::f4) return convert_plain<float, T>(file);
    return convert_plain<double, T>(file);
  }
}

}  // namespace

template <Element T>
std::vector<T> NpyArray::read() const {
  switch (header_.dtype) {
    case Dtype::b1:
      return convert<std::uint8_t, T>(*this, [](std::uint8_t b) { return b != 0 ? 1 : 0; });
    case Dtype::i1:
      return convert<std::uint8_t, T>(
          *this, [](std::uint8_t bits) { return bits < 128 ? int{bits} : int{bits} - 256; });
    case Dtype::i2:
      return convert_plain<std::int16_t, T>(*this);
    case Dtype::i4:
      return convert_plain<std::int32_t, T>(*this);
    case Dtype::i8:
      return convert_plain<std::int64_t, T>(*this);
    case Dtype::u1:
      return convert_plain<std::uint8_t, T>(*this);
    case Dtype::u2:
      return convert_plain<std::uint16_t, T>(*this);
    case Dtype::u4:
      return convert_plain<std::uint32_t, T>(*this);
    case Dtype::u8:
      return convert_plain<std::uint64_t, T>(*this);
    case Dtype::f2:
    case Dtype::f4:
    case Dtype::f8:
      return convert_floating<T>(*this);
  }
  throw FormatError(path(), "dtype out of range");  // not reached: all enumerators are above
}

template std::vector<float> NpyArray::read() const;
template std::vector<double> NpyArray::read() const;
template std::vector<std::int8_t> NpyArray::read() const;
template std::vector<std::int16_t> NpyArray::read() const;
template std::vector<std::int32_t> NpyArray::read() const;
template std::vector<std::int64_t> NpyArray::read() const;
template std::vector<std::uint8_t> NpyArray::read() const;
template std::vector<std::uint16_t> NpyArray::read() const;
template std::vector<std::uint32_t> NpyArray::read() const;
template std::vector<std::uint64_t> NpyArray::read() const;

}  // namespace phiscope::shard
