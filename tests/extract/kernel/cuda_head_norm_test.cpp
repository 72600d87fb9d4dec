// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "device_array.hpp"
#include "kernel/head_norm.hpp"
#include "kernel/number.hpp"

#include <random>

using namespace phiscope::extract::kernel;
using phiscope::test::DeviceArray;

namespace {

/// The kernel has the bits of the twin, wherever rows begin.
template <class T>
void check_twin(std::size_t rows, std::size_t heads, std::size_t unit, std::size_t gap,
                std::size_t offset) {
  std::mt19937 engine(static_cast<unsigned>(unit + gap));
  std::normal_distribution<float> normal;
  std::vector<T> z(offset + rows * (heads * unit + gap));
  for (T& v : z) v = narrow<T>(normal(engine));
  std::vector<Wide<T>> expected(rows * heads);
  HeadNorms<T> job{.rows = rows,
                   .heads = heads,
                   .unit = unit,
                   .z = z.data() + offset,
                   .row_stride = heads * unit + gap,
                   .norms = expected.data()};
  head_norms(job, 0, rows);
  const DeviceArray<T> device_z(z);
  const DeviceArray<Wide<T>> norms(rows * heads);
  job.z = device_z.data() + offset;
  job.norms = norms.data();
  head_norms_cuda(job, nullptr);
  INFO("rows " << rows << " heads " << heads << " unit " << unit << " gap " << gap);
  CHECK(norms.values() == expected);
}

template <class T>
void check_shapes() {
  for (const std::size_t unit : {1, 7, 8, 64, 80, 96, 128, 256, 1031}) {
    check_twin<T>(13, 5, unit, 0, 0);
    check_twin<T>(13, 5, unit, 16, 0);
    check_twin<T>(3, 5, unit, 3, 1);
  }
  check_twin<T>(4099, 32, 128, 0, 0);
}

}  // namespace

TEST_CASE("head norms of a GPU have the bits of the CPU's", "[cuda_head_norm][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_shapes<float>();
  check_shapes<double>();
  check_shapes<Bfloat16>();
  check_shapes<Float16>();
}
