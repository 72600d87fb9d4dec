// SPDX-License-Identifier: MIT
#include "run/stop.hpp"

#include <csignal>
#include <string>

namespace phiscope::extract {
namespace {

// A handler may touch nothing else.
volatile std::sig_atomic_t received = 0;  // NOLINT: written by the signal handler

extern "C" void remember_signal(int number) {
  received = number;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = remember_signal;
  for (const int number : {SIGTERM, SIGUSR1, SIGINT}) sigaction(number, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

void stop_if_asked() {
  if (received == 0) return;
  const std::string name = received == SIGTERM  ? "SIGTERM"
                           : received == SIGINT ? "SIGINT"
                                                : "SIGUSR1";
  throw Stopped("stopped by " + name + "; rerun the same command to resume");
}

}  // namespace phiscope::extract
