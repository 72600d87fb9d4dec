// SPDX-License-Identifier: MIT
#include "phiid/output.hpp"

#include "figure/plotly_bundle.hpp"
#include "phiid/figures.hpp"
#include "phiid/report.hpp"
#include "phiid/tables.hpp"
#include "report/folder.hpp"
#include "shard/npy_writer.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::analyze::phiid {
namespace {

/// The texts of one folder.
struct Folder {
  std::string name;  // empty: the directory itself
  std::vector<OutputFile> files;
  const RunResult* run = nullptr;  // whose matrices lie there
};

void add_drawn(DrawnFigures& drawn, std::vector<OutputFile>& files) {
  for (OutputFile& file : drawn.files) files.push_back(std::move(file));
}

void add_report(const figure::Report& report, std::vector<OutputFile>& files) {
  files.push_back({"report.html", figure::html_report(report, figure::plotly_bundle())});
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Folder run_folder(const RunResult& run, const Options& options, bool draw, Written& written) {
  Folder folder;
  folder.run = &run;
  const std::vector<NamedTable> all = tables(run, options);
  folder.files = table_files(all);
  DrawnFigures drawn = draw_figures(figures(run, options), draw, options.threads);
  add_drawn(drawn, folder.files);
  folder.files.push_back({"diagnostics.json", json_text(diagnostics_json(run, options))});
  folder.files.push_back({"summary.txt", summary_text(run, options)});
  add_report(report(run, options, all, drawn.blocks, drawn.notes), folder.files);
  written.notes = drawn.notes;  // the same for all
  return folder;
}

Folder shared_folder(const std::vector<RunResult>& runs, const Options& options, bool draw) {
  Folder folder;
  std::vector<const RunResult*> all;
  std::string summary;
  for (const RunResult& run : runs) {
    all.push_back(&run);
    summary += (summary.empty() ? "" : "\n") + summary_text(run, options);
  }
  const NamedTable profiles = profile_table(runs, true);
  folder.files = table_files({profiles});
  DrawnFigures drawn = draw_figures(profile_figures(all, options), draw, options.threads);
  add_drawn(drawn, folder.files);
  folder.files.push_back({"summary.txt", summary});
  add_report(overview(runs, options, profiles, drawn.blocks, drawn.notes), folder.files);
  return folder;
}

void write_matrices(const RunResult& run, const std::filesystem::path& directory,
                    std::vector<std::string>& names) {
  const Matrices& matrices = run.matrices;
  const std::vector<std::uint64_t> square = {matrices.heads, matrices.heads};
  shard::write_npy<double>(directory / "sts.npy", matrices.sts, square);
  shard::write_npy<double>(directory / "rtr.npy", matrices.rtr, square);
  names.insert(names.end(), {"sts.npy", "rtr.npy"});
  if (matrices.atoms.empty()) return;
  shard::write_npy<double>(directory / "atoms.npy", matrices.atoms,
                           {phiid_atom_count, pair_count(matrices.heads)});
  names.emplace_back("atoms.npy");
}

}  // namespace

Written write_outputs(const std::vector<RunResult>& runs, const Options& options,
                      const std::filesystem::path& directory, bool draw) {
  Written written;
  const bool several = runs.size() > 1;
  std::vector<Folder> folders;
  for (const RunResult& run : runs) {
    folders.push_back(run_folder(run, options, draw, written));
    if (several) folders.back().name = run.input.label;
    const std::string prefix = several ? run.input.label + ": " : "";
    for (const std::string& line : findings(run, options)) {
      written.findings.push_back(prefix + line);
    }
    for (const std::string& line : run.warnings) written.warnings.push_back(prefix + line);
  }
  if (several) folders.push_back(shared_folder(runs, options, draw));
  for (const Folder& folder : folders) {
    const std::filesystem::path place = folder.name.empty() ? directory : directory / folder.name;
    std::vector<std::string> names = write_files(folder.files, place);
    if (folder.run != nullptr) write_matrices(*folder.run, place, names);
    for (const std::string& name : names) {
      written.files.push_back(folder.name.empty() ? name : folder.name + "/" + name);
    }
  }
  return written;
}

}  // namespace phiscope::analyze::phiid
