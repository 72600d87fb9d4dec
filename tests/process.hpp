// SPDX-License-Identifier: MIT
#pragma once

#include "places.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/wait.h>

namespace phiscope::test {

/// The whole of a file.
inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot open");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out) throw std::runtime_error(file.string() + ": cannot write");
}

/// What a program printed and how it ended; a signal counts as 128 + its number.
struct Finished {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs a shell command with its own folder for the two streams.
inline Finished run_shell(const std::string& command, const std::filesystem::path& scratch) {
  const std::filesystem::path out = scratch / "stdout.txt";
  const std::filesystem::path err = scratch / "stderr.txt";
  const std::string line = command + " >'" + out.string() + "' 2>'" + err.string() + "' </dev/null";
  const int raw = std::system(line.c_str());  // NOLINT: a test may use the shell
  const int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  return {.status = status, .out = read_text(out), .err = read_text(err)};
}

/// Path of a program of this build.
inline std::string program(const std::string& name) {
  return "'" + program_dir() + "/" + name + "'";
}

/// Bytes of every file below a folder by relative path; logs, which may differ, left out.
inline std::map<std::string, std::string> tree(const std::filesystem::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".log") continue;
    files[entry.path().lexically_relative(root).string()] = read_text(entry.path());
  }
  return files;
}

/// Number of lines of a text.
inline long lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace phiscope::test
