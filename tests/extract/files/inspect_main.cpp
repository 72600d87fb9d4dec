// SPDX-License-Identifier: MIT
// `extract info` and `extract tokens` without LibTorch, with the same functions and messages: what
// a corpus of hostile files is judged with under the sanitizers.
#include "inspect/inspect.hpp"
#include "shard/format_error.hpp"

#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

using namespace phiscope::extract;

/// False: not one of the forms in the usage line.
bool run(const std::vector<std::string_view>& arguments) {
  const auto is = [&](std::size_t i, std::string_view word) { return arguments[i] == word; };
  if (arguments.size() == 2 && is(0, "info")) {
    info({.path = arguments[1]});
  } else if (arguments.size() == 3 && is(0, "info") && is(1, "--quick")) {
    info({.path = arguments[2], .quick = true});
  } else if (arguments.size() == 2 && is(0, "check")) {
    check({.model = arguments[1]});
  } else if (arguments.size() == 5 && is(0, "tokens") && is(1, "--model") && is(3, "--prompts")) {
    tokens({.model = arguments[2], .prompts = arguments[4]});
  } else if (arguments.size() == 2 && is(0, "problems")) {
    problems({.file = arguments[1]});
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (run({argv + 1, argv + argc})) return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << phiscope::shard::printable(error.what()) << '\n';
    return 1;
  }
  std::cerr << "usage: inspect info [--quick] PATH | inspect check DIR | inspect tokens --model "
               "DIR --prompts FILE | "
               "inspect problems FILE\n";
  return 2;
}
