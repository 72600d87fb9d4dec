// SPDX-License-Identifier: MIT
#include "figure/report.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace phiscope::figure {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial,
  sans-serif; color: #1c1e21; background: #fff; margin: 0; }
main { max-width: 1180px; margin: 0 auto; padding: 2.2rem 1.6rem 5rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.8rem 0 .8rem; padding-bottom: .3rem;
  border-bottom: 1px solid #d9dce0; }
p, li { max-width: 78ch; }
.subtitle { color: #4a4f57; margin: 0; }
nav { margin: 1rem 0 0; font-size: .92rem; }
nav a { margin-right: 1.1rem; }
a { color: #0b5cad; }
ul.points { padding-left: 1.2rem; }
ul.points li { margin: .45rem 0; }
figure { margin: 1.8rem 0 2.6rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: .9rem; color: #33373d; max-width: 92ch; margin-top: .5rem; }
figcaption p { margin: .25rem 0; max-width: none; }
figcaption .definition, figcaption .source { color: #565c65; }
.missing { border: 1px dashed #9aa0a8; padding: 1rem; color: #4a4f57; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #33373d; padding: .3rem 0 .5rem; max-width: 92ch; }
th, td { padding: .22rem .7rem; text-align: right; white-space: nowrap; }
th { font-weight: 600; border-bottom: 1.5px solid #8d939b; }
td { border-bottom: 1px solid #eceef0; }
th.text, td.text { text-align: left; }
td.undefined { color: #8b6500; }
summary { cursor: pointer; margin: .6rem 0; }
.block { margin: 1.2rem 0 1.8rem; }
code { font-size: .9em; }
@media print { main { max-width: none; padding: 0; } figure { break-inside: avoid; } }
)";

std::string escaped(std::string_view text) {
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
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// Bytes for a URI: everything but letters, digits and "-._~" as %XX (RFC 3986).
std::string percent_encoded(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_plain) {
      result += c;
    } else {
      result += '%';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

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

/// Appends blocks to the page. Another writer of figures takes the place of FigureBlock's case.
class BlockHtml {
 public:
  explicit BlockHtml(std::string& page) : page_(page) {}

  void operator()(const Paragraph& paragraph) {
    page_ += "<p>" + escaped(paragraph.text) + "</p>\n";
  }

  void operator()(const Points& points) {
    page_ += "<ul class=\"points\">\n";
    for (const auto& line : points.lines) page_ += "<li>" + escaped(line) + "</li>\n";
    page_ += "</ul>\n";
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
    check(block.figure);
    const Figure& figure = block.figure;
    page_ += "<figure id=\"" + figure.name + "\">\n";
    page_ += block.svg.empty()
                 ? "<p class=\"missing\">" + escaped(figure.title) +
                       ": not drawn (see the diagnostics); its numbers are in the tables.</p>\n"
                 : inline_svg(block.svg, figure.name);
    page_ += "<figcaption><p>" + escaped(figure.caption) + "</p>\n<p class=\"definition\">" +
             escaped(figure.definition) + "</p>\n<p class=\"source\">" + escaped(figure.source);
    for (const auto& [text, file] : block.downloads) {
      page_ += " \u00b7 <a href=\"" + percent_encoded(file) + "\">" + escaped(text) + "</a>";
    }
    page_ += "</p></figcaption>\n</figure>\n";
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
  std::string& page_;
};

}  // namespace

std::string html_report(const Report& report) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  page += escaped(report.title) + "</title>\n<style>" + std::string(style) +
          "</style>\n</head>\n<body>\n<main>\n<h1>" + escaped(report.title) +
          "</h1>\n<p class=\"subtitle\">" + escaped(report.subtitle) + "</p>\n<nav>";
  for (std::size_t i = 0; i < report.sections.size(); ++i) {
    page += "<a href=\"#" + anchor(i) + "\">" + escaped(report.sections[i].title) + "</a> ";
  }
  page += "</nav>\n";
  for (std::size_t i = 0; i < report.sections.size(); ++i) {
    page +=
        "<section id=\"" + anchor(i) + "\">\n<h2>" + escaped(report.sections[i].title) + "</h2>\n";
    for (const Block& block : report.sections[i].blocks) std::visit(BlockHtml(page), block);
    page += "</section>\n";
  }
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace phiscope::figure
