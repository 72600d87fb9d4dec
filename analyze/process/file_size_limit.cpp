// SPDX-License-Identifier: MIT
#include "process/file_size_limit.hpp"

#include <csignal>

namespace phiscope::process {

void report_file_size_limit() {
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace phiscope::process
