// SPDX-License-Identifier: MIT
// Reads a shard as an xtensor view and slices it:  xtensor RUN ARRAY
#include "shard/run_reader.hpp"

#include <phiscope/trace_covariance.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xview.hpp>

#include <array>
#include <cstddef>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto run = phiscope::shard::Run::open(argv[1]);
  const auto file = run.array(argv[2], run.shards().front());
  const std::array<std::size_t, 3> shape{file.shape()[0], file.shape()[1], file.shape()[2]};
  const auto values = file.view<float>();
  const auto array = xt::adapt(values.data(), values.size(), xt::no_ownership(), shape);
  for (std::size_t layer = 0; layer < shape[1]; ++layer) {
    const auto rows = xt::view(array, xt::all(), layer, xt::all());  // measured in place
    std::cout << "layer " << layer << ": trace " << phiscope::trace_covariance(rows) << '\n';
  }
}
