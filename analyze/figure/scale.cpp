// SPDX-License-Identifier: MIT
#include "figure/scale.hpp"

#include "figure/layout.hpp"
#include "figure/table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace phiscope::figure {
namespace {

/// The least 1, 2 or 5 times a power of ten that is at least `size`. @pre size > 0
double round_step(double size) {
  const double decade = std::pow(10.0, std::floor(std::log10(size)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * decade >= size) return digit * decade;
  }
  return 10.0 * decade;
}

}  // namespace

const std::vector<std::string>& color_stops(Colormap map) {
  static const std::vector<std::string> diverging = {"#2166ac", "#4393c3", "#92c5de",
                                                     "#d1e5f0", "#f7f7f7", "#fddbc7",
                                                     "#f4a582", "#d6604d", "#b2182b"};
  static const std::vector<std::string> sequential = {"#440154", "#482878", "#3e4989", "#31688e",
                                                      "#26828e", "#1f9e89", "#35b779", "#6ece58",
                                                      "#b5de2b", "#fde725"};
  return map == Colormap::diverging ? diverging : sequential;
}

double map_limit(const Heatmap& map) {
  const double limit = map.limit ? *map.limit : largest_magnitude({&map});
  return limit > 0.0 ? limit : 1.0;
}

double shade(const Heatmap& map, double value) {
  const double share = value / map_limit(map);
  if (!map.is_log) return share;
  return std::copysign(std::log1p(100.0 * std::abs(share)) / std::log(101.0), value);
}

std::vector<double> log_color_ticks(double limit) {
  const double unit = std::pow(10.0, std::floor(std::log10(limit)) - 1.0);
  const double end = std::floor(limit / unit) * unit;
  return {-end, -0.1 * end, 0.0, 0.1 * end, end};
}

double color_bar_step(double limit) {
  return round_step(limit / 2.5);
}

std::string cell_text(double value, double limit) {
  if (value == 0.0) return "0";
  if (limit >= 1e4 || limit < 1e-3) return rounded_text(value, 2);
  const int decimals = std::max(0, 2 - static_cast<int>(std::floor(std::log10(limit))));
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  const std::string result(text.data(), end);
  const bool is_zero = result.find_first_not_of("-0.") == std::string::npos;
  return is_zero && value < 0.0 ? result.substr(1) : result;
}

std::string cell_label(const Heatmap& map, std::size_t cell) {
  std::string label = shows_numbers(map) ? cell_text(*map.values[cell], map_limit(map)) : "";
  if (!map.marked.empty() && map.marked[cell]) label += '*';
  return label;
}

bool is_dark_cell(const Heatmap& map, double value) {
  const double at = shade(map, value);
  return map.map == Colormap::diverging ? std::abs(at) > 0.62 : at < 0.55;
}

bool drawable(const Lines& lines, const std::optional<double>& value) {
  return value && (!lines.log_y || *value > 0.0);
}

Range x_range(const Lines& lines) {
  double low = 0.0;
  double high = 0.0;
  bool any = false;
  for (const Series& series : lines.series) {
    for (const double x : series.x) {
      low = any ? std::min(low, x) : x;
      high = any ? std::max(high, x) : x;
      any = true;
    }
  }
  const double pad = high > low ? 0.03 * (high - low) : 0.5;
  return {low - pad, high + pad};
}

Range y_range(const Lines& lines) {
  std::vector<double> all;
  if (lines.reference && drawable(lines, lines.reference)) all.push_back(*lines.reference);
  for (const Series& series : lines.series) {
    for (const auto* values : {&series.y, &series.low, &series.high}) {
      for (const auto& value : *values) {
        if (drawable(lines, value)) all.push_back(*value);
      }
    }
  }
  for (const double value : lines.y_include) {
    if (drawable(lines, value)) all.push_back(value);
  }
  if (all.empty()) all = {lines.log_y ? 0.1 : 0.0, 1.0};
  const double low = *std::min_element(all.begin(), all.end());
  const double high = *std::max_element(all.begin(), all.end());
  if (lines.log_y) return {low / 1.15, high * 1.15};
  const double pad = high > low ? 0.06 * (high - low) : std::max(0.05 * std::abs(high), 1e-3);
  return {low - pad, high + pad};
}

std::vector<double> log_ticks(Range range) {
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::floor(std::log10(range.high)));
  const int step = std::max(1, (last - first) / 6);
  std::vector<double> ticks;
  for (int decade = first; decade <= last; decade += step) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10.0, decade);
      if (tick < range.low || tick > range.high || (digit > 1.0 && last - first > 3)) continue;
      ticks.push_back(tick);
    }
  }
  if (ticks.size() > 1) return ticks;
  ticks.clear();  // a short stretch of the axis: as on a linear one
  const double distance = round_step((range.high - range.low) / 4.0);
  for (double i = std::ceil(range.low / distance); i * distance <= range.high; ++i) {
    ticks.push_back(i * distance);
  }
  return ticks;
}

std::string tick_text(double tick) {
  std::string text = rounded_text(tick, 3);
  if (text.find('e') != std::string::npos) return rounded_text(tick, 1);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace phiscope::figure
