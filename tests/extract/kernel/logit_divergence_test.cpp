// SPDX-License-Identifier: MIT
#include "kernel/logit_divergence.hpp"

#include "catch.hpp"
#include "kernel/number.hpp"

#include <phiscope/kl_divergence.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace phiscope;
using namespace phiscope::extract::kernel;

namespace {

using Sizes = std::vector<std::size_t>;

template <class T>
std::vector<T> random_logits(std::size_t vocab, double scale, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0.0, scale);
  std::vector<T> logits(vocab);
  for (T& v : logits) v = narrow<T>(static_cast<Wide<T>>(normal(engine)));
  return logits;
}

/// The measures of two rows, as the GPU makes them.
template <class T>
LogitMeasures measures_of(const std::vector<T>& a, const std::vector<T>& b) {
  LogitMeasures measures;
  const std::int64_t row = 0;
  const LogitPairs<T> job{.pairs = 1,
                          .vocab = a.size(),
                          .a = a.data(),
                          .a_stride = a.size(),
                          .b = b.data(),
                          .b_stride = b.size(),
                          .row_a = &row,
                          .row_b = &row,
                          .measures = &measures};
  logit_divergences(job, 0, 1);
  return measures;
}

template <class T>
std::vector<double> doubles(const std::vector<T>& logits) {
  std::vector<double> wide;
  for (const T& v : logits) wide.push_back(static_cast<double>(widen(v)));
  return wide;
}

template <class T>
std::int64_t first_largest(const std::vector<T>& logits) {
  const std::vector<double> wide = doubles(logits);
  return std::max_element(wide.begin(), wide.end()) - wide.begin();
}

/// Compares with the metric, to `slack` nats and its own last digits.
template <class T>
void check_against_metric(const std::vector<T>& a, const std::vector<T>& b, double slack) {
  const std::vector<double> p = doubles(a);
  const std::vector<double> q = doubles(b);
  const LogitDivergence metric =
      kl_divergence(std::span<const double>(p), std::span<const double>(q));
  const LogitMeasures found = measures_of(a, b);
  REQUIRE((found.finite == 1) == metric.kl.ok());
  if (found.finite == 0) return;
  CHECK(found.kl == Approx(metric.kl.value()).epsilon(1e-12).margin(slack));
  CHECK(found.reverse_kl == Approx(metric.reverse_kl.value()).epsilon(1e-12).margin(slack));
  CHECK(found.l2 == Approx(metric.l2.value()).epsilon(1e-13));
  CHECK((found.argmax_a != found.argmax_b) == metric.prediction_changed);
  CHECK(found.argmax_a == first_largest(a));
  CHECK(found.argmax_b == first_largest(b));
}

template <class T>
void check_vocabularies() {
  unsigned seed = 0;
  for (const std::size_t vocab : Sizes{1, 2, 3, 31, 511, 512, 513, 1025, 50257}) {
    INFO("vocab " << vocab);
    const auto a = random_logits<T>(vocab, 3.0, ++seed);
    const auto b = random_logits<T>(vocab, 4.0, ++seed);
    check_against_metric(a, b, 3e-15);
    check_against_metric(b, a, 3e-15);
  }
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("divergences of a GPU's arithmetic are the metric's", "[logit_divergence]") {
  check_vocabularies<float>();
  check_vocabularies<double>();
  check_vocabularies<Bfloat16>();
  check_vocabularies<Float16>();
}

TEST_CASE("divergences over a vocabulary of 151936 tokens", "[logit_divergence]") {
  check_against_metric(random_logits<float>(151936, 2.5, 1), random_logits<float>(151936, 2.5, 2),
                       1e-14);
  // Largest logits that come last, so that every token before is rebased.
  std::vector<double> up(151936);
  std::vector<double> down(151936);
  for (std::size_t t = 0; t < up.size(); ++t) {
    up[t] = 1e-3 * static_cast<double>(t);
    down[t] = -up[t];
  }
  check_against_metric(up, down, 1e-11);  // a divergence of 152
}

TEST_CASE("equal logits diverge by exactly nothing", "[logit_divergence]") {
  const auto a = random_logits<float>(50257, 5.0, 7);
  const LogitMeasures found = measures_of(a, a);
  CHECK(found.kl == 0.0);
  CHECK(found.reverse_kl == 0.0);
  CHECK(found.l2 == 0.0);
  CHECK(found.argmax_a == found.argmax_b);
  CHECK(found.finite == 1);
}

TEST_CASE("logits that differ by a constant have one distribution", "[logit_divergence]") {
  auto a = random_logits<double>(3000, 5.0, 8);
  for (double& v : a) v = std::round(v * 1024.0) / 1024.0;
  auto b = a;
  for (double& v : b) v += 987654321.0;  // without rounding
  const LogitMeasures found = measures_of(a, b);
  CHECK(found.kl == 0.0);
  CHECK(found.reverse_kl == 0.0);
  CHECK(found.l2 == Approx(987654321.0 * std::sqrt(3000.0)).epsilon(1e-14));
}

TEST_CASE("a divergence of 1e-12 is found", "[logit_divergence]") {
  auto a = random_logits<double>(5000, 3.0, 9);
  auto b = a;
  std::mt19937 engine(10);
  std::normal_distribution<double> normal(0.0, 1.4e-6);
  for (double& v : b) v += normal(engine);
  // To second order KL is half the variance of the differences under P.
  long double sum = 0.0L;
  long double first = 0.0L;
  long double second = 0.0L;
  for (std::size_t t = 0; t < a.size(); ++t) {
    const long double weight = std::exp(static_cast<long double>(a[t]));
    const long double apart = static_cast<long double>(a[t]) - b[t];
    sum += weight;
    first += weight * apart;
    second += weight * apart * apart;
  }
  const auto half_variance =
      static_cast<double>((second / sum - first / sum * (first / sum)) / 2.0L);
  REQUIRE(half_variance > 5e-13);
  const LogitMeasures found = measures_of(a, b);
  CHECK(found.kl == Approx(half_variance).epsilon(0.001));
  CHECK(found.reverse_kl == Approx(half_variance).epsilon(0.001));
  check_against_metric(a, b, 1e-15);
}

TEST_CASE("a divergence below the last digit is not negative", "[logit_divergence]") {
  for (unsigned seed = 20; seed < 60; ++seed) {
    const auto a = random_logits<double>(600, 2.0, seed);
    auto b = a;
    for (std::size_t t = seed % 3; t < b.size(); t += 3) b[t] += 1e-10;
    const LogitMeasures found = measures_of(a, b);
    CHECK(found.kl >= 0.0);
    CHECK(found.kl < 1e-15);
    CHECK(found.reverse_kl >= 0.0);
    CHECK(found.reverse_kl < 1e-15);
  }
}

TEST_CASE("huge logits neither overflow nor vanish", "[logit_divergence]") {
  auto a = random_logits<double>(1500, 1e4, 11);
  auto b = random_logits<double>(1500, 1e4, 12);
  check_against_metric(a, b, 0.0);
  // One token that takes all probability, elsewhere in the other row.
  a.assign(1500, -1e4);
  b = a;
  a[3] = 1e4;
  b[700] = 1e4;
  const LogitMeasures found = measures_of(a, b);
  CHECK(found.kl == Approx(2e4).epsilon(1e-15));
  CHECK(found.reverse_kl == Approx(2e4).epsilon(1e-15));
  CHECK(found.l2 == Approx(2e4 * std::sqrt(2.0)).epsilon(1e-15));
  CHECK(found.argmax_a == 3);
  CHECK(found.argmax_b == 700);
}

TEST_CASE("of equal logits the first is the prediction", "[logit_divergence]") {
  std::vector<float> a(2000, -1.0F);
  std::vector<float> b = a;
  CHECK(measures_of(a, b).argmax_a == 0);
  // In one thread; then in two, the later token's thread first in the tree and last.
  for (const auto& [early, late] :
       {std::pair<std::size_t, std::size_t>{5, 5 + 512}, {511, 512}, {7, 8}, {300, 1024}}) {
    INFO("tokens " << early << " and " << late);
    a.assign(2000, -1.0F);
    a[early] = a[late] = 2.0F;
    b = a;
    b[late] = 3.0F;
    const LogitMeasures found = measures_of(a, b);
    CHECK(found.argmax_a == static_cast<std::int64_t>(early));
    CHECK(found.argmax_b == static_cast<std::int64_t>(late));
    check_against_metric(a, b, 1e-15);
  }
}

TEST_CASE("one logit that is not finite spoils its pair", "[logit_divergence]") {
  for (const std::size_t vocab : Sizes{1, 40, 1025}) {
    for (const std::size_t token : {std::size_t{0}, vocab / 2, vocab - 1}) {
      for (const double bad : {infinity, -infinity, std::nan("")}) {
        INFO("vocab " << vocab << " token " << token << " logit " << bad);
        auto a = random_logits<double>(vocab, 1.0, 13);
        auto b = random_logits<double>(vocab, 1.0, 14);
        a[token] = bad;
        CHECK(measures_of(a, b).finite == 0);
        CHECK(measures_of(b, a).finite == 0);
        check_against_metric(a, b, 0.0);
        CHECK(measures_of(a, a).finite == 0);
      }
    }
  }
  // Finite logits whose difference, or its square, is not.
  CHECK(measures_of<double>({1e308, 0.0}, {-1e308, 0.0}).finite == 0);
  CHECK(measures_of<double>({1e200, 0.0}, {0.0, 0.0}).finite == 0);
  check_against_metric<double>({1e200, 0.0}, {0.0, 0.0}, 0.0);
}

TEST_CASE("a pair compares the rows that it names, whatever the others are", "[logit_divergence]") {
  constexpr std::size_t vocab = 700;
  constexpr std::size_t stride = vocab + 5;
  const auto a = random_logits<float>(4 * stride, 2.0, 15);
  const auto b = random_logits<float>(3 * stride, 2.0, 16);
  const std::vector<std::int64_t> row_a{3, 0, 3, 1};
  const std::vector<std::int64_t> row_b{0, 2, 1, 2};
  std::vector<LogitMeasures> all(4);
  const LogitPairs<float> job{.pairs = 4,
                              .vocab = vocab,
                              .a = a.data(),
                              .a_stride = stride,
                              .b = b.data(),
                              .b_stride = stride,
                              .row_a = row_a.data(),
                              .row_b = row_b.data(),
                              .measures = all.data()};
  logit_divergences(job, 2, 4);
  CHECK(all[1].finite == 0);  // not asked for
  logit_divergences(job, 0, 2);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const auto row = [](const std::vector<float>& from, std::int64_t at) {
      const auto begin = from.begin() + at * static_cast<std::int64_t>(stride);
      return std::vector<float>(begin, begin + vocab);
    };
    const LogitMeasures alone = measures_of(row(a, row_a[pair]), row(b, row_b[pair]));
    CHECK(std::memcmp(&alone, &all[pair], sizeof(alone)) == 0);
  }
}

TEST_CASE("an empty vocabulary is refused", "[logit_divergence]") {
  CHECK_THROWS_AS(measures_of<float>({}, {}), std::invalid_argument);
}
