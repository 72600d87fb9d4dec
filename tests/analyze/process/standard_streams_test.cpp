// SPDX-License-Identifier: MIT
#include "process/standard_streams.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "temp_dir.hpp"

#include <iostream>

using phiscope::process::flush_standard_output;
using phiscope::process::keep_standard_streams;
using phiscope::test::Finished;
using phiscope::test::in_child;
using phiscope::test::TempDir;

namespace {

/// Prints, and says on standard error how that went.
void print_and_flush() {
  try {
    std::cout << "a line\n";
    flush_standard_output();
    std::cerr << "written";
  } catch (const std::exception& error) {
    std::cerr << error.what();
  }
}

}  // namespace

TEST_CASE("what was printed is there, or an error says why not", "[standard_streams]") {
  const TempDir dir;
  const Finished good = in_child(print_and_flush, dir.path());
  CHECK(good.out == "a line\n");
  CHECK(good.err == "written");
  const Finished full = in_child(
      [] {
        ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
        print_and_flush();
      },
      dir.path());
  CHECK(full.err == "standard output: cannot write: No space left on device");
}

TEST_CASE("nothing is printed into a file that takes the number of a closed stream",
          "[standard_streams]") {
  const TempDir dir;
  const auto file = dir.path() / "shard.npy";
  const Finished closed = in_child(
      [&] {
        ::close(STDOUT_FILENO);
        keep_standard_streams();
        if (::open(file.c_str(), O_RDWR | O_CREAT, 0600) == STDOUT_FILENO) ::_exit(3);
        print_and_flush();
      },
      dir.path());
  CHECK(closed.status == 0);
  CHECK(closed.err == "standard output: cannot write: Bad file descriptor");
  CHECK(phiscope::test::read_text(file).empty());
}
