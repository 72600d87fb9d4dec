// SPDX-License-Identifier: MIT
#pragma once

#include "files/weights/weights.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Reads every tensor once. @throws shard::FormatError naming the first tensor that holds a NaN or
/// an infinity, with its place [i, j].
/// @param between  called after every tensor
void check_finite(const std::map<std::string, TensorView>& tensors, const Weights& weights,
                  const std::function<void()>& between = {});

/// Index of the first NaN or infinity of a float tensor, or nothing.
[[nodiscard]] std::optional<std::uint64_t> first_nonfinite(const TensorView& tensor);

/// Revision of a directory inside a Hugging Face cache (.../snapshots/<hash>), else empty.
[[nodiscard]] std::string model_revision(const std::filesystem::path& directory);

}  // namespace phiscope::extract
