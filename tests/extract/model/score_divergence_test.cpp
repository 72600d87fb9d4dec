// SPDX-License-Identifier: MIT
#include "run/score_divergence.hpp"

#include "model_fixture.hpp"
#include "test_device.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <limits>
#include <numeric>

using namespace phiscope;
using namespace phiscope::extract;

namespace {

std::vector<LogitDivergence> score_divergences(const at::Tensor& a,
                                               std::span<const std::int64_t> rows_a,
                                               const at::Tensor& b) {
  ScoreDivergences all;
  all.add(a, rows_a, b);
  return all.take();
}

std::vector<std::int64_t> rows_from(std::int64_t first, const at::Tensor& b) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(b.size(0)));
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

/// Compares rows of b with rows first.. of a by LibTorch's softmax in float64.
void check_rows(const at::Tensor& a, std::int64_t first, const at::Tensor& b) {
  const std::vector<LogitDivergence> found =
      score_divergences(comparable_scores(a), rows_from(first, b), comparable_scores(b));
  REQUIRE(std::ssize(found) == b.size(0));
  for (std::int64_t i = 0; i < b.size(0); ++i) {
    INFO("row " << i);
    const at::Tensor p = a[first + i].cpu().to(at::kDouble);
    const at::Tensor q = b[i].cpu().to(at::kDouble);
    const at::Tensor log_p = at::log_softmax(p, 0);
    const at::Tensor log_q = at::log_softmax(q, 0);
    const LogitDivergence& one = found[static_cast<std::size_t>(i)];
    CHECK(one.kl.value() ==
          Approx((log_p.exp() * (log_p - log_q)).sum().item<double>()).epsilon(1e-10));
    CHECK(one.reverse_kl.value() ==
          Approx((log_q.exp() * (log_q - log_p)).sum().item<double>()).epsilon(1e-10));
    const double l2 = std::sqrt((p - q).square().sum().item<double>());
    CHECK(one.l2.value() == Approx(l2).epsilon(1e-12));
    CHECK(one.rms.value() == Approx(l2 / std::sqrt(static_cast<double>(p.size(0)))).epsilon(1e-12));
    CHECK(one.prediction_changed == (p.argmax().item<int>() != q.argmax().item<int>()));
  }
}

void check_device(at::Device device) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    const at::Tensor a = (3.0 * at::randn({9, 700})).to(dtype);
    const at::Tensor b = a.narrow(0, 2, 5) + 0.3 * at::randn({5, 700}).to(dtype);
    check_rows(a.to(device), 2, b.to(device));
    check_rows(a.to(device), 0, b.to(device));
    at::Tensor spoilt = b.clone();
    spoilt[3][699] = std::numeric_limits<double>::infinity();
    const auto found = score_divergences(comparable_scores(a.to(device)), rows_from(2, b),
                                         comparable_scores(spoilt.to(device)));
    for (std::size_t i = 0; i < 5; ++i) CHECK(found[i].kl.ok() == (i != 3));
    CHECK(found[3].kl.status() == Status::nonfinite);
  }
}

}  // namespace

TEST_CASE("rows of scores are compared with the rows they belong to", "[score_divergence]") {
  check_device(at::kCPU);
}

TEST_CASE("scores on another device are compared there", "[score_divergence]") {
  const auto device = phiscope::test::test_device();
  if (device) check_device(*device);
}
