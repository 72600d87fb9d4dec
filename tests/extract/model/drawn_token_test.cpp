// SPDX-License-Identifier: MIT
// Fast draws against the definition, token_distribution() and draw(), which is itself compared with
// Hugging Face in token_drawing_test.cpp.
#include "run/draw/drawn_token.hpp"

#include "model_fixture.hpp"
#include "plan/counter_random.hpp"

#include <cmath>
#include <random>
#include <utility>

using namespace phiscope::extract;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

double uniform(std::mt19937_64& engine) {
  return static_cast<double>(engine() >> 11U) * 0x1.0p-53;
}

enum class Shape { smooth, peaked, ties, masked, flat, far };

std::vector<float> logits_of(Shape shape, std::size_t vocab, std::mt19937_64& engine) {
  std::normal_distribution<float> normal;
  std::vector<float> logits(vocab);
  for (float& x : logits) x = normal(engine);
  switch (shape) {
    case Shape::smooth:
      break;
    case Shape::peaked:
      for (float& x : logits) x *= 6.0F;
      break;
    case Shape::ties:
      for (float& x : logits) x = std::round(2.0F * x);
      break;
    case Shape::masked:
      for (float& x : logits) x = engine() % 3 == 0 ? 2.0F * x : -inf;
      logits[engine() % vocab] = 1.0F;
      break;
    case Shape::flat:
      std::ranges::fill(logits, -1.5F);
      break;
    case Shape::far:
      for (float& x : logits) x *= engine() % 9 == 0 ? 3e4F : 20.0F;
      break;
  }
  return logits;
}

DrawOptions options_of(std::size_t vocab, std::mt19937_64& engine) {
  const auto one_of = [&](const std::vector<double>& from) { return from[engine() % from.size()]; };
  const auto size = static_cast<double>(vocab);
  const double k = one_of({0, 0, 0, 1, 2, 7, 50, size / 2, size - 1, size, size + 1});
  return {.temperature = one_of({1.0, 1.0, 0.8, 0.05, 1.7, 30.0, 1e-5, 1e31}),
          .top_k = static_cast<int>(k),
          .top_p = one_of({1.0, 1.0, 0.95, 0.9, 0.5, 0.1, 0.999, 1e-9, 1e-300, 1.0 - 1e-12}),
          .repetition_penalty = one_of({1.0, 1.0, 1.3, 0.7})};
}

int defined(std::span<const float> logits, std::span<const int> earlier, const DrawOptions& options,
            double u) {
  return draw(token_distribution(logits, earlier, options), u);
}

}  // namespace

TEST_CASE("the fast draw is the defined one for rows of all kinds", "[drawn_token]") {
  std::mt19937_64 engine(5);
  DrawScratch scratch;  // of rows before, longer and shorter
  int doubts = 0;
  int rows = 0;
  for (const Shape shape :
       {Shape::smooth, Shape::peaked, Shape::ties, Shape::masked, Shape::flat, Shape::far}) {
    for (int n = 0; n < 250; ++n) {
      const std::size_t vocab = std::vector<std::size_t>{1, 2, 100, 128, 700, 3000}[engine() % 6];
      const std::vector<float> logits = logits_of(shape, vocab, engine);
      const DrawOptions options = options_of(vocab, engine);
      std::vector<int> earlier(engine() % 40);
      for (int& id : earlier) id = static_cast<int>(engine() % (vocab + 2));
      for (int k = 0; k < 4; ++k) {
        const double u = uniform(engine);
        const int wanted = defined(logits, earlier, options, u);
        const auto undoubted = undoubted_token(logits, earlier, options, u, scratch);
        CAPTURE(static_cast<int>(shape), n, vocab, u, options.temperature, options.top_k,
                options.top_p, options.repetition_penalty);
        if (undoubted) CHECK(*undoubted == wanted);
        CHECK(drawn_token(logits, earlier, options, u, scratch) == wanted);
        // Masses in simple proportions, or next to nothing that may go.
        const bool limits_meet = shape == Shape::ties || shape == Shape::flat || vocab <= 2 ||
                                 options.temperature > 1e9 || options.top_p == 1.0 - 1e-12;
        if (!limits_meet) {
          doubts += undoubted ? 0 : 1;
          ++rows;
        }
      }
    }
  }
  CAPTURE(doubts, rows);
  CHECK(rows > 1800);
  CHECK(doubts == 0);  // the slow way would hide any error
}

TEST_CASE("the fast draw is the defined one over a vocabulary of today", "[drawn_token]") {
  std::mt19937_64 engine(6);
  DrawScratch scratch;
  const std::vector<float> smooth = logits_of(Shape::smooth, 151'936, engine);
  std::vector<float> steep = smooth;
  for (float& x : steep) x *= 2.5F;
  const std::vector<int> earlier{3, 90'000, 151'935};
  for (const DrawOptions& options :
       {DrawOptions{}, DrawOptions{.temperature = 0.8}, DrawOptions{.top_p = 0.95},
        DrawOptions{.temperature = 0.7, .top_k = 50, .top_p = 0.9}, DrawOptions{.top_k = 5000},
        DrawOptions{.top_p = 0.9, .repetition_penalty = 1.2}}) {
    for (const std::vector<float>* logits : {&smooth, &std::as_const(steep)}) {
      const TokenDistribution distribution = token_distribution(*logits, earlier, options);
      for (int n = 0; n < 40; ++n) {
        const double u = uniform(engine);
        const auto found = undoubted_token(*logits, earlier, options, u, scratch);
        REQUIRE(found.has_value());
        CHECK(*found == draw(distribution, u));
      }
    }
  }
}

TEST_CASE("at a limit of the distribution function the definition decides", "[drawn_token]") {
  std::mt19937_64 engine(7);
  DrawScratch scratch;
  const std::vector<float> logits = logits_of(Shape::smooth, 500, engine);
  for (const DrawOptions& options :
       {DrawOptions{}, DrawOptions{.top_p = 0.8}, DrawOptions{.top_k = 30}}) {
    const TokenDistribution distribution = token_distribution(logits, {}, options);
    double below = 0.0;
    for (std::size_t i = 0; i + 1 < distribution.ids.size(); ++i) {
      below += distribution.probabilities[i];
      for (const double u : {std::nextafter(below, 0.0), below, std::nextafter(below, 1.0)}) {
        CHECK_FALSE(undoubted_token(logits, {}, options, u, scratch).has_value());
        CHECK(drawn_token(logits, {}, options, u, scratch) == draw(distribution, u));
      }
    }
  }
  CHECK(drawn_token(logits, {}, {}, 0.0, scratch) == 0);
  CHECK(drawn_token(logits, {}, {}, std::nextafter(1.0, 0.0), scratch) == 499);
}

TEST_CASE("at a limit of top_p the definition decides", "[drawn_token]") {
  DrawScratch scratch;
  const std::vector<float> four{-inf, 0.0F, 0.0F, -inf, 0.0F, 0.0F};  // a quarter each
  for (const double top_p : {0.25, 0.5, 0.75}) {
    const DrawOptions options{.top_p = top_p};
    for (double u = 0.01; u < 1.0; u += 0.02) {
      CHECK_FALSE(undoubted_token(four, {}, options, u, scratch).has_value());
      CHECK(drawn_token(four, {}, options, u, scratch) == defined(four, {}, options, u));
    }
  }
  // Half a quarter is left: the two lower ids go, then too little is left for the third.
  CHECK(undoubted_token(four, {}, {.top_p = 0.375}, 0.3, scratch) == 4);
  CHECK(undoubted_token(four, {}, {.top_p = 0.375}, 0.7, scratch) == 5);
  CHECK(undoubted_token(four, {}, {.top_p = 0.1}, 0.01, scratch) == 5);  // the best of equal ones
}

TEST_CASE("a million fast draws follow the distribution", "[drawn_token]") {
  std::mt19937_64 engine(8);
  const std::vector<float> logits = logits_of(Shape::smooth, 60, engine);
  DrawScratch scratch;
  for (const std::uint32_t draws : {1'000'000U, 100'000U}) {
    const DrawOptions options = draws == 1'000'000
                                    ? DrawOptions{}
                                    : DrawOptions{.temperature = 0.7, .top_k = 40, .top_p = 0.95};
    const TokenDistribution distribution = token_distribution(logits, {}, options);
    std::vector<int> counts(logits.size(), 0);
    for (std::uint32_t n = 0; n < draws; ++n) {
      const double u = uniform_at(17, {.prompt = 3, .sample = n, .step = 5});
      ++counts[static_cast<std::size_t>(drawn_token(logits, {}, options, u, scratch))];
    }
    double chi_square = 0.0;
    int counted = 0;
    for (std::size_t i = 0; i < distribution.ids.size(); ++i) {
      const double expected = distribution.probabilities[i] * draws;
      const int found = counts[static_cast<std::size_t>(distribution.ids[i])];
      counted += found;
      chi_square += (found - expected) * (found - expected) / expected;
    }
    CHECK(counted == static_cast<int>(draws));  // nothing outside the distribution
    // Mean and standard deviation of chi-square are f and sqrt(2 f); the seed is fixed.
    const auto freedom = static_cast<double>(distribution.ids.size() - 1);
    CAPTURE(chi_square, freedom);
    CHECK(std::abs(chi_square - freedom) < 3 * std::sqrt(2 * freedom));
  }
}

TEST_CASE("the fast draw refuses what the definition refuses", "[drawn_token]") {
  DrawScratch scratch;
  const auto drawn = [&](const std::vector<float>& logits, const std::vector<int>& earlier,
                         const DrawOptions& options) {
    return drawn_token(logits, earlier, options, 0.5, scratch);
  };
  const float nan = std::nanf("");
  const std::vector<float> two{0.0F, 2.0F};
  CHECK_THROWS_WITH(drawn({0.0F, nan}, {}, {}), Contains("logit 1: found nan"));
  CHECK_THROWS_WITH(drawn({inf, 0.0F}, {}, {.top_k = 1}), Contains("logit 0: found inf"));
  CHECK_THROWS_WITH(drawn({nan, 0.0F}, {0}, {.top_p = 0.5, .repetition_penalty = 2.0}),
                    Contains("logit 0: found nan"));
  CHECK_THROWS_WITH(drawn({-inf, -inf}, {}, {}), Contains("above minus infinity"));
  CHECK_THROWS_WITH(drawn({}, {}, {}), Contains("above minus infinity"));
  CHECK_THROWS_WITH(drawn(two, {-1}, {}), Contains("negative"));
  CHECK_THROWS_WITH(drawn(two, {}, {.temperature = 0.0}), Contains("temperature: found 0"));
  CHECK_THROWS_WITH(drawn(two, {}, {.temperature = 1e-308}), Contains("logit 1: found 2, inf"));
  CHECK_THROWS_WITH(drawn(two, {}, {.top_k = -1}), Contains("top_k: found -1"));
}
