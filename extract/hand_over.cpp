// SPDX-License-Identifier: MIT
#include "hand_over.hpp"

#include "command/run.hpp"
#include "prepare/checked_model.hpp"
#include "prepare/dry_run.hpp"
#include "shard/file/format_error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#ifdef PHISCOPE_COMPUTES
#include <torch/version.h>
#endif

namespace phiscope::extract {
namespace {

/// LibTorch's threads wait for each other some hundred times per token. By default they do so
/// spinning for long, which beside other work keeps them from the processors they wait for: two
/// threads of a 57 M model took 7.6 and 15.4 s beside four busy processes, 5.5 and 7.0 s with this
/// count, and the same 2.0 s alone.
void let_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "3000", 0);
}

/// A job's script sends SIGUSR1 as its time ends. While the other program and LibTorch are loaded,
/// it would end the process as if that had failed: it waits for catch_stop_signals().
void hold_usr1() {
  sigset_t held;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

}  // namespace

std::string computing_library() {
#ifdef PHISCOPE_COMPUTES
  return "LibTorch " TORCH_VERSION;
#else
  return "built without LibTorch: runs no models";
#endif
}

std::filesystem::path computing_program() {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw std::runtime_error("/proc/self/exe: cannot read: " + error.message());
  return own.parent_path().parent_path() / "libexec" / "phiscope" / "extract-compute";
}

void hand_over(char** argv) {
  let_threads_sleep();
  hold_usr1();
  const std::filesystem::path program = computing_program();
  ::execv(program.c_str(), argv);
  const std::string why = std::generic_category().message(errno);
  throw std::runtime_error(shard::path_text(program) + ": cannot start: " + why +
                           "; expected the program that runs models, of the same build (" +
                           computing_library() +
                           "); what only reads models and runs does without it");
}

// What subcommands that run a model are linked with here: run_program() leaves before they begin,
// but for a dry run.
CheckedModel check_run(const RunOptions& options) {
  if (!options.dry_run) throw std::logic_error("check_run: called in the program without models");
  return checked_model(options, std::nullopt);
}

void run(const RunOptions& options, const CheckedModel& model, RunRequest request,
         const std::string& /*command_line*/) {
  if (!options.dry_run) throw std::logic_error("run: called in the program without models");
  dry_run(options, model, std::move(request));
}

}  // namespace phiscope::extract
