// SPDX-License-Identifier: MIT
#include "shard/file/lock_note.hpp"

#include "shard/file/file_identity.hpp"
#include "shard/file/format_error.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace phiscope::shard {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* what, int error) {
  throw std::system_error(error, std::generic_category(), path_text(path) + ": cannot " + what);
}

std::string random_text() {
  std::random_device device;
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", device(), device());
  return text.data();
}

/// Where a process number means something: a host, and of a container its own list of processes.
std::string this_place() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  std::array<char, 64> processes{};
  const auto length = ::readlink("/proc/self/ns/pid", processes.data(), processes.size() - 1);
  return std::string(host.data()) + "/" + (length > 0 ? processes.data() : "");
}

/// Makes the file with this text unless there is one. Who reads it before it is written finds a
/// young file of nobody.
bool make(const fs::path& path, const std::string& text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) fail(path, "make", errno);
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  int error = written ? 0 : errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0) return true;
  ::unlink(path.c_str());
  fail(path, "make", error);
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The time of the file system, whose clock need not be ours.
std::int64_t now_ns(const fs::path& beside) {
  const fs::path probe =
      beside.string() + ".part-" + std::to_string(::getpid()) + "-" + random_text();
  const int descriptor = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(probe, "make", errno);
  const FileIdentity made = identity_of(descriptor, probe);
  ::close(descriptor);
  ::unlink(probe.c_str());
  return made.modified_ns;
}

/// Whether the one who wrote this is gone.
bool is_dead(const fs::path& path, const std::string& text, const FileIdentity& file,
             std::chrono::milliseconds dead) {
  std::istringstream words(text);
  std::string place;
  pid_t process = 0;
  if (words >> place >> process && place == this_place() && process > 0 &&
      ::kill(process, 0) != 0 && errno == ESRCH) {
    return true;
  }
  return std::chrono::nanoseconds(now_ns(path) - file.modified_ns) > dead;
}

/// Takes a dead file away, unless it is another's by now.
void remove_dead(const fs::path& path, const std::string& text) {
  const fs::path away = path.string() + ".part-" + std::to_string(::getpid()) + "-" + random_text();
  if (::rename(path.c_str(), away.c_str()) != 0) {
    if (errno == ENOENT) return;
    fail(path, "take away", errno);
  }
  // Someone else was faster, and the lock is theirs: they get it back.
  if (text_of(away) != text) static_cast<void>(::link(away.c_str(), path.c_str()));
  ::unlink(away.c_str());
}

}  // namespace

/// Touches the file until it ends.
class LockNote::Beat {
 public:
  Beat(fs::path path, std::string text, std::chrono::milliseconds every)
      : path_(std::move(path)), text_(std::move(text)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this, every] { run(every); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;
  ~Beat() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    if (held()) ::unlink(path_.c_str());
  }
  [[nodiscard]] bool held() const { return text_of(path_) == text_; }

 private:
  void run(std::chrono::milliseconds every) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, every, [this] { return ended_; })) {
      // A beat that fails is told by the file's age.
      if (held()) static_cast<void>(::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0));
    }
  }

  fs::path path_;
  std::string text_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

LockNote::LockNote(std::unique_ptr<Beat> beat) : beat_(std::move(beat)) {}
LockNote::LockNote(LockNote&&) noexcept = default;
LockNote& LockNote::operator=(LockNote&&) noexcept = default;
LockNote::~LockNote() = default;

std::optional<LockNote> LockNote::try_take(const fs::path& path) {
  return try_take(path, Times());
}

std::optional<LockNote> LockNote::try_take(const fs::path& path, const Times& times) {
  const std::string text =
      this_place() + " " + std::to_string(::getpid()) + " " + random_text() + "\n";
  while (!make(path, text)) {
    if (is_held(path, times)) return std::nullopt;
  }
  return LockNote(std::make_unique<Beat>(path, text, times.beat));
}

bool LockNote::is_held(const fs::path& path) {
  return is_held(path, Times());
}

bool LockNote::is_held(const fs::path& path, const Times& times) {
  const std::string text = text_of(path);
  const std::optional<FileIdentity> file = identity_of(path);
  if (!file) return false;
  if (!is_dead(path, text, *file, times.dead)) return true;
  remove_dead(path, text);
  return false;
}

bool LockNote::still_held() const {
  return beat_ != nullptr && beat_->held();
}

}  // namespace phiscope::shard
