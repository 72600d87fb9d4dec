// SPDX-License-Identifier: MIT
#include "program/command_line.hpp"

#include "catch.hpp"

#include <iostream>
#include <optional>
#include <sstream>

using namespace phiscope::program;

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
  CommandLine line("About.", "Example: program x");
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
  CHECK_THAT(kind.printed, Contains("1 not in {first,second}"));
  const Parsed together = parse({"a", "--count", "3", "--flag"});
  CHECK(together.status == 2);
  CHECK_THAT(together.printed, Contains("--flag: not with 3"));
}

TEST_CASE("help lists the options with defaults and the example", "[command_line]") {
  const Parsed help = parse({"--help"});
  CHECK(help.status == 0);
  CHECK_THAT(help.printed, Contains("About.") && Contains("=5") && Contains("{first,second}") &&
                               Contains("=second") && Contains("Example: program x"));
}

TEST_CASE("one of the commands is chosen", "[command_line]") {
  CommandLine line("About.", "");
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
