// SPDX-License-Identifier: MIT
#include "model/head_norms.hpp"

#include "model_fixture.hpp"
#include "test_device.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/randn.h>

using namespace phiscope::extract;

namespace {

/// Largest relative distance from norms in float64.
double error_of(const at::Tensor& norms, const at::Tensor& z) {
  const at::Tensor exact = at::linalg_vector_norm(z.to(at::kDouble), 2, {2});
  return ((norms.to(at::kDouble) - exact).abs() / exact).max().item<double>();
}

}  // namespace

TEST_CASE("head norms of tensors are those of float64", "[head_norms]") {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    const at::Tensor z = at::randn({900, 3, 70}).to(dtype);
    // Dense; rows with a stride; every second row backwards in memory; heads that are not dense.
    for (const at::Tensor& view :
         {z, z.narrow(1, 1, 2), z.slice(0, 1, 900, 2), z.transpose(0, 1), z.transpose(1, 2)}) {
      const at::Tensor norms = head_norms(view);
      CHECK(norms.sizes() == at::IntArrayRef({view.size(0), view.size(1)}));
      CHECK(norms.scalar_type() == (dtype == at::kDouble ? at::kDouble : at::kFloat));
      CHECK(error_of(norms, view) < (dtype == at::kDouble ? 1e-15 : 5e-7));
      CHECK(at::equal(norms, head_norms(view.contiguous())));
    }
  }
  CHECK(head_norms(at::randn({0, 3, 8})).sizes() == at::IntArrayRef({0, 3}));
}

TEST_CASE("a row's head norms depend on nothing but the row", "[head_norms]") {
  const at::Tensor z = at::randn({50, 4, 33});
  const at::Tensor all = head_norms(z);
  for (std::int64_t row = 0; row < 50; ++row) {
    CHECK(at::equal(head_norms(z.narrow(0, row, 1)), all.narrow(0, row, 1)));
  }
}

TEST_CASE("head norms of another device's tensors", "[head_norms]") {
  const auto device = phiscope::test::test_device();
  if (!device) return;
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    const at::Tensor z = at::randn({300, 5, 96}).to(dtype);
    const at::Tensor norms = head_norms(z.to(*device));
    CHECK(norms.device() == *device);
    CHECK(error_of(norms.cpu(), z) < (dtype == at::kDouble ? 1e-15 : 5e-7));
  }
}
