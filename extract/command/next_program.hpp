// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace phiscope::extract {

/// Says which analyze program reads a run directory that is complete; nothing of one that no
/// program is made for.
void say_next(const std::string& experiment, const std::filesystem::path& out);

}  // namespace phiscope::extract
