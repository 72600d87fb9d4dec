// SPDX-License-Identifier: MIT
#include "watch/stop.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <iostream>

using phiscope::extract::catch_stop_signals;
using phiscope::extract::stop_if_asked;
using phiscope::extract::Stopped;
using phiscope::extract::stopped_status;
using phiscope::test::Finished;
using phiscope::test::in_child;
using phiscope::test::TempDir;

namespace {

/// Work that never asks.
[[noreturn]] void work_for_ever() {
  while (true) ::pause();
}

}  // namespace

TEST_CASE("a signal is answered at once, and the work ends where it asks", "[stop]") {
  const TempDir dir;
  const Finished asked = in_child(
      [] {
        catch_stop_signals(60);
        stop_if_asked();
        std::raise(SIGTERM);
        std::cerr << "working\n";
        try {
          stop_if_asked();
        } catch (const Stopped& stopped) {
          std::cerr << stopped.what();
          ::_exit(stopped_status);
        }
      },
      dir.path());
  CHECK(asked.status == 75);
  CHECK(asked.err ==
        "extract: stopping, at most 60 s; a second signal ends at once\nworking\n"
        "stopped by SIGTERM; rerun the same command to resume");
}

TEST_CASE("work that does not ask ends all the same, in the time that was said", "[stop]") {
  const TempDir dir;
  const Finished ended = in_child(
      [] {
        catch_stop_signals(2);
        std::raise(SIGUSR1);
        work_for_ever();
      },
      dir.path());
  CHECK(ended.status == 75);
  CHECK(ended.err ==
        "extract: stopping, at most 2 s; a second signal ends at once\n"
        "extract: stopped by SIGUSR1; rerun the same command to resume\n");
}

TEST_CASE("a second signal ends at once, an echo of the first does not", "[stop]") {
  const TempDir dir;
  const Finished ended = in_child(
      [] {
        catch_stop_signals(600);
        std::raise(SIGINT);
        std::raise(SIGTERM);  // from the script that forwards what it was sent as well
        std::cerr << "working\n";
        ::usleep(1'100'000);
        std::raise(SIGTERM);
        work_for_ever();
      },
      dir.path());
  CHECK(ended.status == 75);
  CHECK(ended.err ==
        "extract: stopping, at most 600 s; a second signal ends at once\nworking\n"
        "extract: stopped by SIGINT; rerun the same command to resume\n");
}
