// SPDX-License-Identifier: MIT
#pragma once

// Catch2 under one name: version 2 (Debian 12) and version 3 (Ubuntu 24.04) differ in their
// headers.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
inline auto Contains(const std::string& text) {
  return ContainsSubstring(text);
}
#else
#include <catch2/catch.hpp>
using Catch::Matchers::Contains;
#endif
