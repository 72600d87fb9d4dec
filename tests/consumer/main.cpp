// SPDX-License-Identifier: MIT
#include <phiscope/phi_ratio.hpp>

#include <cstdio>

int main() {
  const phiscope::Value phi = phiscope::phi_ratio(3.0, 2.0);
  std::printf("phi = %.17g\n", phi.value());
  return phi.value() == 1.5 ? 0 : 1;
}
