// SPDX-License-Identifier: MIT
// How far are two rows of logits apart? Any container of the standard library will do.
#include <phiscope/kl_divergence.hpp>

#include <array>
#include <iostream>
#include <vector>

int main() {
  const std::vector<float> before{1.0F, 2.0F, 0.5F, -1.0F};
  const std::array<float, 4> after{1.0F, 1.0F, 1.0F, 1.0F};  // uniform
  const phiscope::LogitDivergence found = phiscope::kl_divergence(before, after);
  std::cout << "KL " << found.kl << " nats, prediction changed: " << found.prediction_changed
            << '\n';

  // What is undefined says why, and prints so.
  const std::vector<float> none;
  std::cout << "of an empty vocabulary: " << phiscope::kl_divergence(none, none).kl << '\n';
}
