// SPDX-License-Identifier: MIT
// Reads the first shard of a run and measures each layer of it:  shard RUN ARRAY
#include "shard/run_reader.hpp"

#include <phiscope/matrix_view.hpp>
#include <phiscope/mean_cosine.hpp>

#include <cstddef>
#include <iostream>
#include <span>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto run = phiscope::shard::Run::open(argv[1]);
  const auto file = run.array(argv[2], run.shards().front());
  const std::span<const float> values = file.view<float>();  // [row, layer, unit], in place
  const std::size_t rows = file.shape()[0];
  const std::size_t layers = file.shape()[1];
  const std::size_t units = file.shape()[2];
  for (std::size_t layer = 0; layer < layers; ++layer) {
    // The rows of one layer lie layers * units elements apart: a view with a stride, no copy.
    const auto part = values.subspan(layer * units);
    const phiscope::MatrixView<float> view(part, rows, units, layers * units);
    std::cout << "layer " << layer << ": mean cosine " << phiscope::mean_cosine(view) << '\n';
  }
}
