// SPDX-License-Identifier: MIT
// `extract` as users call it, without LibTorch, which takes half a second to load: what runs no
// model is done here, and the rest in a second program, which takes this one's place.
#include "hand_over.hpp"
#include "process/cut_file.hpp"
#include "process/file_size_limit.hpp"
#include "process/standard_streams.hpp"
#include "program.hpp"
#include "program/version.hpp"
#include "shard/file/format_error.hpp"

#include <exception>
#include <iostream>
#include <optional>

int main(int argc, char** argv) {
  namespace process = phiscope::process;
  namespace extract = phiscope::extract;
  process::keep_standard_streams();
  process::report_file_size_limit();
  process::report_cut_files("error: ");
  try {
    const std::string version =
        phiscope::program::version_line() + ", " + extract::computing_library();
    const std::optional<int> status = extract::run_program(argc, argv, version, false);
    if (!status) extract::hand_over(argv);
    process::flush_standard_output();
    return *status;
  } catch (const std::exception& error) {
    std::cerr << "error: " << phiscope::shard::printable(error.what()) << '\n';
    return 1;
  }
}
