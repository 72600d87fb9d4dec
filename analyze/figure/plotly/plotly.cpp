// SPDX-License-Identifier: MIT
#include "figure/plotly/plotly.hpp"

#include "figure/layout.hpp"
#include "figure/plotly/panel.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace phiscope::figure {
namespace {

using Json = nlohmann::ordered_json;

constexpr double legend_line = 20.0;
constexpr double legend_font = 12.0;

/// Lines that Plotly's horizontal legend takes: one if all entries fit, else columns of one width.
double legend_lines(const Figure& figure, double width) {
  double all = 0.0;
  double widest = 0.0;
  for (const LegendEntry& entry : figure.legend) {
    const double own = legend_key_width + text_width(entry.text, legend_font) + 16.0;
    all += own;
    widest = std::max(widest, own);
  }
  if (figure.legend.empty() || all <= width) return figure.legend.empty() ? 0.0 : 1.0;
  return std::ceil(static_cast<double>(figure.legend.size()) /
                   std::max(1.0, std::floor(width / widest)));
}

/// The layout with room for Plotly's legend below the panels.
Layout with_legend_room(const Figure& figure) {
  Layout sizes = layout(figure);
  double foot = sizes.height;
  for (const PanelBox& box : sizes.panels) foot = std::min(foot, box.bottom);
  const double lines_there =
      sizes.legend.empty() ? 0.0
                           : sizes.legend.front().middle - sizes.legend.back().middle + legend_line;
  const double more = legend_lines(figure, 0.8 * sizes.width) * legend_line - lines_there;
  if (more <= 0.0) return sizes;
  sizes.height += more;
  sizes.title_middle += more;
  for (PanelBox& box : sizes.panels) box.bottom += more;
  for (double& middle : sizes.row_titles) middle += more;
  return sizes;
}

Json row_title(const std::string& text, double x, double y) {
  return {{"text", "<b>" + plotly_text(text) + "</b>"},
          {"x", x},
          {"xanchor", "left"},
          {"y", y},
          {"yanchor", "middle"}};
}

/// Centred over its panel; one that would leave the sheet on its left begins at the edge.
Json panel_title(const std::string& text, double x, double y, double width) {
  constexpr double size = 13.0;
  const bool is_cut = x * width < 0.5 * text_width(text, size);
  return {{"text", plotly_text(text)},
          {"font", {{"size", size}}},
          {"x", is_cut ? 0.0 : x},
          {"xanchor", is_cut ? "left" : "center"},
          {"y", y},
          {"yanchor", "bottom"},
          {"yshift", 2}};
}

/// Lines of the legend: traces without points.
Json legend_key(const LegendEntry& entry) {
  return {{"type", "scatter"},
          {"mode", "lines"},
          {"x", {nullptr}},
          {"y", {nullptr}},
          {"name", plotly_text(entry.text)},
          {"line", plotly_line(entry.color, entry.dash)},
          {"hoverinfo", "skip"},
          {"meta", {{"kind", "key"}, {"color", entry.color}, {"dash", entry.dash}}}};
}

/// Panels that show the same cells or the same axis are zoomed together.
class Partners {
 public:
  void join(Json& axis, char letter, std::size_t panel, const std::string& key) {
    const auto [first, is_new] = first_.try_emplace(letter + key, panel);
    if (!is_new) axis["matches"] = plotly_axis(letter, first->second);
  }

 private:
  std::map<std::string, std::size_t> first_;
};

std::string as_script_text(const Json& json) {
  const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

/// What axes and annotations have in common, stored once.
Json defaults() {
  const Json axis = {
      {"zeroline", false},         {"showline", true},
      {"linecolor", "#444444"},    {"gridcolor", "#e6e6e6"},
      {"ticks", "outside"},        {"ticklen", 4},
      {"tickcolor", "#444444"},    {"tickfont", {{"size", 11}}},
      {"exponentformat", "power"}, {"title", {{"font", {{"size", 12}}}, {"standoff", 3}}}};
  return {
      {"layout",
       {{"xaxis", axis},
        {"yaxis", axis},
        {"annotationdefaults",
         {{"showarrow", false}, {"xref", "paper"}, {"yref", "paper"}, {"font", {{"size", 12}}}}}}}};
}

Json frame(const Figure& figure, const Layout& sizes) {
  const std::string fonts =
      "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Liberation Sans\", \"DejaVu Sans\", "
      "Arial, "
      "sans-serif";
  Json result = {{"template", defaults()},
                 {"autosize", true},
                 {"height", sizes.height},
                 {"margin", {{"l", 0}, {"r", 0}, {"t", 0}, {"b", 0}, {"autoexpand", false}}},
                 {"paper_bgcolor", "#ffffff"},
                 {"plot_bgcolor", "#ffffff"},
                 {"font", {{"family", fonts}, {"size", 12}, {"color", "#1c1e21"}}},
                 {"hovermode", "closest"},
                 {"hoverlabel",
                  {{"align", "left"},
                   {"bgcolor", "#ffffff"},
                   {"font", {{"color", "#1c1e21"}, {"family", fonts}}}}},
                 {"dragmode", "zoom"},
                 {"showlegend", !figure.legend.empty()},
                 {"legend",
                  {{"orientation", "h"},
                   {"x", sizes.title_left / sizes.width},
                   {"xanchor", "left"},
                   {"y", 4.0 / sizes.height},
                   {"yanchor", "bottom"},
                   {"font", {{"size", legend_font}}}}},
                 {"annotations", Json::array()},
                 {"shapes", Json::array()}};
  if (!figure.title.empty()) {
    result["title"] = {{"text", "<b>" + plotly_text(figure.title) + "</b>"},
                       {"font", {{"size", 15}}},
                       {"x", sizes.title_left / sizes.width},
                       {"xanchor", "left"},
                       {"y", sizes.title_middle / sizes.height},
                       {"yanchor", "middle"}};
  }
  for (std::size_t i = 0; i < figure.row_titles.size(); ++i) {
    result["annotations"].push_back(row_title(figure.row_titles[i], sizes.title_left / sizes.width,
                                              sizes.row_titles[i] / sizes.height));
  }
  return result;
}

/// The figure on its sheet: traces and layout.
struct Composed {
  Json data = Json::array();
  Json layout;
  double width = 0.0;
  double height = 0.0;
};

Composed composed(const Figure& figure) {
  const Layout sizes = with_legend_room(figure);
  Composed result{.layout = frame(figure, sizes), .width = sizes.width, .height = sizes.height};
  Json& data = result.data;
  Json& layout = result.layout;
  Partners partners;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const PanelBox& box = sizes.panels[i];
    const double left = box.left / sizes.width;
    const double right = (box.left + box.width) / sizes.width;
    const double bottom = box.bottom / sizes.height;
    const double top = (box.bottom + box.height) / sizes.height;
    PlotlyPanel panel =
        std::visit([&](const auto& content) { return plotly_panel(figure, i, content); },
                   figure.panels[i].content);
    panel.x_axis.update({{"anchor", plotly_axis('y', i)}, {"domain", {left, right}}});
    panel.y_axis.update({{"anchor", plotly_axis('x', i)}, {"domain", {bottom, top}}});
    partners.join(panel.x_axis, 'x', i, panel.x_key);
    if (!panel.y_key.empty()) partners.join(panel.y_axis, 'y', i, panel.y_key);
    if (panel.has_color_bar) {
      panel.traces.front()["colorbar"].update(
          {{"x", right + color_bar_gap / sizes.width}, {"y", bottom}, {"len", top - bottom}});
    }
    for (auto& trace : panel.traces) data.push_back(std::move(trace));
    for (auto& shape : panel.shapes) layout["shapes"].push_back(std::move(shape));
    for (auto& note : panel.annotations) layout["annotations"].push_back(std::move(note));
    if (!figure.panels[i].title.empty()) {
      layout["annotations"].push_back(
          panel_title(figure.panels[i].title, 0.5 * (left + right), top, sizes.width));
    }
    if (std::holds_alternative<Bars>(figure.panels[i].content) ||
        std::holds_alternative<Histogram>(figure.panels[i].content)) {
      layout["barmode"] = "overlay";  // each bar has its place already
    }
    const std::string number = i == 0 ? "" : std::to_string(i + 1);
    layout["xaxis" + number] = std::move(panel.x_axis);
    layout["yaxis" + number] = std::move(panel.y_axis);
  }
  for (const LegendEntry& entry : figure.legend) data.push_back(legend_key(entry));
  return result;
}

constexpr double phone_width = 358.0;  // what a page leaves of a window of 390 pixels

/// Curves become narrower until the figure fits a phone, unless something else is wider than that.
void fit_to_phone(Figure& figure) {
  const double usual = figure.lines_width;
  const double too_wide = layout(figure).width - phone_width;
  if (too_wide <= 0.0) return;
  figure.lines_width -= too_wide;
  if (layout(figure).width > phone_width) figure.lines_width = usual;
}

/// The same panels below one another; titles of rows become part of theirs, and a panel without a
/// title has that of its column.
Figure stacked(const Figure& figure) {
  Figure result = figure;
  result.title.clear();  // the page shows it, where it may take several lines
  result.row_titles.clear();
  result.columns = 1;
  // shared_label() names an axis that nobody labels as well.
  const auto label = [&figure](std::size_t i, std::string Panel::*which) {
    const std::string found = shared_label(figure, i, which);
    const bool is_named = std::ranges::any_of(
        figure.panels, [&](const Panel& panel) { return panel.*which == found; });
    return is_named ? found : std::string();
  };
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    Panel& panel = result.panels[i];
    panel.x_label = label(i, &Panel::x_label);
    panel.y_label = label(i, &Panel::y_label);
    if (auto* const map = std::get_if<Heatmap>(&panel.content)) map->draw_y_labels = true;
    if (panel.title.empty()) panel.title = figure.panels[i % figure.columns].title;
    const std::size_t row = i / figure.columns;
    if (row >= figure.row_titles.size()) continue;
    panel.title = figure.row_titles[row] + (panel.title.empty() ? "" : ": ") + panel.title;
  }
  fit_to_phone(result);
  return result;
}

/// What differs where the window is too narrow for the columns of the figure.
Json narrow_part(const Figure& figure) {
  Composed made = composed(stacked(figure));
  made.layout.erase("template");
  made.layout.erase("shapes");  // these name axes, not places
  Json bars = Json::array();
  for (std::size_t i = 0; i < made.data.size(); ++i) {
    if (made.data[i].contains("colorbar")) bars.push_back({i, made.data[i]["colorbar"]});
  }
  return {{"width", made.width},
          {"height", made.height},
          {"layout", std::move(made.layout)},
          {"colorbars", std::move(bars)}};
}

}  // namespace

PlotlyFigure plotly_figure(const Figure& figure) {
  check(figure);
  Composed made = composed(figure);
  Json json = {{"data", std::move(made.data)}, {"layout", std::move(made.layout)}};
  const double least_width = 0.85 * made.width;
  const bool has_columns = std::min(figure.columns, figure.panels.size()) > 1;
  if (has_columns || least_width > phone_width) json["narrow"] = narrow_part(figure);
  return {.json = as_script_text(json),
          .width = made.width,
          .least_width = least_width,
          .height = made.height};
}

}  // namespace phiscope::figure
