// SPDX-License-Identifier: MIT
#include "report/write.hpp"

#include "figure/plotly/bundle.hpp"
#include "report/new_folder.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <stdexcept>

namespace phiscope::report {
namespace {

/// Tables and numbers, before any picture is drawn.
void write_numbers(const Part& part, const std::string& prefix, NewFolder& folder) {
  for (const OutputFile& file : table_files(all_tables(part.analysis))) {
    folder.write(prefix + file.name, file.bytes);
  }
  for (const OutputFile& file : part.analysis.files) folder.write(prefix + file.name, file.bytes);
  folder.write(prefix + "summary.txt", summary_text(part.analysis));
  for (const NamedArray& array : part.analysis.arrays) {
    folder.write(prefix + array.file, array.values, array.shape);
  }
}

nlohmann::ordered_json number_or_null(const Value& value) {
  return value.ok() ? nlohmann::ordered_json(value.value()) : nlohmann::ordered_json();
}

}  // namespace

Written write(std::span<const Part> parts, const std::filesystem::path& directory,
              Pictures pictures, std::size_t threads) {
  Written written;
  NewFolder folder(directory);
  const auto prefix_of = [](const Part& part) {
    return part.folder.empty() ? std::string() : part.folder + "/";
  };
  for (const Part& part : parts) write_numbers(part, prefix_of(part), folder);
  for (const Part& part : parts) {
    const DrawnFigures drawn = draw_figures(part.analysis.figures, pictures, threads);
    for (const std::string& note : drawn.notes) {
      if (std::find(written.notes.begin(), written.notes.end(), note) == written.notes.end()) {
        written.notes.push_back(note);
      }
    }
    for (const OutputFile& file : drawn.files) {
      folder.write(prefix_of(part) + file.name, file.bytes);
    }
    folder.write(prefix_of(part) + "report.html",
                 html_page(page(part.analysis, drawn), figure::plotly_bundle()));
    if (!part.folder.empty()) continue;
    written.findings = told(part.analysis);
    written.claims = judge(part.analysis.claims);
    written.warnings = all_warnings(part.analysis);
    written.key_figure = key_figure(part.analysis) + ".svg";
  }
  written.files = folder.commit();
  if (std::ranges::count(written.files, written.key_figure) == 0) written.key_figure.clear();
  return written;
}

shard::ReadOptions prepare(const program::CommonOptions& options) {
  if (options.png && options.no_figures) {
    throw std::runtime_error("--png: found --no-figures beside it, expected one of them");
  }
  expect_report_folder(options.out);
  return {.allow_partial = options.allow_partial, .verify = !options.no_verify};
}

std::string write_and_tell(std::span<const Part> parts, const program::CommonOptions& options) {
  const Pictures pictures = options.no_figures ? Pictures::none
                            : options.png      ? Pictures::svg_and_png
                                               : Pictures::svg;
  const Written written = write(parts, options.out, pictures, options.threads);
  const std::string& name = parts.front().analysis.program;
  for (const std::string& line : written.warnings) program::say(name, "warning: " + line);
  for (const std::string& line : written.notes) program::say(name, line);
  return result_line(written, options.out);
}

std::string result_line(const Written& written, const std::filesystem::path& directory) {
  nlohmann::ordered_json claims = nlohmann::ordered_json::array();
  for (const Judged& judged : written.claims) {
    claims.push_back({{"claim", judged.claim.about},
                      {"role", role_name(judged.claim.role)},
                      {"verdict", verdict_name(judged.verdict)},
                      {"p_value", number_or_null(judged.claim.p)},
                      {"p_corrected", number_or_null(judged.p)},
                      {"least_p", judged.least_p}});
  }
  const nlohmann::ordered_json line = {{"out", shard::path_text(directory)},
                                       {"report", shard::path_text(directory / "report.html")},
                                       {"files", written.files},
                                       {"key_figure", written.key_figure},
                                       {"claims", std::move(claims)},
                                       {"findings", written.findings},
                                       {"warnings", written.warnings}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace phiscope::report
