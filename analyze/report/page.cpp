// SPDX-License-Identifier: MIT
#include "report/page.hpp"

#include "figure/plotly/plotly.hpp"
#include "report/page_parts.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace phiscope::report {
namespace {

using figure::Figure;

std::string anchor(std::size_t section) {
  return "section-" + std::to_string(section + 1);
}

/// Puts `prefix` between every `before` and `name` that follow each other.
void insert_prefix(std::string& text, std::string_view before, std::string_view name,
                   std::string_view prefix) {
  std::string wanted(before);
  wanted += name;
  for (std::size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + wanted.size() + prefix.size())) {
    text.insert(at + before.size(), prefix);
  }
}

/// The <svg> element with identifiers of its own, so that several fit into one page.
std::string inline_svg(const std::string& svg, const std::string& name) {
  const std::size_t begin = svg.find("<svg");
  std::string result = begin == std::string::npos ? svg : svg.substr(begin);
  const std::string prefix = name + "-";
  for (const char* const id : {"gp", "gnuplot", "textbox", "greybox"}) {
    for (const char* const before : {"id='", "id=\"", "href='#", "href=\"#", "url(#"}) {
      insert_prefix(result, before, id, prefix);
    }
  }
  return result;
}

bool is_text_column(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
    return std::holds_alternative<std::string>(row[column]);
  });
}

struct CellHtml {
  bool text_column;

  [[nodiscard]] std::string tag() const { return text_column ? R"(<td class="text">)" : "<td>"; }
  std::string operator()(const std::string& text) const { return tag() + escaped(text) + "</td>"; }
  std::string operator()(std::int64_t value) const {
    return tag() + std::to_string(value) + "</td>";
  }
  std::string operator()(double value) const {
    return R"(<td title=")" + number_text(value) + R"(">)" + rounded_text(value, 4) + "</td>";
  }
  std::string operator()(const Undefined& undefined) const {
    return R"(<td class="undefined" title=")" + escaped(undefined.reason) + "\">\u2013</td>";
  }
};

/// A caption's first sentence, which says what is drawn, and what comes after it.
std::pair<std::string, std::string> first_sentence(const std::string& caption) {
  const std::size_t end = caption.find(". ");
  if (end == std::string::npos) return {caption, ""};
  return {caption.substr(0, end + 1), caption.substr(end + 2)};
}

std::string undefined_text(const Figure& figure) {
  const figure::ValueCounts counts = figure::count_values(figure);
  return counts.undefined == 0 ? "All " + std::to_string(counts.all) + " values are defined."
                               : "Undefined: " + std::to_string(counts.undefined) + " of " +
                                     std::to_string(counts.all) + " values.";
}

/// Appends blocks to the page.
class BlockHtml {
 public:
  BlockHtml(std::string& page, bool is_interactive)
      : page_(page), is_interactive_(is_interactive) {}

  void operator()(const Paragraph& paragraph) {
    page_ += "<p>" + escaped(paragraph.text) + "</p>\n";
  }

  void operator()(const Points& points) {
    if (!points.summary.empty()) {
      page_ += "<details><summary>" + escaped(points.summary) + "</summary>\n";
    }
    page_ += "<ul class=\"points\">\n";
    for (const auto& line : points.lines) page_ += "<li>" + escaped(line) + "</li>\n";
    page_ += std::string("</ul>\n") + (points.summary.empty() ? "" : "</details>\n");
  }

  void operator()(const TableBlock& block) {
    const std::string csv = to_csv(block.table);  // checks the table as well
    page_ += "<div class=\"block\">\n";
    if (block.folded) {
      page_ += "<details><summary>" + escaped(block.caption) + "</summary>\n";
    }
    page_ += "<div class=\"scroll\"><table>\n";
    if (!block.folded) page_ += "<caption>" + escaped(block.caption) + "</caption>\n";
    page_ += "<thead><tr>";
    std::vector<bool> is_text;
    for (std::size_t i = 0; i < block.table.columns.size(); ++i) {
      is_text.push_back(is_text_column(block.table, i));
      page_ += std::string(is_text.back() ? "<th class=\"text\">" : "<th>") +
               escaped(block.table.columns[i]) + "</th>";
    }
    page_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : block.table.rows) {
      page_ += "<tr>";
      for (std::size_t i = 0; i < row.size(); ++i)
        page_ += std::visit(CellHtml{is_text[i]}, row[i]);
      page_ += "</tr>\n";
    }
    page_ += "</tbody></table></div>\n";
    if (block.folded) page_ += "</details>\n";
    page_ += "<a download=\"" + escaped(block.file) + "\" href=\"data:text/csv;charset=utf-8," +
             percent_encoded(csv) + "\">Download " + escaped(block.file) + "</a>\n</div>\n";
  }

  void operator()(const FigureBlock& block) {
    figure::check(block.figure);
    const Figure& figure = block.figure;
    page_ += "<figure id=\"" + figure.name + "\" aria-label=\"" + escaped(figure.title) + "\">\n";
    if (block.drawn && is_interactive_) {
      plot(figure);
    } else if (block.drawn && !block.svg.empty()) {
      page_ += inline_svg(block.svg, figure.name);
    } else {
      page_ += "<p class=\"missing\">" + escaped(figure.title) +
               ": not drawn (see the diagnostics); its numbers are in the tables.</p>\n";
    }
    page_ += "<figcaption>";
    const auto [first, rest] = first_sentence(figure.caption);
    part("", "", first);
    const std::string undefined = "<p>" + undefined_text(figure) + "</p>\n";
    const bool is_whole = figure::count_values(figure).undefined == 0;
    if (!is_whole) page_ += undefined;
    page_ += "<details><summary>About this figure</summary>\n";
    part("", "", rest);
    part(" class=\"definition\"", "Definition: ", figure.definition);
    part(" class=\"source\"", "Source: ", figure.source);
    page_ += (is_whole ? undefined : "") + "<p>";
    if (block.drawn && is_interactive_) {
      page_ += R"(<button type="button" class="csv" data-figure="plot-)" + figure.name +
               "\">CSV of the values drawn</button> ";
    }
    for (const auto& [text, file] : block.downloads) {
      page_ += "<a href=\"" + percent_encoded(file) + "\">" + escaped(text) + "</a> ";
    }
    page_ += "</p></details></figcaption>\n</figure>\n";
  }

  void operator()(const Downloads& downloads) {
    page_ += "<ul>\n";
    for (const auto& [file, about] : downloads.files) {
      page_ += "<li><a href=\"" + percent_encoded(file) + "\">" + escaped(file) +
               "</a>: " + escaped(about) + "</li>\n";
    }
    page_ += "</ul>\n";
  }

 private:
  /// A paragraph of a caption, unless it is empty.
  void part(const std::string& attributes, const std::string& name, const std::string& text) {
    if (!text.empty()) page_ += "<p" + attributes + ">" + name + escaped(text) + "</p>\n";
  }

  /// A place for the page's script to draw in, no narrower than its labels allow.
  void plot(const Figure& figure) {
    const figure::PlotlyFigure made = figure::plotly_figure(figure);
    const auto pixels = [](double size) { return std::to_string(std::lround(size)) + "px"; };
    page_ += R"(<div class="scroll"><p class="narrow-title">)" + escaped(figure.title) +
             R"(</p><div class="plot" id="plot-)" + figure.name + R"(" data-name=")" + figure.name +
             R"(" role="group" aria-label=")" + escaped(figure.title + ". " + figure.caption) +
             R"(" style="height:)" + pixels(made.height) +
             ";min-width:" + pixels(made.least_width) + ";max-width:" + pixels(1.3 * made.width) +
             R"(" data-min-width=")" + pixels(made.least_width) +
             R"("><noscript><p class="missing">)" + escaped(figure.title) +
             ": drawn by a script, and scripts are switched off. Its numbers are in the tables."
             "</p></noscript></div></div>\n<script type=\"application/json\" id=\"data-plot-" +
             figure.name + "\">" + made.json + "</script>\n";
  }

  std::string& page_;
  bool is_interactive_;
};

/// Blocks one after another; figures that share a place are tabs of it, each after a radio button
/// and its label, so that a page without scripts has them too.
void add_blocks(std::string& html, const PageSection& section, bool is_interactive) {
  const auto tabs_of = [&section](std::size_t i) -> std::string_view {
    const auto* const block =
        i < section.blocks.size() ? std::get_if<FigureBlock>(&section.blocks[i]) : nullptr;
    return block == nullptr ? std::string_view() : std::string_view(block->figure.tabs);
  };
  for (std::size_t i = 0; i < section.blocks.size(); ++i) {
    const std::string_view tabs = tabs_of(i);
    const bool is_after = i > 0 && tabs_of(i - 1) == tabs;
    const bool is_tab = !tabs.empty() && (is_after || tabs_of(i + 1) == tabs);
    if (is_tab && !is_after) html += "<div class=\"tabs\">\n";
    if (is_tab) {
      const Figure& figure = std::get<FigureBlock>(section.blocks[i]).figure;
      const std::string id = "tab-" + figure.name;
      html += R"(<input type="radio" name="tabs-)" + escaped(figure.tabs) + R"(" id=")" + id + '"';
      html += is_after ? "" : " checked";
      html += "><label for=\"" + id + "\">" + escaped(figure.tab) + "</label>\n";
    }
    std::visit(BlockHtml(html, is_interactive), section.blocks[i]);
    if (is_tab && tabs_of(i + 1) != tabs) html += "</div>\n";
  }
}

bool is_drawn(const Block& block) {
  const auto* const figure = std::get_if<FigureBlock>(&block);
  return figure != nullptr && figure->drawn;
}

constexpr const char* facts_title = "Program, model and options";

std::string section_begin(const std::string& id, const std::string& title, bool folded) {
  const std::string heading = "<h2>" + escaped(title) + "</h2>";
  return "<section id=\"" + id + "\">\n" +
         (folded ? "<details><summary>" + heading + "</summary>\n" : heading + "\n");
}

std::string section_end(bool folded) {
  return std::string(folded ? "</details>\n" : "") + "</section>\n";
}

/// Links to all sections; beside the text where the window is wide.
std::string contents(const Page& page) {
  std::string html = "<nav aria-label=\"Contents\">\n";
  for (std::size_t i = 0; i < page.sections.size(); ++i) {
    html += "<a href=\"#" + anchor(i) + "\">" + escaped(page.sections[i].title) + "</a>\n";
  }
  if (!page.facts.empty()) html += "<a href=\"#facts\">" + std::string(facts_title) + "</a>\n";
  return html + "</nav>\n";
}

std::string leads_html(const std::vector<Lead>& leads) {
  std::string html;
  for (const Lead& lead : leads) {
    html += "<p class=\"lead\">";
    if (!lead.verdict.empty()) {
      std::string badge = lead.verdict;
      std::replace(badge.begin(), badge.end(), '_', ' ');
      html += "<strong class=\"verdict " + lead.verdict + "\">" + badge + "</strong> ";
    }
    html += escaped(lead.text) + "</p>\n";
  }
  return html;
}

std::string alerts_html(const std::vector<std::string>& alerts) {
  if (alerts.empty()) return "";
  std::string html = "<ul class=\"alerts\" aria-label=\"Warnings\">\n";
  for (const std::string& alert : alerts) {
    html +=
        "<li><span class=\"icon\" aria-hidden=\"true\">\u26a0</span> " + escaped(alert) + "</li>\n";
  }
  return html + "</ul>\n";
}

/// The browser itself refuses to fetch anything for this page.
std::string security_policy(bool is_interactive) {
  return std::string(
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
             "form-action 'none'") +
         (is_interactive ? "; script-src 'unsafe-inline'" : "") + "\">\n";
}

}  // namespace

std::string html_page(const Page& page, std::string_view plotly) {
  const bool is_interactive =
      !plotly.empty() &&
      ((page.key && page.key->drawn) ||
       std::any_of(page.sections.begin(), page.sections.end(), [](const PageSection& section) {
         return std::any_of(section.blocks.begin(), section.blocks.end(), is_drawn);
       }));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += security_policy(is_interactive) + "<title>" + escaped(page.title) + "</title>\n<style>" +
          std::string(page_style()) + "</style>\n</head>\n<body>\n";
  html += contents(page);
  html += "<main>\n<header>\n<h1>" + escaped(page.title) + "</h1>\n<p class=\"subtitle\">" +
          escaped(page.subtitle) + "</p>\n";
  html += leads_html(page.leads) + alerts_html(page.alerts) + "</header>\n";
  if (page.key) BlockHtml(html, is_interactive)(*page.key);
  for (std::size_t i = 0; i < page.sections.size(); ++i) {
    const PageSection& section = page.sections[i];
    html += section_begin(anchor(i), section.title, section.folded);
    add_blocks(html, section, is_interactive);
    html += section_end(section.folded);
  }
  if (!page.facts.empty()) {
    html += section_begin("facts", facts_title, true) + "<dl class=\"facts\">\n";
    for (const auto& [name, value] : page.facts) {
      html += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
    }
    html += "</dl>\n" + section_end(true);
  }
  if (is_interactive) {
    html +=
        "<footer>Figures: Plotly.js, MIT licence; its notice precedes its code in this "
        "page.</footer>\n";
  }
  html += "</main>\n";
  if (is_interactive) {
    html += "<script>";
    html += plotly;
    html += "</script>\n<script>" + std::string(page_script()) + "</script>\n";
  }
  return html + "</body>\n</html>\n";
}

}  // namespace phiscope::report
