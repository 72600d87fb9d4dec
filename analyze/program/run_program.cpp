// SPDX-License-Identifier: MIT
#include "program/run_program.hpp"

#include "process/cut_file.hpp"
#include "process/file_size_limit.hpp"
#include "process/kept_memory.hpp"
#include "process/standard_streams.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

namespace phiscope::program {

void add_common_options(CommandLine& line, CommonOptions& options) {
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  line.text("--out", options.out, "directory of the results; created if missing", true);
  // No default is shown: it would differ between machines.
  line.number(
      "--threads",
      [&options](std::uint64_t given) { options.threads = static_cast<std::size_t>(given); },
      "number of threads (default: all processors); does not affect results", {1, 1024});
  line.flag("--no-figures", options.no_figures, "write tables and a report without figures");
  line.flag("--png", options.png, "write figures as PNG as well as SVG, which takes longest");
  line.flag("--allow-partial", options.allow_partial, "accept an unfinished run");
  line.flag("--no-verify", options.no_verify,
            "do not compare the files of a run with their SHA-256 (which takes 0.5 s per GB)");
}

void add_resampling_options(CommandLine& line, std::size_t* resamples, std::uint64_t& seed) {
  if (resamples != nullptr) {
    line.number("--bootstrap", *resamples, "resamples for each interval", {1, 1'000'000});
  }
  line.number("--seed", seed, "seed of everything random", {0, 9'223'372'036'854'775'807U});
}

int run_program(int argc, const char* const* argv, const Spec& spec) {
  CommandLine line(spec.name, spec.about, "Example: " + spec.example);
  spec.add_options(line);
  process::keep_freed_memory();
  process::keep_standard_streams();
  process::report_file_size_limit();
  process::report_cut_files(spec.name + ": error: ");
  int status = 0;
  try {
    status = line.parse(argc, argv, spec.check);
    if (status < 0) std::cout << spec.run() << '\n';
    process::flush_standard_output();
  } catch (const std::exception& error) {
    say(spec.name, std::string("error: ") + error.what());
    return 1;
  }
  return std::max(status, 0);
}

void say(const std::string& name, const std::string& text) {
  std::cerr << name << ": " << text << '\n';
}

}  // namespace phiscope::program
