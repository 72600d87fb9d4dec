// SPDX-License-Identifier: MIT
#include "figure/gnuplot/gnuplot.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <spawn.h>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

// POSIX demands that a program declares it itself.
extern char** environ;  // NOLINT(readability-identifier-naming)

namespace phiscope::figure {
namespace {

/// An unnamed temporary file: it has no path that could be left behind.
class TemporaryFile {
 public:
  TemporaryFile() : file_(std::tmpfile(), &std::fclose) {
    if (file_ == nullptr) fail();
  }
  void write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
        std::fflush(file_.get()) != 0) {
      fail();
    }
  }
  [[nodiscard]] std::string read() {
    rewind();
    std::string bytes;
    std::array<char, 65536> part{};
    while (std::feof(file_.get()) == 0) {
      bytes.append(part.data(), std::fread(part.data(), 1, part.size(), file_.get()));
      if (std::ferror(file_.get()) != 0) fail();
    }
    return bytes;
  }
  void rewind() {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) fail();
  }
  [[nodiscard]] int descriptor() const { return fileno(file_.get()); }
  /// Bytes that any process has written.
  [[nodiscard]] std::size_t size() const {
    struct stat found {};
    if (fstat(descriptor(), &found) != 0) fail();
    return static_cast<std::size_t>(found.st_size);
  }

 private:
  [[noreturn]] static void fail() {
    throw std::system_error(errno, std::generic_category(), "temporary file");
  }
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// The environment without what changes gnuplot's output: its own variables and the locale.
std::vector<std::string> environment() {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("GNUPLOT") || text.starts_with("GNUTERM") || text.starts_with("LC_") ||
        text.starts_with("LANG")) {
      continue;
    }
    result.emplace_back(text);
  }
  result.emplace_back("LC_ALL=C");
  return result;
}

/// NULL-terminated pointers into `texts`, as exec wants them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Starts `program` with the three files as its standard streams, and the pictures' files open as
/// `first`, `first` + 1, ..., which are above all their descriptors here.
pid_t start(const std::filesystem::path& program, const TemporaryFile& input,
            const TemporaryFile& output, const TemporaryFile& errors,
            const std::vector<TemporaryFile>& pictures, int first) {
  std::vector<std::string> arguments = {program.string(), "-d"};
  std::vector<std::string> variables = environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  for (std::size_t k = 0; k < pictures.size(); ++k) {
    posix_spawn_file_actions_adddup2(&actions, pictures[k].descriptor(),
                                     first + static_cast<int>(k));
  }
  pid_t child = 0;
  const int failure = posix_spawn(&child, program.c_str(), &actions, nullptr,
                                  pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    throw GnuplotError(program.string() +
                       ": cannot be started: " + std::generic_category().message(failure));
  }
  return child;
}

/// Waits for the end; kills a process that prints nothing for longer than `limit`.
/// @return  the wait status, or nothing if it was killed
std::optional<int> wait_for(pid_t child, const TemporaryFile& output,
                            std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  auto last = Clock::now();
  std::size_t printed = 0;
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "waitpid");
    }
    if (const std::size_t size = output.size(); size != printed) {
      printed = size;
      last = Clock::now();
    }
    if (Clock::now() - last > limit) {
      kill(child, SIGKILL);
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// The last line that says something, of what gnuplot printed.
std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return "no message";
  const std::size_t begin = text.rfind('\n', end);
  const std::string line = text.substr(begin == std::string::npos ? 0 : begin + 1,
                                       end - (begin == std::string::npos ? 0 : begin + 1) + 1);
  return line.substr(line.find_first_not_of(" \t"));
}

/// gnuplot copies a font's name into the SVG unchanged: give browsers the weight and a fallback.
std::string with_web_fonts(std::string svg) {
  const auto replace = [&svg](std::string_view old_text, std::string_view new_text) {
    for (std::size_t at = svg.find(old_text); at != std::string::npos;
         at = svg.find(old_text, at + new_text.size())) {
      svg.replace(at, old_text.size(), new_text);
    }
  };
  const std::string fallback = R"(font-family="Arial, Helvetica, sans-serif")";
  replace(R"(font-family="Arial:Bold")", fallback + R"( font-weight="bold")");
  replace(R"(font-family="Arial")", fallback);
  return svg;
}

/// What gnuplot prints after each picture says how far it came: after an error it continues with
/// the next line.
constexpr std::string_view report_picture =
    "set print '-'\nprint sprintf('picture %d %s', GPVAL_ERRNO, GPVAL_ERRMSG)\nunset print\n";

/// The errors of the pictures that are done, "" for none.
std::vector<std::string> reported(const std::string& printed) {
  std::vector<std::string> errors;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view start = "picture ";
    if (!line.starts_with(start)) continue;
    const std::size_t space = line.find(' ', start.size());
    const bool is_drawn = line.substr(start.size(), space - start.size()) == "0";
    errors.push_back(is_drawn                     ? ""
                     : space == std::string::npos ? "no message"
                                                  : line.substr(space + 1));
  }
  return errors;
}

/// Draws pictures until gnuplot ends, and returns a result for each one it got to.
std::vector<Rendered> render_some(std::span<const Picture> pictures,
                                  const std::filesystem::path& gnuplot,
                                  std::chrono::milliseconds limit) {
  std::vector<TemporaryFile> files(pictures.size());
  TemporaryFile input, output, errors;
  int first = errors.descriptor();
  for (const auto* file : {&input, &output}) first = std::max(first, file->descriptor());
  for (const TemporaryFile& file : files) first = std::max(first, file.descriptor());
  ++first;
  for (std::size_t k = 0; k < pictures.size(); ++k) {
    const Picture& picture = pictures[k];
    input.write("reset session\nreset errors\nset output '/dev/fd/" +
                std::to_string(first + static_cast<int>(k)) + "'\n" +
                gnuplot_script(*picture.figure, picture.format) + "unset output\n" +
                std::string(report_picture));
  }
  input.rewind();
  const auto status = wait_for(start(gnuplot, input, output, errors, files, first), output, limit);
  const std::vector<std::string> done = reported(output.read());
  std::vector<Rendered> result;
  for (std::size_t k = 0; k < std::min(done.size(), pictures.size()); ++k) {
    Rendered& one = result.emplace_back(Rendered{.bytes = {}, .problem = done[k]});
    if (!one.problem.empty()) continue;
    one.bytes = files[k].read();
    if (pictures[k].format == Format::svg) {
      one.bytes = with_web_fonts(std::move(one.bytes));
    }
    if (one.bytes.empty()) one.problem = "drew nothing: " + last_line(errors.read());
  }
  if (result.size() == pictures.size()) return result;
  Rendered& failed = result.emplace_back(Rendered{.hangs = !status});
  failed.problem = !status ? "took longer than " + std::to_string(limit.count()) + " ms"
                   : WIFEXITED(*status) && WEXITSTATUS(*status) == 0
                       ? "drew nothing: " + last_line(errors.read())
                       : last_line(errors.read());
  return result;
}

/// The pictures that one process draws, from the first on: PNG, at most as many as files should be
/// open at a time. An SVG has a process of its own, for gnuplot leaves out empty texts and groups
/// that an earlier one had, so its bytes would depend on what was drawn before.
std::size_t drawn_together(std::span<const Picture> pictures) {
  constexpr std::size_t most = 32;
  std::size_t count = 0;
  while (count < std::min(most, pictures.size()) && pictures[count].format == Format::png) ++count;
  return std::max<std::size_t>(count, 1);
}

}  // namespace

std::optional<std::filesystem::path> find_gnuplot() {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    std::filesystem::path candidate = std::filesystem::path(rest.substr(0, end)) / "gnuplot";
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return std::nullopt;
}

std::vector<Rendered> render(std::span<const Picture> pictures,
                             const std::filesystem::path& gnuplot,
                             std::chrono::milliseconds limit) {
  std::vector<Rendered> result;
  while (result.size() < pictures.size()) {
    const std::size_t begin = result.size();
    const auto rest = pictures.subspan(begin);
    const auto part = rest.first(drawn_together(rest));
    try {
      for (Rendered& one : render_some(part, gnuplot, limit)) result.push_back(std::move(one));
    } catch (const std::runtime_error& error) {  // also no room for temporary files
      result.resize(pictures.size(), {.problem = error.what()});
      return result;
    }
    for (std::size_t k = begin; k < result.size(); ++k) {
      if (result[k].problem.empty()) continue;
      result[k].problem =
          gnuplot.string() + ": figure " + pictures[k].figure->name + ": " + result[k].problem;
    }
    if (result.back().hangs) result.resize(pictures.size(), Rendered(result.back()));
  }
  return result;
}

std::string render(const Figure& figure, Format format, const std::filesystem::path& gnuplot) {
  const Picture picture{.figure = &figure, .format = format};
  Rendered result = render(std::span(&picture, 1), gnuplot).front();
  if (!result.problem.empty()) throw GnuplotError(result.problem);
  return std::move(result.bytes);
}

}  // namespace phiscope::figure
