// SPDX-License-Identifier: MIT
// The program that `extract` hands over to where a model is run.
#include "process/cut_file.hpp"
#include "process/file_size_limit.hpp"
#include "process/standard_streams.hpp"
#include "program.hpp"
#include "program/version.hpp"
#include "shard/file/format_error.hpp"
#include "watch/stop.hpp"

#include <c10/util/Exception.h>
#include <torch/version.h>

#include <exception>
#include <iostream>
#include <string>

namespace {

constexpr int bad_input = 1;

}  // namespace

int main(int argc, char** argv) {
  phiscope::process::keep_standard_streams();
  phiscope::process::report_file_size_limit();
  phiscope::process::report_cut_files("error: ");
  try {
    const std::string version = phiscope::program::version_line() + ", LibTorch " TORCH_VERSION;
    const int status = phiscope::extract::run_program(argc, argv, version, true).value();
    phiscope::process::flush_standard_output();
    return status;
  } catch (const phiscope::extract::Stopped& stopped) {
    std::cerr << "extract: " << stopped.what() << '\n';
    return phiscope::extract::stopped_status;
  } catch (const c10::Error& error) {  // LibTorch appends a trace to the first line
    const std::string text = error.what_without_backtrace();
    std::cerr << "error: " << phiscope::shard::printable(text.substr(0, text.find('\n'))) << '\n';
    return bad_input;
  } catch (const std::exception& error) {
    std::cerr << "error: " << phiscope::shard::printable(error.what()) << '\n';
    return bad_input;
  }
}
