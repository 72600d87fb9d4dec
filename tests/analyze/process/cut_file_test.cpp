// SPDX-License-Identifier: MIT
#include "process/cut_file.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <sys/mman.h>

using phiscope::process::report_cut_files;
using phiscope::test::Finished;
using phiscope::test::in_child;
using phiscope::test::TempDir;

namespace {

/// Maps a file of three pages, has it cut to `left` bytes, and reads byte `at` of it.
void read_cut(const std::filesystem::path& file, off_t left, std::size_t at) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const int descriptor = ::open(file.c_str(), O_RDWR);
  void* const memory = ::mmap(nullptr, 3 * page, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED || ::ftruncate(descriptor, left) != 0) ::_exit(3);
  const volatile char byte = static_cast<const volatile char*>(memory)[at];
  static_cast<void>(byte);
}

}  // namespace

TEST_CASE("a mapped file that is cut is one line and status 1", "[cut_file]") {
  const TempDir dir;
  const auto file = dir.path() / "a model.safetensors";
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  phiscope::test::write_text(file, std::string(3 * page, 'x'));
  const Finished cut = in_child(
      [&] {
        report_cut_files("analyze-x: error: ");
        read_cut(file, 10, 2 * page + 5);
      },
      dir.path());
  CHECK(cut.status == 1);
  CHECK(cut.err ==
        "analyze-x: error: " + file.string() +
            ": cannot be read any more: it was cut or replaced while in use, or its disk "
            "failed\n");
  CHECK(cut.out.empty());
  phiscope::test::write_text(file, std::string(3 * page, 'x'));
  const Finished before_cut = in_child(
      [&] {
        report_cut_files("error: ");
        read_cut(file, 10, 5);
      },
      dir.path());
  CHECK(before_cut.status == 0);
  CHECK(before_cut.err.empty());
}

TEST_CASE("a bus error of no file ends the process as it would have", "[cut_file]") {
  const TempDir dir;
  const Finished sent = in_child(
      [] {
        std::signal(SIGBUS, SIG_DFL);
        report_cut_files("error: ");
        std::raise(SIGBUS);
      },
      dir.path());
  CHECK(sent.status == 128 + SIGBUS);
  CHECK(sent.err.empty());
}
