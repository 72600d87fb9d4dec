// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/wide_vectors.hpp>

#include <fstream>
#include <iterator>
#include <string>

TEST_CASE("AVX-512 is used where the system says that it is there", "[wide_vectors]") {
#if PHISCOPE_WIDE_VECTORS && defined(__linux__)
  std::ifstream file("/proc/cpuinfo");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto has = [&all](const char* flag) { return all.find(flag) != std::string::npos; };
  CHECK(phiscope::detail::has_wide_vectors() == (has(" avx512f ") && has(" avx512dq ")));
#else
  CHECK_FALSE(phiscope::detail::has_wide_vectors());
#endif
}
