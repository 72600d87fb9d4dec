// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/kl_divergence.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::kl_divergence;
using phiscope::LogitDivergence;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

LogitDivergence of(const std::vector<double>& p, const std::vector<double>& q) {
  return kl_divergence(std::span<const double>(p), std::span<const double>(q));
}

/// Sum of P log(P / Q) with every probability written out, in long double.
double kl_by_definition(const std::vector<double>& p, const std::vector<double>& q) {
  long double sum_p = 0.0L;
  long double sum_q = 0.0L;
  for (const double x : p) sum_p += std::exp(static_cast<long double>(x));
  for (const double x : q) sum_q += std::exp(static_cast<long double>(x));
  long double kl = 0.0L;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const long double a = std::exp(static_cast<long double>(p[i])) / sum_p;
    const long double b = std::exp(static_cast<long double>(q[i])) / sum_q;
    kl += a * std::log(a / b);
  }
  return static_cast<double>(kl);
}

}  // namespace

TEST_CASE("the divergence of two distributions over two tokens", "[kl_divergence]") {
  // P = (3/4, 1/4), Q = (1/4, 3/4): KL = (1/2) log 3
  const auto found = of({std::log(3.0), 0.0}, {0.0, std::log(3.0)});
  CHECK(found.kl.value() == Approx(0.5 * std::log(3.0)).epsilon(1e-14));
  CHECK(found.reverse_kl.value() == Approx(0.5 * std::log(3.0)).epsilon(1e-14));
  CHECK(found.l2.value() == Approx(std::sqrt(2.0) * std::log(3.0)).epsilon(1e-14));
  CHECK(found.rms.value() == Approx(std::log(3.0)).epsilon(1e-14));
  CHECK(found.prediction_changed);
}

TEST_CASE("divergences agree with the definition", "[kl_divergence]") {
  const auto seed = GENERATE(range(0U, 20U));
  const std::size_t tokens = 1 + 7 * seed;  // also not a multiple of four
  const double scale = GENERATE(0.1, 3.0, 30.0);
  CAPTURE(seed, tokens, scale);
  const auto x = random_rows(seed, 2, tokens, scale);
  const std::vector<double> p(x.view().row(0).begin(), x.view().row(0).end());
  const std::vector<double> q(x.view().row(1).begin(), x.view().row(1).end());
  const auto found = of(p, q);
  CHECK(found.kl.value() == Approx(kl_by_definition(p, q)).epsilon(1e-13).margin(1e-14));
  CHECK(found.reverse_kl.value() == Approx(kl_by_definition(q, p)).epsilon(1e-13).margin(1e-14));
  CHECK(of(q, p).kl.value() == Approx(found.reverse_kl.value()).margin(1e-15).epsilon(1e-14));
  double squares = 0.0;
  for (std::size_t i = 0; i < tokens; ++i) squares += (p[i] - q[i]) * (p[i] - q[i]);
  CHECK(found.l2.value() == Approx(std::sqrt(squares)).epsilon(1e-14));
  CHECK(found.rms.value() ==
        Approx(std::sqrt(squares / static_cast<double>(tokens))).epsilon(1e-14));
}

TEST_CASE("equal logits diverge by nothing, to the bit", "[kl_divergence]") {
  const auto x = random_rows<float>(3, 1, 1003, 20.0);
  const auto found = kl_divergence(x.view().row(0), x.view().row(0));
  CHECK(found.kl == Value(0.0));
  CHECK(found.reverse_kl == Value(0.0));
  CHECK(found.l2 == Value(0.0));
  CHECK_FALSE(found.prediction_changed);
}

TEST_CASE("a constant added to all logits changes distances, not divergences", "[kl_divergence]") {
  const auto x = random_rows(4, 2, 50, 5.0);
  const std::vector<double> p(x.view().row(0).begin(), x.view().row(0).end());
  std::vector<double> q(x.view().row(1).begin(), x.view().row(1).end());
  const double before = of(p, q).kl.value();
  for (double& logit : q) logit += 1000.0;
  CHECK(of(p, q).kl.value() == Approx(before).epsilon(1e-11));
  CHECK(of(p, q).l2.value() == Approx(1000.0 * std::sqrt(50.0)).epsilon(0.01));
}

TEST_CASE("probabilities that underflow do no harm", "[kl_divergence]") {
  // Q gives the token that P is sure of a probability of exp(-2000).
  const auto found = of({0.0, 2000.0, 0.0}, {2000.0, 0.0, 0.0});
  CHECK(found.kl.value() == Approx(2000.0).epsilon(1e-15));
  CHECK(of({1e300, 0.0}, {1e300, 0.0}).kl == Value(0.0));
}

TEST_CASE("float logits are taken exactly", "[kl_divergence]") {
  const auto x = random_rows<float>(5, 2, 37, 8.0);
  const std::vector<double> p(x.view().row(0).begin(), x.view().row(0).end());
  const std::vector<double> q(x.view().row(1).begin(), x.view().row(1).end());
  CHECK(kl_divergence(x.view().row(0), x.view().row(1)).kl == of(p, q).kl);
  CHECK(kl_divergence(x.view().row(0), std::span<const double>(q)).kl == of(p, q).kl);
}

TEST_CASE("the first of equal logits is the prediction", "[kl_divergence]") {
  CHECK_FALSE(of({1.0, 5.0, 5.0}, {0.0, 7.0, 2.0}).prediction_changed);
  CHECK(of({1.0, 5.0, 5.0}, {0.0, 2.0, 7.0}).prediction_changed);
}

TEST_CASE("one token, no token, broken logits", "[kl_divergence]") {
  CHECK(of({3.0}, {-8.0}).kl == Value(0.0));
  CHECK(of({}, {}).kl == Value(Status::too_few_rows));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double broken : {nan, infinity, -infinity}) {
    for (std::size_t place = 0; place < 6; ++place) {
      std::vector<double> p{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
      const std::vector<double> q = p;
      p[place] = broken;
      CAPTURE(broken, place);
      for (const auto& found : {of(p, q), of(q, p), of(p, p)}) {
        CHECK(found.kl == Value(Status::nonfinite));
        CHECK(found.reverse_kl == Value(Status::nonfinite));
        CHECK(found.l2 == Value(Status::nonfinite));
        CHECK(found.rms == Value(Status::nonfinite));
        CHECK_FALSE(found.prediction_changed);
      }
    }
  }
  CHECK_THROWS_WITH(of({1.0}, {1.0, 2.0}), Contains("lengths 1 and 2"));
}

TEMPLATE_TEST_CASE("a row that others are compared with gives the same bits", "[kl_divergence]",
                   float, double) {
  for (const std::size_t tokens : {1U, 3U, 4U, 7U, 64U, 1003U}) {
    CAPTURE(tokens);
    const auto rows = random_rows(tokens, 4, tokens, 5.0);
    std::vector<std::vector<TestType>> x;
    for (std::size_t r = 0; r < 4; ++r) {
      x.emplace_back(rows.view().row(r).begin(), rows.view().row(r).end());
    }
    const std::span<const TestType> p(x[0]);
    const phiscope::ReferenceLogits<TestType> reference(p);
    for (std::size_t r = 0; r < 4; ++r) {  // with itself as well
      const std::span<const TestType> q(x[r]);
      const LogitDivergence alone = kl_divergence(p, q);
      const LogitDivergence found = reference.divergence(q);
      CHECK(found.kl.value() == alone.kl.value());
      CHECK(found.reverse_kl.value() == alone.reverse_kl.value());
      CHECK(found.l2.value() == alone.l2.value());
      CHECK(found.rms.value() == alone.rms.value());
      CHECK(found.prediction_changed == alone.prediction_changed);
    }
    CHECK(reference.divergence(p).kl.value() == 0.0);
    x[1].back() = std::numeric_limits<TestType>::quiet_NaN();
    CHECK(reference.divergence(std::span<const TestType>(x[1])).kl.status() == Status::nonfinite);
    CHECK_THROWS_AS(reference.divergence(p.first(tokens - 1)), std::invalid_argument);
  }
  const phiscope::ReferenceLogits<TestType> none(std::span<const TestType>{});
  CHECK(none.divergence(std::span<const TestType>{}).kl.status() == Status::too_few_rows);
}
