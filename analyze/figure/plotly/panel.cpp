// SPDX-License-Identifier: MIT
#include "figure/plotly/panel.hpp"

#include "figure/plotly/plotly.hpp"

#include <array>
#include <utility>

namespace phiscope::figure {

std::string plotly_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '{':
        result += "&#123;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

std::string plotly_axis(char letter, std::size_t panel) {
  return letter + (panel == 0 ? std::string() : std::to_string(panel + 1));
}

std::string plotly_color(int color) {
  return series_color(color);
}

nlohmann::ordered_json plotly_line(int color, int dash) {
  static const std::array<std::string, 4> patterns = {"solid", "9px,5px", "2px,4px",
                                                      "9px,4px,2px,4px"};
  return {{"color", plotly_color(color)},
          {"width", 2},
          {"dash", patterns[static_cast<std::size_t>(dash) % patterns.size()]}};
}

nlohmann::ordered_json plotly_title(const std::string& text) {
  return {{"text", plotly_text(text)}};
}

nlohmann::ordered_json plotly_number(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json plotly_trace(const Figure& figure, std::size_t index, const char* type,
                                    const char* kind) {
  const std::size_t row = index / figure.columns;
  return {{"type", type},
          {"xaxis", plotly_axis('x', index)},
          {"yaxis", plotly_axis('y', index)},
          {"meta",
           {{"kind", kind},
            {"row", row < figure.row_titles.size() ? figure.row_titles[row] : std::string()},
            {"panel", figure.panels[index].title}}}};
}

void add_empty_note(const Figure& figure, std::size_t index, PlotlyPanel& panel) {
  panel.annotations.push_back({{"text", "no defined value"},
                               {"xref", plotly_axis('x', index) + " domain"},
                               {"yref", plotly_axis('y', index) + " domain"},
                               {"x", 0.5},
                               {"y", 0.6},
                               {"font", {{"color", "#6b6b6b"}}}});
  panel.y_axis["showticklabels"] = false;
  nlohmann::ordered_json trace = plotly_trace(figure, index, "scatter", "empty");
  trace.update({{"x", {nullptr}}, {"y", {nullptr}}, {"hoverinfo", "skip"}, {"showlegend", false}});
  panel.traces.push_back(std::move(trace));
}

std::string hover_heading(const Panel& panel) {
  return panel.title.empty() ? "" : "<b>" + plotly_text(panel.title) + "</b><br>";
}

std::string shared_label(const Figure& figure, std::size_t index, std::string Panel::*label) {
  if (!(figure.panels[index].*label).empty()) return figure.panels[index].*label;
  const bool is_column = label == &Panel::x_label;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const bool is_partner = is_column ? i % figure.columns == index % figure.columns
                                      : i / figure.columns == index / figure.columns;
    if (is_partner && !(figure.panels[i].*label).empty()) return figure.panels[i].*label;
  }
  return is_column ? "x" : "y";
}

}  // namespace phiscope::figure
