// SPDX-License-Identifier: MIT
#include "all/overview.hpp"

#include "report/page_parts.hpp"
#include "shard/text/json_file.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <filesystem>

namespace phiscope::analyze::all {
namespace {

using report::escaped;

std::string lead_html(const Finding& finding) {
  std::string badge = finding.verdict;
  std::ranges::replace(badge, '_', ' ');
  return R"(<p class="lead"><strong class="verdict )" + escaped(finding.verdict) + "\">" +
         escaped(badge) + "</strong> " + escaped(finding.text) + "</p>\n";
}

std::string section_html(const Summary& summary) {
  const std::string address = report::percent_encoded(summary.folder) + "/";
  const std::string page = address + "report.html";
  std::string html = "<section id=\"" + escaped(summary.folder) + "\">\n<h2>";
  html += summary.failure.empty() ? "<a href=\"" + page + "\">" + escaped(summary.title) + "</a>"
                                  : escaped(summary.title);
  html += "</h2>\n<p class=\"subtitle\">" + escaped(summary.runs) + "</p>\n";
  if (!summary.failure.empty()) {
    return html + "<p class=\"missing\">No report: " + escaped(summary.failure) +
           "</p>\n</section>\n";
  }
  for (const Finding& lead : summary.leads) html += lead_html(lead);
  if (!summary.warnings.empty()) {
    html += "<ul class=\"alerts\" aria-label=\"Warnings\">\n";
    for (const std::string& warning : summary.warnings) {
      html += "<li><span class=\"icon\" aria-hidden=\"true\">\u26a0</span> " + escaped(warning) +
              "</li>\n";
    }
    html += "</ul>\n";
  }
  if (!summary.picture.empty()) {
    html += "<figure><a href=\"" + page + "\"><img src=\"" + address +
            report::percent_encoded(summary.picture) + "\" alt=\"Key figure of " +
            escaped(summary.title) + "\" style=\"max-width:100%;background:#fff\"></a></figure>\n";
  }
  return html + "<p><a href=\"" + page + "\">The whole report</a></p>\n</section>\n";
}

/// The finding that holds the claim's sentence; the claim itself if none does.
std::string sentence_of(const std::string& claim, const std::vector<std::string>& findings) {
  const auto holds = [&claim](const std::string& text) {
    return text.find(claim) != std::string::npos;
  };
  const auto found = std::ranges::find_if(findings, holds);
  return found == findings.end() ? claim : *found;
}

}  // namespace

Summary summary_of(std::string_view line) {
  const std::filesystem::path name = "standard output of an analysis";
  const nlohmann::ordered_json told = shard::parse_ordered_json(line, name);
  const shard::JsonObject object(told, "", name);
  const std::vector<std::string> findings = object.texts("findings");
  Summary summary;
  for (const shard::JsonObject& claim : object.objects("claims")) {
    if (claim.text("role") == "exploratory") continue;
    summary.leads.push_back(
        {.verdict = claim.text("verdict"), .text = sentence_of(claim.text("claim"), findings)});
  }
  summary.warnings = object.texts("warnings");
  summary.picture = object.text("key_figure");
  return summary;
}

std::string overview_page(const std::vector<Summary>& summaries) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src 'self' file:; base-uri 'none'; form-action 'none'\">\n"
      "<title>Phiscope: all experiments</title>\n<style>" +
      std::string(report::page_style()) +
      "</style>\n</head>\n<body>\n<nav aria-label=\"Contents\">\n";
  for (const Summary& summary : summaries) {
    html += "<a href=\"#" + escaped(summary.folder) + "\">" + escaped(summary.folder) + "</a>\n";
  }
  html += "</nav>\n<main>\n<header>\n<h1>All experiments</h1>\n</header>\n";
  for (const Summary& summary : summaries) html += section_html(summary);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace phiscope::analyze::all
