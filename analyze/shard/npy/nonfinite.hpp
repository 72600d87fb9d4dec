// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace phiscope::shard {

/// NaN and infinite elements among the bytes of an array; 0 for integers that encode no numbers.
/// @param bytes  whole elements, aligned or not
/// @param encoding  as in ArrayPlan: "bf16" for bfloat16 bits in a u2
[[nodiscard]] std::uint64_t count_nonfinite(std::span<const std::byte> bytes, Dtype dtype,
                                            std::string_view encoding);

/// The first such element, counted from the first of `bytes`; nothing if all are finite.
[[nodiscard]] std::optional<std::size_t> first_nonfinite(std::span<const std::byte> bytes,
                                                         Dtype dtype, std::string_view encoding);

}  // namespace phiscope::shard
