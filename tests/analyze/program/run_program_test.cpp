// SPDX-License-Identifier: MIT
#include "program/run_program.hpp"

#include "catch.hpp"

#include <iostream>
#include <sstream>
#include <stdexcept>

using namespace phiscope::program;

namespace {

struct Ended {
  int status = 0;
  std::string out, err;
  CommonOptions common;
  std::size_t resamples = 1000;
  std::uint64_t seed = 0;
};

Ended run(std::vector<const char*> arguments, const std::string& failure = {}) {
  Ended ended;
  std::ostringstream out, err;
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_err = std::cerr.rdbuf(err.rdbuf());
  arguments.insert(arguments.begin(), "analyze-x");
  ended.status = run_program(static_cast<int>(arguments.size()), arguments.data(),
                             {.name = "analyze-x",
                              .about = "About.",
                              .example = "analyze-x --out o",
                              .add_options =
                                  [&](CommandLine& line) {
                                    add_common_options(line, ended.common);
                                    add_resampling_options(line, &ended.resamples, ended.seed);
                                  },
                              .check = {},
                              .run = [&]() -> std::string {
                                if (!failure.empty()) throw std::runtime_error(failure);
                                return R"({"done":true})";
                              }});
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

}  // namespace

TEST_CASE("a program prints its line and ends with 0", "[run_program]") {
  const Ended ended = run({"--out", "o", "--threads", "3", "--no-figures", "--allow-partial",
                           "--no-verify", "--bootstrap", "50", "--seed", "7"});
  CHECK(ended.status == 0);
  CHECK(ended.out == "{\"done\":true}\n");
  CHECK(ended.err.empty());
  CHECK(ended.common.out == "o");
  CHECK(ended.common.threads == 3);
  CHECK(ended.common.no_figures);
  CHECK(ended.common.allow_partial);
  CHECK(ended.common.no_verify);
  CHECK(ended.resamples == 50);
  CHECK(ended.seed == 7);
  CHECK(run({"--out", "o"}).common.threads >= 1);
  CHECK_FALSE(run({"--out", "o"}).common.no_verify);
}

TEST_CASE("an exception is one line with the program's name, and ends with 1", "[run_program]") {
  const Ended ended = run({"--out", "o"}, "x.npy: cut short");
  CHECK(ended.status == 1);
  CHECK(ended.out.empty());
  CHECK(ended.err == "analyze-x: error: x.npy: cut short\n");
}

TEST_CASE("without --out there is nothing to do: 2", "[run_program]") {
  const Ended ended = run({});
  CHECK(ended.status == 2);
  CHECK_THAT(ended.err, Contains("--out"));
}
