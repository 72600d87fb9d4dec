// SPDX-License-Identifier: MIT
#pragma once

#include "program/command_line.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace phiscope::program {

/// What every analysis is asked for, in the same words.
struct CommonOptions {
  std::filesystem::path out;
  std::size_t threads = 1;  ///< affects no result
  bool no_figures = false;
  bool png = false;  ///< pictures as PNG as well
  bool allow_partial = false;
  bool no_verify = false;
};

/// A program as data and two steps.
struct Spec {
  std::string name;  ///< "analyze-loo": begins every message
  std::string about;
  std::string example;
  std::function<void(CommandLine&)> add_options;
  std::function<void()> check;       ///< throws UsageError; may be empty
  std::function<std::string()> run;  ///< does the work; returns the line for standard output
};

/// Adds --out, --threads, --no-figures, --png, --allow-partial and --no-verify; threads start at
/// all processors.
void add_common_options(CommandLine& line, CommonOptions& options);

/// Adds --bootstrap (if `resamples` is given) and --seed.
void add_resampling_options(CommandLine& line, std::size_t* resamples, std::uint64_t& seed);

/// Parses, runs and prints. An exception becomes one line "NAME: error: ..." on standard error.
/// @return  the exit status: 0 done, 1 bad input or a disk that does not take the results, 2 wrong
/// use
[[nodiscard]] int run_program(int argc, const char* const* argv, const Spec& spec);

/// One line on standard error, "NAME: text".
void say(const std::string& name, const std::string& text);

}  // namespace phiscope::program
