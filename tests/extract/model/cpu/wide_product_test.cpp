// SPDX-License-Identifier: MIT
#include "model/cpu/wide_product.hpp"

#include "extract/model/model_fixture.hpp"

#include <ATen/ops/abs.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max.h>
#include <ATen/ops/randn.h>

using namespace phiscope::test;

TEST_CASE("a widened product is the exact one, rounded once", "[wide_product]") {
  static_cast<void>(matrix_products());  // before the first product of the process
  at::manual_seed(1);
  const at::ScalarType dtype = GENERATE(at::kBFloat16, at::kHalf);
  // Fewer outputs than a part, a part and one, several parts.
  for (const auto& [rows, in, out] :
       {std::tuple{3, 40, 7}, std::tuple{16, 4096, 257}, std::tuple{5, 16384, 200}}) {
    const at::Tensor x = at::randn({rows, in}).to(dtype);
    const at::Tensor weight = at::randn({out, in}).to(dtype);
    const at::Tensor bias = at::randn({out}).to(dtype);
    for (const bool biased : {false, true}) {
      const at::Tensor found = widened_product(x, weight, biased ? bias : at::Tensor());
      at::Tensor exact = at::linear(x.to(at::kDouble), weight.to(at::kDouble));
      if (biased) exact += bias.to(at::kDouble);
      REQUIRE(found.scalar_type() == dtype);
      REQUIRE(found.sizes() == exact.sizes());
      // Half a unit in the last place, and what float32 sums of `in` terms may round off.
      const double half_unit = dtype == at::kHalf ? 1.0 / 2048 : 1.0 / 256;
      const at::Tensor allowed = exact.abs() * half_unit + 1e-4 * std::sqrt(in);
      CHECK(at::max((found.to(at::kDouble) - exact).abs() - allowed).item<double>() <= 0.0);
    }
  }
}

TEST_CASE("a row of a widened product has the same bits among any others", "[wide_product]") {
  at::manual_seed(2);
  static_cast<void>(matrix_products());
  const at::Tensor x = at::randn({48, 1100}).to(at::kBFloat16);
  const at::Tensor weight = at::randn({1500, 1100}).to(at::kBFloat16);
  const at::Tensor all = widened_product(x, weight, {});
  for (const int rows : {16, 32}) {
    CHECK(at::equal(widened_product(x.narrow(0, 48 - rows, rows), weight, {}),
                    all.narrow(0, 48 - rows, rows)));
  }
}

TEST_CASE("16 bits are widened where the processor does not multiply them", "[wide_product]") {
  CHECK_FALSE(is_product_widened(at::kFloat));
  CHECK_FALSE(is_product_widened(at::kDouble));
#ifdef __x86_64__
  CHECK(is_product_widened(at::kBFloat16) == (__builtin_cpu_supports("avx512bf16") == 0));
#endif
}
