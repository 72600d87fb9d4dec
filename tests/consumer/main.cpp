// SPDX-License-Identifier: MIT
#include <phiscope/all.hpp>

#include <iostream>
#include <vector>

int main() {
  const std::vector<double> logits{0.0, 0.0, 0.0};
  const phiscope::Value phi = phiscope::phi_ratio(3.0, 2.0);
  const phiscope::Value kl = phiscope::kl_divergence(logits, logits).kl;
  std::cout << "phi = " << phi << ", kl = " << kl << '\n';
  return phi == phiscope::Value(1.5) && kl == phiscope::Value(0.0) ? 0 : 1;
}
