// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "device_array.hpp"
#include "kernel/not_finite.hpp"
#include "kernel_case.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

namespace {

constexpr std::uint64_t none = ~std::uint64_t{0};

template <class T>
std::uint64_t first_of(const std::vector<T>& x, std::size_t rows, std::size_t unit,
                       std::size_t stride, std::uint64_t tag, std::uint64_t before = none) {
  const DeviceArray<T> device_x(x);
  const DeviceArray<std::uint64_t> first(std::vector<std::uint64_t>{before});
  not_finite_cuda(NotFinite<T>{.rows = rows,
                               .unit = unit,
                               .x = device_x.data(),
                               .row_stride = stride,
                               .tag = tag,
                               .first = first.data()},
                  nullptr);
  return first.values().front();
}

template <class T>
void check() {
  const double inf = std::numeric_limits<double>::infinity();
  for (const std::size_t unit : {1, 7, 64, 3584, 4099}) {
    for (const std::size_t gap : {0, 3}) {
      CAPTURE(sizeof(T), unit, gap);
      const std::size_t stride = unit + gap;
      std::vector<T> x = normal_numbers<T>(40 * stride, 5);
      const T largest = narrow<T>(sizeof(T) == 2 ? 65504.0F : 3e38F);
      x[0] = largest;
      CHECK(first_of(x, 40, unit, stride, 0) == none);
      for (const double special : {inf, -inf, std::nan("")}) {
        for (const std::size_t place : {std::size_t{0}, unit / 2, unit - 1}) {
          std::vector<T> bad = x;
          const T one = narrow<T>(static_cast<Wide<T>>(special));
          bad[31 * stride + place] = one;
          bad[17 * stride + unit - 1 - place] = one;
          CHECK(first_of(bad, 40, unit, stride, std::uint64_t{3} << 32) ==
                (std::uint64_t{3} << 32) + 17);
          CHECK(first_of(bad, 17, unit, stride, 0) == none);
          CHECK(first_of(bad, 40, unit, stride, 100, 7) == 7);  // an earlier one stays
        }
      }
      if (gap == 0) continue;
      for (std::size_t r = 0; r < 40; ++r) {
        x[r * stride + unit] = narrow<T>(static_cast<Wide<T>>(inf));  // between rows
      }
      CHECK(first_of(x, 40, unit, stride, 0) == none);
    }
  }
}

}  // namespace

TEST_CASE("the first row that is not finite is found on a GPU", "[cuda_not_finite][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check<float>();
  check<double>();
  check<Bfloat16>();
  check<Float16>();
}
