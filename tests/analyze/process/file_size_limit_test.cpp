// SPDX-License-Identifier: MIT
#include "process/file_size_limit.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <fstream>
#include <sys/resource.h>

using namespace phiscope::test;

TEST_CASE("a file that may not become that large is a write error", "[file_size_limit]") {
  const TempDir dir;
  const auto file = dir.path() / "a table.csv";
  const auto write_too_much = [&](bool reported) {
    return in_child(
        [&] {
          std::signal(SIGXFSZ, SIG_DFL);
          if (reported) phiscope::process::report_file_size_limit();
          const rlimit limit{.rlim_cur = 100, .rlim_max = 100};
          ::setrlimit(RLIMIT_FSIZE, &limit);
          std::ofstream out(file);
          out << std::string(200, 'x') << std::flush;
          ::_exit(out ? 3 : 7);
        },
        dir.path());
  };
  CHECK(write_too_much(true).status == 7);
  CHECK(write_too_much(false).status == 128 + SIGXFSZ);
}
