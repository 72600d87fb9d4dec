// SPDX-License-Identifier: MIT
#include "all/experiments.hpp"
#include "all/overview.hpp"
#include "all/sibling.hpp"
#include "program/run_program.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace all = phiscope::analyze::all;
namespace program = phiscope::program;

namespace {

std::vector<std::string> arguments_of(const all::Group& group,
                                      const program::CommonOptions& common) {
  std::vector<std::string> words;
  words.reserve(group.runs.size() + 8);
  for (const auto& run : group.runs) words.push_back(run.string());
  words.insert(words.end(), {"--out", (common.out / group.folder).string(), "--threads",
                             std::to_string(common.threads)});
  if (common.no_figures) words.emplace_back("--no-figures");
  if (common.png) words.emplace_back("--png");
  if (common.allow_partial) words.emplace_back("--allow-partial");
  if (common.no_verify) words.emplace_back("--no-verify");
  return words;
}

all::Summary analysed(const all::Group& group, const program::CommonOptions& common) {
  program::say("analyze-all", group.program + ": " + std::to_string(group.runs.size()) + " run(s)");
  const all::Ended ended =
      all::run_sibling(all::own_folder() / group.program, arguments_of(group, common));
  all::Summary summary;
  if (ended.status == 0) {
    summary = all::summary_of(ended.output);
  } else {
    summary.failure = group.program + " ended with status " + std::to_string(ended.status) +
                      "; it said why on standard error";
  }
  summary.title = group.title;
  summary.folder = group.folder;
  for (const auto& run : group.runs) {
    summary.runs += (summary.runs.empty() ? "" : " \u00b7 ") + run.filename().string();
  }
  return summary;
}

std::string run(const std::vector<std::filesystem::path>& paths,
                const program::CommonOptions& common) {
  std::vector<all::Summary> summaries;
  std::string failed;
  const std::vector<all::Group> groups = all::grouped(paths);
  std::filesystem::create_directories(common.out);
  for (const all::Group& group : groups) {
    summaries.push_back(analysed(group, common));
    if (!summaries.back().failure.empty()) failed += (failed.empty() ? "" : ", ") + group.program;
  }
  phiscope::shard::write_file(common.out / "index.html", all::overview_page(summaries));
  if (!failed.empty()) {
    throw std::runtime_error(failed + " failed; the other reports are in " +
                             phiscope::shard::path_text(common.out / "index.html"));
  }
  return nlohmann::json{{"page", phiscope::shard::path_text(common.out / "index.html")}}.dump();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  program::CommonOptions common;
  return program::run_program(
      argc, argv,
      {.name = "analyze-all",
       .about =
           "Analyses run directories of any experiments, but not of `extract activations`, each "
           "with its own program and the defaults of that, and writes one page, index.html, with "
           "the main finding, the "
           "warnings and the key figure of each. Runs of one experiment are compared in one "
           "report.",
       .example = "analyze-all runs/keep runs/drop runs/phiid runs/ablation --out reports",
       .add_options =
           [&](program::CommandLine& line) {
             line.texts("RUN", paths, "run directories, or folders that hold some", true);
             program::add_common_options(line, common);
           },
       .check = {},
       .run = [&] { return run(paths, common); }});
}
