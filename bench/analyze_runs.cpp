// SPDX-License-Identifier: MIT
// Runs of the sizes that docs/performance.md times: analyze_runs loo|phiid RUN [LAYERS | HEADS].
// Values are made from a formula, by the writers of the tests.
#include "analyze/loo/synthetic_run.hpp"
#include "analyze/phiid/phiid_run.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>

namespace {

/// Semantic and unrelated words, 5 trials of 5 lengths: 50 contexts; the embedding and layers.
void write_loo(const std::filesystem::path& run, std::int64_t layers) {
  phiscope::test::SyntheticRun made{.lengths = {6, 10, 20, 50, 100}, .trials = 5, .layers = {}};
  for (std::int64_t layer = -1; layer < layers; ++layer) made.layers.push_back(layer);
  made.units = 8;
  phiscope::test::write_synthetic_run(run, made);
}

/// 60 prompts of 100 steps; 36 layers.
void write_phiid(const std::filesystem::path& run, std::size_t heads) {
  constexpr std::size_t layers = 36;
  phiscope::test::write_phiid_run(run,
                                  phiscope::test::independent_run(60, 100, layers, heads / layers));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    const std::string what = arguments.size() < 3 ? "" : arguments[1];
    const int size = arguments.size() < 4 ? 0 : std::stoi(arguments[3]);
    if (what == "loo") {
      write_loo(arguments[2], size == 0 ? 28 : size);
    } else if (what == "phiid") {
      write_phiid(arguments[2], size == 0 ? 1152 : static_cast<std::size_t>(size));
    } else {
      throw std::invalid_argument("usage: analyze_runs loo|phiid RUN [LAYERS | HEADS]");
    }
  } catch (const std::exception& error) {
    std::cerr << "analyze_runs: error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
