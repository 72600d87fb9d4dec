// SPDX-License-Identifier: MIT
// libFuzzer's side: the target that PHISCOPE_FUZZ_TARGET names.
#include "target.hpp"

#include <cstdlib>
#include <iostream>

namespace {
const phiscope::fuzz::Target* target = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const name = std::getenv("PHISCOPE_FUZZ_TARGET");
  try {
    target = &phiscope::fuzz::target_named(name == nullptr ? "" : name);
  } catch (const std::invalid_argument& error) {
    std::cerr << "PHISCOPE_FUZZ_TARGET: " << error.what() << '\n';
    std::exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
