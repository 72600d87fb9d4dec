// SPDX-License-Identifier: MIT
#include "program/command_line.hpp"

#include "catch.hpp"
#include "program/nearest.hpp"
#include "program/version.hpp"

#include <iostream>
#include <optional>
#include <sstream>

using namespace phiscope::program;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;

namespace {

enum class Kind { first, second };

/// What a command line fills, and what it prints meanwhile.
struct Parsed {
  int status = 0;
  std::string printed;
  std::vector<std::filesystem::path> paths;
  std::optional<std::filesystem::path> file;
  std::size_t count = 5;
  Kind kind = Kind::second;
  std::vector<std::string> names;
  bool flag = false;
};

Parsed parse(std::vector<const char*> arguments) {
  Parsed result;
  CommandLine line("program", "About.", "Example: program x");
  line.texts("PATH", result.paths, "paths", true);
  line.text("--file", result.file, "a file");
  line.number("--count", result.count, "how many", {2, 9});
  line.choice<Kind>("--kind", result.kind, {{"first", Kind::first}, {"second", Kind::second}}, "k");
  line.texts("--names", result.names, "names", false, true);
  line.flag("--flag", result.flag, "switches");
  arguments.insert(arguments.begin(), "program");
  std::ostringstream text;
  auto* const out = std::cout.rdbuf(text.rdbuf());
  auto* const err = std::cerr.rdbuf(text.rdbuf());
  result.status = line.parse(static_cast<int>(arguments.size()), arguments.data(), [&] {
    if (result.flag && result.count == 3) throw UsageError("--flag: not with 3");
  });
  std::cout.rdbuf(out);
  std::cerr.rdbuf(err);
  result.printed = text.str();
  return result;
}

}  // namespace

TEST_CASE("options fill their values, and absent ones keep theirs", "[command_line]") {
  const Parsed all = parse(
      {"a", "b", "--file", "f.npy", "--count", "9", "--kind", "first", "--names", "x,y", "--flag"});
  CHECK(all.status == -1);
  CHECK(all.paths == std::vector<std::filesystem::path>{"a", "b"});
  CHECK(all.file == std::filesystem::path("f.npy"));
  CHECK(all.count == 9);
  CHECK(all.kind == Kind::first);
  CHECK(all.names == std::vector<std::string>{"x", "y"});
  CHECK(all.flag);
  const Parsed none = parse({"a"});
  CHECK(none.status == -1);
  CHECK_FALSE(none.file);
  CHECK(none.count == 5);
  CHECK(none.kind == Kind::second);
}

TEST_CASE("wrong use ends with 2 and says what was expected", "[command_line]") {
  for (const char* const count : {"1", "10", "-1", "x", "3.5", "99999999999999999999"}) {
    const Parsed found = parse({"a", "--count", count});
    CAPTURE(count);
    CHECK(found.status == 2);
    CHECK_THAT(found.printed, Contains("expected a whole number from 2 to 9") &&
                                  Contains("--count") && Contains(count));
  }
  CHECK(parse({}).status == 2);
  CHECK(parse({"a", "--unknown"}).status == 2);
  const Parsed kind = parse({"a", "--kind", "1"});
  CHECK(kind.status == 2);
  CHECK_THAT(kind.printed, Contains("--kind: found '1', expected first, second\n"));
  const Parsed together = parse({"a", "--count", "3", "--flag"});
  CHECK(together.status == 2);
  CHECK_THAT(together.printed, Contains("--flag: not with 3"));
}

TEST_CASE("help lists the options with defaults and the example", "[command_line]") {
  const Parsed help = parse({"--help"});
  CHECK(help.status == 0);
  CHECK(help.printed ==
        "About.\n\n"
        "Usage: program [OPTIONS] PATH...\n\n"
        "Arguments:\n"
        "  PATH                    paths (required)\n\n"
        "Options:\n"
        "  --file FILE             a file\n"
        "  --count N               how many (default: 5)\n"
        "  --kind KIND             k [first, second] (default: second)\n"
        "  --names NAMES           names\n"
        "  --flag                  switches\n\n"
        "Other:\n"
        "  --help                  print this help and exit\n"
        "  --version               print the version and exit\n\n"
        "Example:\n"
        "  program x\n");
}

TEST_CASE("every program says its version and revision", "[command_line]") {
  const Parsed found = parse({"--version"});
  CHECK(found.status == 0);
  CHECK(found.printed == version_line() + "\n");
  CHECK_THAT(found.printed, Matches("[0-9]+\\.[0-9]+\\.[0-9]+ \\([0-9a-z-]+\\)\n"));
}

TEST_CASE("a word that is nearly an option or a value is named", "[command_line]") {
  CHECK_THAT(parse({"a", "--cuont", "3"}).printed,
             StartsWith("--cuont: no such option, did you mean --count?\n"));
  CHECK_THAT(parse({"a", "--kind=frist"}).printed,
             StartsWith("--kind: found 'frist', expected first, second, did you mean first?\n"));
  CHECK_THAT(parse({"a", "--zzzzzzzz"}).printed, StartsWith("--zzzzzzzz: no such option\n"));
  CHECK(parse({"a", "--cuont", "3"}).status == 2);
}

TEST_CASE("the nearest of the known words is suggested, and none that is far", "[command_line]") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("cuont", "count") == 1);  // neighbours swapped
  CHECK(edit_distance("same", "same") == 0);
  CHECK(suggestion("phi-rato", {"phiid", "phi-ratio"}) == ", did you mean phi-ratio?");
  CHECK(suggestion("x", {"kl", "phiid"}).empty());
  CHECK(suggestion("something", {"phiid"}).empty());
  CHECK(suggestion("activation", {"ablate", "activations"}) == ", did you mean activations?");
}

TEST_CASE("shells and man get what they can read", "[command_line]") {
  const Parsed bash = parse({"--completion", "bash"});
  CHECK(bash.status == 0);
  CHECK_THAT(bash.printed, Contains("--file) COMPREPLY=($(compgen -f ") &&
                               Contains("--kind) COMPREPLY=($(compgen -W 'first second' ") &&
                               Contains("complete -o filenames -F _program program\n"));
  CHECK_THAT(parse({"--completion", "zsh"}).printed,
             StartsWith("#compdef program\n") && Contains("'--kind[k  first, second  (default  "
                                                          "second)]:KIND:(first second)'"));
  CHECK_THAT(parse({"--completion", "fish"}).printed,
             Contains("complete -c program -l kind -xa 'first second' -d "));
  const Parsed other = parse({"--completion", "tcsh"});
  CHECK(other.status == 2);
  CHECK_THAT(other.printed, Contains("found 'tcsh', expected bash, zsh or fish"));
  const Parsed man = parse({"--man"});
  CHECK_THAT(man.printed, StartsWith(".TH \"program\" 1") &&
                              Contains("\\fB\\-\\-count\\fR \\fIN\\fR\nhow many"));
}

TEST_CASE("one of the commands is chosen", "[command_line]") {
  CommandLine line("program", "About.", "");
  std::size_t k = 0;
  CommandLine& one = line.command("one", "the first", "");
  CommandLine& two = line.command("two", "the second", "");
  two.number(
      "--k", [&k](std::uint64_t given) { k = given; }, "k", {1}, true);
  const std::vector<const char*> arguments = {"program", "two", "--k", "4"};
  CHECK(line.parse(4, arguments.data(), {}) == -1);
  CHECK(two.chosen());
  CHECK_FALSE(one.chosen());
  CHECK(k == 4);
}
