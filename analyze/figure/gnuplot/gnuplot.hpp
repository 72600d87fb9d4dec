// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

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

/// A picture that is wanted.
struct Picture {
  const Figure* figure = nullptr;
  Format format = Format::svg;
};

/// A picture, or why there is none.
struct Rendered {
  std::string bytes = {};
  std::string problem = {};  ///< empty for a picture
  bool hangs = false;        ///< gnuplot did not end: there is no use in asking it again
};

/// How long gnuplot may take for one picture.
inline constexpr std::chrono::milliseconds picture_limit = std::chrono::minutes(1);

/// The pictures, as one gnuplot process after another draws their gnuplot_script(), neighbouring
/// PNG together. A picture that fails costs itself; the first that takes longer than `limit` ends
/// the work. No shell is involved, gnuplot reads no start-up files, and the bytes of a picture
/// depend on its figure and the gnuplot version alone.
/// @return  [picture]
[[nodiscard]] std::vector<Rendered> render(std::span<const Picture> pictures,
                                           const std::filesystem::path& gnuplot,
                                           std::chrono::milliseconds limit = picture_limit);

/// The same for one picture. @throws GnuplotError with its problem
[[nodiscard]] std::string render(const Figure& figure, Format format,
                                 const std::filesystem::path& gnuplot);

}  // namespace phiscope::figure
