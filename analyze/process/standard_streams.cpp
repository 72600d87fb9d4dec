// SPDX-License-Identifier: MIT
#include "process/standard_streams.hpp"

#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>

namespace phiscope::process {

void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest number that is free is taken: this one, as those below it are not.
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      static_cast<void>(::open("/dev/null", O_RDONLY));
    }
  }
}

void flush_standard_output() {
  errno = 0;
  std::cout.flush();
  int error = errno;
  bool written = std::cout.good();
  // Some network file systems say only at the end that there was no room.
  if (const int copy = written ? ::dup(STDOUT_FILENO) : -1; copy >= 0) {
    written = ::close(copy) == 0;
    error = errno;
  }
  if (written) return;
  throw std::runtime_error("standard output: cannot write" +
                           (error == 0 ? "" : ": " + std::generic_category().message(error)));
}

}  // namespace phiscope::process
