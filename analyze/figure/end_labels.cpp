// SPDX-License-Identifier: MIT
#include "figure/end_labels.hpp"

#include "figure/layout.hpp"
#include "figure/scale.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace phiscope::figure {
namespace {

constexpr double gap = 12.0;      // between the middles of two labels
constexpr double longest = 96.0;  // a label must not be wider

/// A value's height in a panel, in pixels, and back.
class Heights {
 public:
  explicit Heights(const Lines& lines) : range_(y_range(lines)), is_log_(lines.log_y) {}

  [[nodiscard]] double of(double value) const {
    return lines_height * (scaled(value) - scaled(range_.low)) /
           (scaled(range_.high) - scaled(range_.low));
  }
  [[nodiscard]] double value_at(double height) const {
    const double share = height / lines_height;
    const double at = scaled(range_.low) + share * (scaled(range_.high) - scaled(range_.low));
    return is_log_ ? std::exp(at) : at;
  }

 private:
  [[nodiscard]] double scaled(double value) const { return is_log_ ? std::log(value) : value; }

  Range range_;
  bool is_log_;
};

std::optional<double> last_value(const Lines& lines, const Series& series) {
  for (std::size_t i = series.y.size(); i-- > 0;) {
    if (drawable(lines, series.y[i])) return series.y[i];
  }
  return std::nullopt;
}

const LegendEntry* entry_of(const Figure& figure, const Series& series) {
  const auto found = std::ranges::find_if(figure.legend, [&](const LegendEntry& entry) {
    return entry.color == series.color && entry.dash == series.dash;
  });
  return found == figure.legend.end() ? nullptr : &*found;
}

/// Ascending heights moved as little as possible (least squares) to be `gap` apart: less i gaps
/// each, they must not fall, so neighbours that would are set to their mean.
std::vector<double> spread(const std::vector<double>& heights) {
  struct Block {
    double sum = 0.0;
    std::size_t count = 0;
    [[nodiscard]] double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    Block block{heights[i] - gap * static_cast<double>(i), 1};
    while (!blocks.empty() && blocks.back().mean() >= block.mean()) {
      block = {block.sum + blocks.back().sum, block.count + blocks.back().count};
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  const double highest = lines_height - gap * static_cast<double>(heights.size() - 1);
  std::vector<double> result;
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < block.count; ++i) {
      const double below = gap * static_cast<double>(result.size());
      result.push_back(std::clamp(block.mean(), 0.0, highest) + below);
    }
  }
  return result;
}

}  // namespace

std::vector<EndLabel> end_labels(const Figure& figure, const Lines& lines) {
  const Heights heights(lines);
  std::vector<EndLabel> labels;
  for (std::size_t i = 0; i < lines.series.size(); ++i) {
    const Series& series = lines.series[i];
    const auto last = last_value(lines, series);
    const LegendEntry* const entry = entry_of(figure, series);
    if (series.scattered || !last || entry == nullptr) continue;
    labels.push_back(
        {.series = i, .x = x_range(lines).high, .y = heights.of(*last), .text = entry->text});
  }
  const auto is_long = [](const EndLabel& label) {
    return text_width(label.text, end_label_size) > longest;
  };
  if (labels.size() < 2 || gap * static_cast<double>(labels.size()) > lines_height ||
      std::ranges::any_of(labels, is_long)) {
    return {};
  }
  std::ranges::stable_sort(labels, {}, &EndLabel::y);
  std::vector<double> wanted;
  wanted.reserve(labels.size());
  for (const EndLabel& label : labels) wanted.push_back(label.y);
  const std::vector<double> placed = spread(wanted);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i].y = heights.value_at(placed[i]);
  return labels;
}

}  // namespace phiscope::figure
