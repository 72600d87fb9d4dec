// SPDX-License-Identifier: MIT
#include "figure/gnuplot.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
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
    rewind();
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
  [[nodiscard]] int descriptor() const { return fileno(file_.get()); }

 private:
  [[noreturn]] static void fail() {
    throw std::system_error(errno, std::generic_category(), "temporary file");
  }
  void rewind() {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) fail();
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

/// Runs `program` with the three files as its standard streams; returns the wait status.
int run(const std::filesystem::path& program, const TemporaryFile& input,
        const TemporaryFile& output, const TemporaryFile& errors) {
  std::vector<std::string> arguments = {program.string(), "-d"};
  std::vector<std::string> variables = environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int failure = posix_spawn(&child, program.c_str(), &actions, nullptr,
                                  pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    throw GnuplotError(program.string() +
                       ": cannot be started: " + std::generic_category().message(failure));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return status;
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

std::string render(const Figure& figure, Format format, const std::filesystem::path& gnuplot) {
  TemporaryFile input;
  TemporaryFile output;
  TemporaryFile errors;
  input.write(gnuplot_script(figure, format));
  const int status = run(gnuplot, input, output, errors);
  std::string picture = output.read();
  const std::string where = gnuplot.string() + ": figure " + figure.name + ": ";
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw GnuplotError(where + last_line(errors.read()));
  }
  if (picture.empty()) throw GnuplotError(where + "drew nothing: " + last_line(errors.read()));
  return format == Format::svg ? with_web_fonts(std::move(picture)) : picture;
}

}  // namespace phiscope::figure
