// SPDX-License-Identifier: MIT
#include "shard/npy/nonfinite.hpp"

#include <algorithm>
#include <cstring>

namespace phiscope::shard {
namespace {

/// Elements whose exponent bits are all set: NaN and infinities.
template <class Bits>
std::uint64_t count_full_exponents(std::span<const std::byte> bytes, Bits exponent) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i + sizeof(Bits) <= bytes.size(); i += sizeof(Bits)) {
    Bits value = 0;
    std::memcpy(&value, &bytes[i], sizeof(Bits));
    count += (value & exponent) == exponent ? 1U : 0U;
  }
  return count;
}

/// Calls `use` with the bits that are all set in the exponent of NaN and infinities.
template <class Use>
auto with_exponent(Dtype dtype, std::string_view encoding, Use use)
    -> decltype(use(std::uint64_t{})) {
  switch (dtype) {
    case Dtype::f8:
      return use(std::uint64_t{0x7FF0000000000000U});
    case Dtype::f4:
      return use(std::uint32_t{0x7F800000U});
    case Dtype::f2:
      return use(std::uint16_t{0x7C00U});
    default:
      return encoding == "bf16" ? use(std::uint16_t{0x7F80U}) : decltype(use(std::uint64_t{})){};
  }
}

}  // namespace

std::uint64_t count_nonfinite(std::span<const std::byte> bytes, Dtype dtype,
                              std::string_view encoding) {
  return with_exponent(dtype, encoding,
                       [&](auto exponent) { return count_full_exponents(bytes, exponent); });
}

std::optional<std::size_t> first_nonfinite(std::span<const std::byte> bytes, Dtype dtype,
                                           std::string_view encoding) {
  // Counting a piece needs no branch an element; only a piece that holds one is searched.
  constexpr std::size_t piece = std::size_t{1} << 16U;
  return with_exponent(dtype, encoding, [&](auto exponent) -> std::optional<std::size_t> {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const auto part = bytes.subspan(at, std::min(piece, bytes.size() - at));
      if (count_full_exponents(part, exponent) == 0) continue;
      std::size_t i = 0;
      while (count_full_exponents(part.subspan(i * sizeof(exponent), sizeof(exponent)), exponent) ==
             0) {
        ++i;
      }
      return at / sizeof(exponent) + i;
    }
    return std::nullopt;
  });
}

}  // namespace phiscope::shard
