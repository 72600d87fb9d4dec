// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "device_array.hpp"
#include "kernel/logit_divergence.hpp"
#include "kernel/number.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace phiscope::extract::kernel;
using phiscope::test::DeviceArray;

namespace {

/// Pairs of rows of two arrays, on the CPU and on the GPU.
template <class T>
struct Case {
  std::size_t vocab;
  std::vector<T> a, b;
  std::vector<std::int64_t> row_a{3, 0, 3, 1, 2};
  std::vector<std::int64_t> row_b{0, 2, 1, 2, 0};

  Case(std::size_t size, double scale) : vocab(size), a(4 * size), b(3 * size) {
    std::mt19937 engine(static_cast<unsigned>(size));
    std::normal_distribution<double> normal(0.0, scale);
    for (T& v : a) v = narrow<T>(static_cast<Wide<T>>(normal(engine)));
    for (T& v : b) v = narrow<T>(static_cast<Wide<T>>(normal(engine)));
  }
  [[nodiscard]] LogitPairs<T> job(std::vector<LogitMeasures>& measures) const {
    measures.resize(row_a.size());
    return {.pairs = row_a.size(),
            .vocab = vocab,
            .a = a.data(),
            .a_stride = vocab,
            .b = b.data(),
            .b_stride = vocab,
            .row_a = row_a.data(),
            .row_b = row_b.data(),
            .measures = measures.data()};
  }
  [[nodiscard]] std::vector<LogitMeasures> on_device() const {
    std::vector<LogitMeasures> none;
    LogitPairs<T> pairs = job(none);
    const DeviceArray<T> device_a(a);
    const DeviceArray<T> device_b(b);
    const DeviceArray<std::int64_t> rows_a(row_a);
    const DeviceArray<std::int64_t> rows_b(row_b);
    const DeviceArray<LogitMeasures> measures(row_a.size());
    pairs.a = device_a.data();
    pairs.b = device_b.data();
    pairs.row_a = rows_a.data();
    pairs.row_b = rows_b.data();
    pairs.measures = measures.data();
    logit_divergences_cuda(pairs, nullptr);
    return measures.values();
  }
};

/// Exponentials and logarithms of CPU and GPU may differ in the last digit, nothing else.
template <class T>
void check_twin(const Case<T>& c) {
  std::vector<LogitMeasures> twin;
  logit_divergences(c.job(twin), 0, c.row_a.size());
  const std::vector<LogitMeasures> found = c.on_device();
  const std::vector<LogitMeasures> again = c.on_device();
  for (std::size_t pair = 0; pair < twin.size(); ++pair) {
    INFO("vocab " << c.vocab << " pair " << pair);
    CHECK(std::memcmp(&found[pair], &again[pair], sizeof(LogitMeasures)) == 0);
    CHECK(found[pair].finite == twin[pair].finite);
    CHECK(found[pair].kl == Approx(twin[pair].kl).epsilon(1e-12).margin(1e-14));
    CHECK(found[pair].reverse_kl == Approx(twin[pair].reverse_kl).epsilon(1e-12).margin(1e-14));
    CHECK(found[pair].l2 == twin[pair].l2);
    CHECK(found[pair].argmax_a == twin[pair].argmax_a);
    CHECK(found[pair].argmax_b == twin[pair].argmax_b);
  }
}

template <class T>
void check_vocabularies() {
  for (const std::size_t vocab : {1, 2, 31, 511, 512, 513, 1025, 50257, 151936}) {
    check_twin(Case<T>(vocab, 3.0));
  }
  check_twin(Case<T>(1000, 1e4));
}

}  // namespace

TEST_CASE("divergences of a GPU are those of its twin", "[cuda_logit_divergence][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_vocabularies<float>();
  check_vocabularies<double>();
  check_vocabularies<Bfloat16>();
  check_vocabularies<Float16>();
}

TEST_CASE("ties, equal rows and bad logits on a GPU", "[cuda_logit_divergence][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  Case<float> c(2000, 1.0);
  std::fill_n(c.a.begin(), 2000, 0.0F);
  c.a[517] = c.a[518] = c.a[1541] = 9.0F;
  check_twin(c);
  CHECK(c.on_device()[1].argmax_a == 517);
  c.b = c.a;
  c.row_b = c.row_a;
  for (const LogitMeasures& same : c.on_device()) {
    CHECK(same.kl == 0.0);
    CHECK(same.reverse_kl == 0.0);
    CHECK(same.finite == 1);
  }
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    Case<float> spoilt(2000, 1.0);
    spoilt.a[3 * 2000 + 1999] = bad;
    const auto found = spoilt.on_device();
    for (std::size_t pair = 0; pair < found.size(); ++pair) {
      CHECK(found[pair].finite == (spoilt.row_a[pair] == 3 ? 0 : 1));
    }
  }
}
