// SPDX-License-Identifier: MIT
// Runs of `extract` on an emulated GPU.
#pragma once

#include "process.hpp"
#include "temp_dir.hpp"

#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace phiscope::test {

/// The counts that the library writes (counts.hpp), by name.
using Counts = std::map<std::string, long>;

/// A folder with prompts, and runs of `extract` in it.
class Emulated {
 public:
  Emulated() {
    std::istringstream all(read_text(source_dir() / "datasets/phiid/prompts.jsonl"));
    std::string prompts;
    std::string line;
    for (int i = 0; i < 6 && std::getline(all, line); ++i) prompts.append(line).append("\n");
    write_text(folder() / "prompts.jsonl", prompts);
  }

  [[nodiscard]] std::filesystem::path folder() const { return directory_.path(); }

  /// Runs `extract FLAGS --out NAME` in the folder of the sources.
  /// @param device  cpu, or an emulated one
  /// @throws std::runtime_error with the program's message if it does not end well
  Counts run(const std::string& name, const std::string& flags, const std::string& device) const {
    const std::filesystem::path report = folder() / (name + ".txt");
    std::string command = "cd '" + source_dir().string() + "' && exec ";
    if (device != "cpu") {
      command += "env LD_PRELOAD='" PHISCOPE_FAKE_GPU "' PHISCOPE_FAKE_GPU_REPORT='" +
                 report.string() + "' ";
    }
    command += program("extract") + " " + flags + " --device " + device + " --out '" +
               (folder() / name).string() + "'";
    const Finished finished = run_shell(command, folder());
    if (finished.status != 0) throw std::runtime_error(name + ": " + finished.err);
    return device == "cpu" ? Counts{} : counts(report);
  }

 private:
  static Counts counts(const std::filesystem::path& report) {
    Counts found;
    std::istringstream lines(read_text(report));
    for (std::string line; std::getline(lines, line);) {
      const auto space = line.rfind(' ');
      found[line.substr(0, space)] = std::stol(line.substr(space + 1));
    }
    return found;
  }

  TempDir directory_;
};

}  // namespace phiscope::test
