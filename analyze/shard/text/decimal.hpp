// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace phiscope::shard {

/// The number that a text is, all of it: "0.5", "-3", "1e-5", "nan", "inf"; the same in every
/// locale. Nothing for any other text, as "", " 1", "+1", "0x10" or "1,5", and for numbers that a
/// double cannot hold.
[[nodiscard]] std::optional<double> decimal(std::string_view text);

}  // namespace phiscope::shard
