// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"

#include <fcntl.h>
#include <functional>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace phiscope::test {

/// What a process of its own did with `work`, and printed: 0 when it returned. A signal counts as
/// 128 + its number.
inline Finished in_child(const std::function<void()>& work, const std::filesystem::path& scratch) {
  const auto out = scratch / "child_out.txt";
  const auto err = scratch / "child_err.txt";
  std::cout << std::flush;  // or the child would print it once more
  std::cerr << std::flush;
  const pid_t child = ::fork();
  if (child == 0) {
    for (const auto& [file, stream] :
         {std::pair(out, STDOUT_FILENO), std::pair(err, STDERR_FILENO)}) {
      ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), stream);
    }
    work();
    ::_exit(0);
  }
  int raw = 0;
  ::waitpid(child, &raw, 0);
  const int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  return {.status = status, .out = read_text(out), .err = read_text(err)};
}

}  // namespace phiscope::test
