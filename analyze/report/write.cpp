// SPDX-License-Identifier: MIT
#include "report/write.hpp"

#include "figure/plotly_bundle.hpp"
#include "program/run_program.hpp"
#include "shard/format_error.hpp"
#include "shard/npy_writer.hpp"

#include <iterator>

namespace phiscope::report {
namespace {

/// All texts of a part, in the order in which they are written.
std::vector<OutputFile> texts(const Analysis& analysis, DrawnFigures drawn) {
  std::vector<OutputFile> files = table_files(all_tables(analysis));
  const std::string shown = html_page(page(analysis, drawn), figure::plotly_bundle());
  files.insert(files.end(), std::make_move_iterator(drawn.files.begin()),
               std::make_move_iterator(drawn.files.end()));
  files.insert(files.end(), analysis.files.begin(), analysis.files.end());
  files.push_back({"summary.txt", summary_text(analysis)});
  files.push_back({"report.html", shown});
  return files;
}

nlohmann::ordered_json number_or_null(const Value& value) {
  return value.ok() ? nlohmann::ordered_json(value.value()) : nlohmann::ordered_json();
}

}  // namespace

Written write(std::span<const Part> parts, const std::filesystem::path& directory, bool draw,
              std::size_t threads) {
  Written written;
  std::vector<std::vector<OutputFile>> files;
  for (const Part& part : parts) {
    DrawnFigures drawn = draw_figures(part.analysis.figures, draw, threads);
    written.notes = drawn.notes;  // the same for all parts
    files.push_back(texts(part.analysis, std::move(drawn)));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const std::filesystem::path place = part.folder.empty() ? directory : directory / part.folder;
    std::vector<std::string> names = write_files(files[i], place);
    for (const NamedArray& array : part.analysis.arrays) {
      shard::write_npy<double>(place / array.file, array.values, array.shape);
      names.push_back(array.file);
    }
    for (const std::string& name : names) {
      written.files.push_back(part.folder.empty() ? name : part.folder + "/" + name);
    }
    if (!part.folder.empty()) continue;
    written.findings = told(part.analysis);
    written.claims = judge(part.analysis.claims);
    written.warnings = part.analysis.warnings;
  }
  return written;
}

std::string write_and_tell(std::span<const Part> parts, const std::filesystem::path& directory,
                           bool draw, std::size_t threads) {
  const Written written = write(parts, directory, draw, threads);
  const std::string& name = parts.front().analysis.program;
  for (const std::string& line : written.warnings) program::say(name, "warning: " + line);
  for (const std::string& line : written.notes) program::say(name, line);
  return result_line(written, directory);
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
                                       {"claims", std::move(claims)},
                                       {"findings", written.findings},
                                       {"warnings", written.warnings}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace phiscope::report
