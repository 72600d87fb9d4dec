// SPDX-License-Identifier: MIT
// Runs of `extract sampling` on the demo model of word problems.
#pragma once

#include "extract/patching/patching_run.hpp"
#include "places.hpp"

namespace phiscope::test {

/// A folder with two of the demo model's problems, their solutions as oracle, and runs.
class SamplingFolder {
 public:
  explicit SamplingFolder(int limit = 2) : limit_(limit) {
    write_text(path() / "template", "{problem}");
  }
  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] static std::filesystem::path model() {
    return source_dir() / "datasets/models/words";
  }
  [[nodiscard]] static std::filesystem::path problems() {
    return source_dir() / "datasets/words/problems.jsonl";
  }
  [[nodiscard]] std::string call(const std::string& name, const std::string& more) const {
    return "sampling --model '" + model().string() + "' --problems '" + problems().string() +
           "' --limit " + std::to_string(limit_) + " --oracle '" + problems().string() +
           "' --solution-prefix '\n' --prompt-template '" + (path() / "template").string() +
           "' --stride 4 --max-new-tokens 40 --checkpoints 8,16,40 --samples 3 --interval 8 "
           "--lookahead 12 --window-stride 2 --out '" +
           (path() / name).string() + "' " + more;
  }
  Finished extracted(const std::string& name, const std::string& more) const {
    return extract(call(name, more), path());
  }
  /// One step of a run that must succeed.
  PatchingRun run(const std::string& name, const std::string& step, const std::string& more) const {
    const Finished done = extracted(name, "--steps " + step + " " + more);
    CAPTURE(more, done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(path() / name / step);
  }
  /// Prompts of a run as ids.
  [[nodiscard]] std::vector<std::vector<int>> prompts(const std::filesystem::path& run) const {
    std::vector<std::vector<int>> all;
    std::istringstream lines(read_text(run / "prompts.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      all.push_back(nlohmann::json::parse(line).at("input_ids").get<std::vector<int>>());
    }
    return all;
  }

 private:
  int limit_;
  TempDir dir_;
};

/// Generated ids by what the run is.
inline std::map<RowKey, std::vector<int>> generated_of(const PatchingRun& run) {
  std::map<RowKey, std::vector<int>> ids;
  for (const auto& [key, value] : run.rows("generated_ids", "generated")) {
    ids[RowKey(key.begin(), key.end() - 1)].push_back(static_cast<int>(value.at(0)));
  }
  return ids;
}

}  // namespace phiscope::test
