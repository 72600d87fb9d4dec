// SPDX-License-Identifier: MIT
#include "watch/stop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <unistd.h>

namespace phiscope::extract {
namespace {

// A handler may touch nothing but these and call little more than write(), alarm() and _exit().
std::atomic<int> received = 0;
std::atomic<std::int64_t> received_at = 0;
unsigned limit = 0;                  ///< seconds
std::array<char, 128> announcement;  ///< made beforehand: a handler cannot format
static_assert(std::atomic<int>::is_always_lock_free);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

std::string_view name_of(int number) {
  return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGUSR1";
}

constexpr std::string_view how_to_resume = "; rerun the same command to resume";

void say(std::string_view text) {
  // Nobody is left to be told of an error.
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

std::int64_t milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

[[noreturn]] void end_now() {
  say("extract: stopped by ");
  say(name_of(received));
  say(how_to_resume);
  say("\n");
  ::_exit(stopped_status);
}

extern "C" void remember_signal(int number) {
  const int error = errno;
  int none = 0;
  if (received.compare_exchange_strong(none, number)) {
    received_at = milliseconds();
    ::alarm(limit);
    say(announcement.data());
  } else if (received_at > 0 && milliseconds() - received_at >= 1000) {
    end_now();
  }
  errno = error;
}

extern "C" void end_at_alarm(int /*number*/) {
  end_now();
}

}  // namespace

void catch_stop_signals(unsigned seconds) {
  limit = std::max(2U, seconds) - 1;
  std::snprintf(announcement.data(), announcement.size(),
                "extract: stopping, at most %u s; a second signal ends at once\n", limit + 1);
  struct sigaction action = {};
  action.sa_flags = SA_RESTART;  // whoever reads or writes shall not have to know of signals
  action.sa_handler = remember_signal;
  for (const int number : {SIGTERM, SIGUSR1, SIGINT}) ::sigaction(number, &action, nullptr);
  action.sa_handler = end_at_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  sigset_t held;  // what came while this program was loaded
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
}

void stop_if_asked() {
  if (received == 0) return;
  throw Stopped("stopped by " + std::string(name_of(received)) + std::string(how_to_resume));
}

}  // namespace phiscope::extract
