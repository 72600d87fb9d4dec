// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::extract {

/// Is this how a file begins that Python pickled, by itself or in torch's archive?
[[nodiscard]] bool begins_as_pickle(std::string_view bytes);

/// The first file of a directory, by name, that holds weights as a pickle: by its suffix (.bin,
/// .pt, .pth), or by how it begins where it has none, as Coconut's checkpoint_N.
[[nodiscard]] std::optional<std::filesystem::path> find_pickle(
    const std::filesystem::path& directory);

/// The commands that make model.safetensors of a pickle.
[[nodiscard]] std::string pickle_conversion();

/// "weights as a pickle, which are not read; ...": what to do instead.
[[nodiscard]] std::string pickle_advice();

}  // namespace phiscope::extract
