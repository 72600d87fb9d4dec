// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/npy.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::shard {

/// {"shape":[..],"dtype":"<f4","sha256_le_c_order":".."}: the array whatever its order in the file.
[[nodiscard]] nlohmann::ordered_json describe(const NpyArray& array);

}  // namespace phiscope::shard
