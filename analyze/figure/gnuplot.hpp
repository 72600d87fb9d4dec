// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace phiscope::figure {

enum class Format { svg, png };

/// gnuplot could not be run or refused its input; what() ends with its own message.
class GnuplotError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The program `gnuplot` in the directories of PATH, or nothing.
[[nodiscard]] std::optional<std::filesystem::path> find_gnuplot();

/// The commands that draw the figure; a function of its arguments alone. PNG has twice the pixels.
/// Texts of the figure reach gnuplot as quoted literals only.
/// @throws std::invalid_argument as check()
[[nodiscard]] std::string gnuplot_script(const Figure& figure, Format format);

/// The picture, as gnuplot draws gnuplot_script(): no shell is involved, gnuplot reads no start-up
/// files, and the bytes depend on the figure and the gnuplot version alone.
/// @throws GnuplotError if gnuplot cannot be started, fails or draws nothing
[[nodiscard]] std::string render(const Figure& figure, Format format,
                                 const std::filesystem::path& gnuplot);

}  // namespace phiscope::figure
