// SPDX-License-Identifier: MIT
// Synergy and redundancy of every pair of three series, from one recording [time, series].
#include <phiscope/phiid_pairs.hpp>

#include <cmath>
#include <cstddef>
#include <iostream>
#include <vector>

int main() {
  constexpr std::size_t steps = 200;
  std::vector<double> recording;
  for (std::size_t t = 0; t < steps; ++t) {
    const auto time = static_cast<double>(t);
    const double common = std::sin(0.7 * time);
    recording.push_back(common + std::cos(time * time));
    recording.push_back(common + std::sin(3.0 * time * time));
    recording.push_back(std::sin(5.0 * time * time));
  }
  const phiscope::MatrixView<double> view(recording, steps, 3);
  const phiscope::PhiidTable table =
      phiscope::phiid(view, {.output = phiscope::PhiidOutput::atoms});
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i + 1; j < 3; ++j) {
      std::cout << i << ' ' << j << ": sts " << table.at(phiscope::PhiidAtom::sts, i, j) << ", rtr "
                << table.at(phiscope::PhiidAtom::rtr, i, j) << ", xty "
                << table.at(phiscope::PhiidAtom::xty, i, j) << '\n';
    }
  }
}
