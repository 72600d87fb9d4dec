// SPDX-License-Identifier: MIT
#include "kernel/step_attention.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace phiscope::extract::kernel;

namespace {

using Sizes = std::vector<std::size_t>;

struct Shape {
  std::size_t heads, kv_heads, unit, tokens;
  std::size_t window = 0;
  double softcap = 0.0;
};

/// One step with its arrays, and the cache's room after the tokens filled with NaN.
template <class T>
struct Step {
  Shape shape;
  std::vector<T> query, keys, values, z;
  std::vector<Wide<T>> scratch;

  explicit Step(const Shape& s, unsigned seed = 1) : shape(s) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<T>& to, std::size_t count, float size) {
      for (std::size_t k = 0; k < count; ++k) to.push_back(narrow<T>(size * normal(engine)));
    };
    const std::size_t token = s.kv_heads * s.unit;
    fill(query, s.heads * s.unit, 2.0F);
    fill(keys, s.tokens * token, 2.0F);
    fill(values, s.tokens * token, 1.0F);
    const T nothing = narrow<T>(std::numeric_limits<float>::quiet_NaN());
    keys.resize(keys.size() + 20 * token, nothing);
    values.resize(values.size() + 20 * token, nothing);
    z.resize(s.heads * s.unit, nothing);
  }
  [[nodiscard]] StepAttention<T> attention() {
    return {.heads = shape.heads,
            .kv_heads = shape.kv_heads,
            .unit = shape.unit,
            .query = query.data(),
            .keys = keys.data(),
            .values = values.data(),
            .token_stride = shape.kv_heads * shape.unit,
            .head_stride = shape.unit,
            .tokens = shape.tokens,
            .window = shape.window,
            .scale = static_cast<Wide<T>>(1.0 / std::sqrt(static_cast<double>(shape.unit))),
            .softcap = static_cast<Wide<T>>(shape.softcap),
            .z = z.data()};
  }
  void run(std::size_t begin, std::size_t end) {
    const StepAttention<T> a = attention();
    scratch.assign(step_attention_scratch(a), std::numeric_limits<Wide<T>>::quiet_NaN());
    step_attention(a, begin, end, std::span<Wide<T>>(scratch));
  }
};

/// z of one head, from the definition.
template <class T>
std::vector<double> naive(const Step<T>& step, std::size_t head) {
  const Shape& s = step.shape;
  const std::size_t kv = head / (s.heads / s.kv_heads);
  const std::size_t first = s.window == 0 || s.window > s.tokens ? 0 : s.tokens - s.window;
  std::vector<double> weight;
  double sum = 0.0;
  for (std::size_t t = first; t < s.tokens; ++t) {
    double score = 0.0;
    for (std::size_t u = 0; u < s.unit; ++u) {
      score += static_cast<double>(widen(step.query[head * s.unit + u])) *
               widen(step.keys[(t * s.kv_heads + kv) * s.unit + u]);
    }
    score /= std::sqrt(static_cast<double>(s.unit));
    if (s.softcap != 0.0) score = s.softcap * std::tanh(score / s.softcap);
    weight.push_back(std::exp(score));
    sum += weight.back();
  }
  std::vector<double> z(s.unit, 0.0);
  for (std::size_t t = first; t < s.tokens; ++t) {
    for (std::size_t u = 0; u < s.unit; ++u) {
      z[u] += weight[t - first] / sum * widen(step.values[(t * s.kv_heads + kv) * s.unit + u]);
    }
  }
  return z;
}

/// How far z is from the definition, at most, where `computing` is allowed and, in units of the
/// number, `storing`.
template <class T>
double worst_error(Step<T>& step, double computing, double storing) {
  step.run(0, step.shape.heads);
  double worst = 0.0;
  for (std::size_t h = 0; h < step.shape.heads; ++h) {
    const std::vector<double> expected = naive(step, h);
    for (std::size_t u = 0; u < step.shape.unit; ++u) {
      const double wanted = expected[u];
      const double error =
          std::fabs(static_cast<double>(widen(step.z[h * step.shape.unit + u])) - wanted) /
          (computing + storing * std::fabs(wanted));
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

template <class T>
void check_all(double computing, double storing) {
  unsigned seed = 0;
  for (const Shape& heads : std::vector<Shape>{{1, 1, 1, 0},
                                               {12, 12, 64, 0},
                                               {8, 2, 128, 0},
                                               {6, 2, 20, 0},
                                               {7, 1, 5, 0},
                                               {2, 1, 256, 0},
                                               {3, 3, 80, 0}}) {
    for (const std::size_t tokens : Sizes{1, 2, 15, 16, 17, 64, 65, 200, 333}) {
      for (const std::size_t window : Sizes{0, 1, 2, 64, 130, 1000}) {
        for (const double softcap : {0.0, 5.0}) {
          Shape shape = heads;
          shape.tokens = tokens;
          shape.window = window;
          shape.softcap = softcap;
          Step<T> step(shape, ++seed);
          INFO("heads " << shape.heads << '/' << shape.kv_heads << " unit " << shape.unit
                        << " tokens " << tokens << " window " << window << " cap " << softcap);
          CHECK(worst_error(step, computing, storing) <= 1.0);
        }
      }
    }
  }
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

}  // namespace

TEST_CASE("step_attention agrees with the definition", "[step_attention]") {
  check_all<float>(1e-5, 0.0);
  check_all<double>(1e-13, 0.0);
}

TEST_CASE("step_attention of 16 bits agrees with the definition", "[step_attention]") {
  check_all<Bfloat16>(1e-5, 0x1p-8);
  check_all<Float16>(1e-5, 0x1p-11);
}

TEST_CASE("with one visible token z is its value", "[step_attention]") {
  for (const std::size_t window : Sizes{0, 1, 5}) {
    Step<float> step({.heads = 4, .kv_heads = 2, .unit = 24, .tokens = 1, .window = window});
    step.run(0, 4);
    for (std::size_t h = 0; h < 4; ++h) {
      CHECK(std::equal(step.z.begin() + static_cast<std::ptrdiff_t>(h * 24),
                       step.z.begin() + static_cast<std::ptrdiff_t>(h * 24 + 24),
                       step.values.begin() + static_cast<std::ptrdiff_t>(h / 2 * 24)));
    }
  }
  Step<float> newest({.heads = 1, .kv_heads = 1, .unit = 3, .tokens = 9, .window = 1});
  newest.run(0, 1);
  CHECK(std::equal(newest.z.begin(), newest.z.end(), newest.values.begin() + 24));
}

TEST_CASE("the bits are the same in any part of the heads", "[step_attention]") {
  for (const double softcap : {0.0, 20.0}) {
    Step<float> whole({12, 3, 72, 150, 0, softcap});
    whole.run(0, 12);
    for (const std::size_t part : Sizes{1, 2, 3, 5}) {
      Step<float> parts({12, 3, 72, 150, 0, softcap});
      for (std::size_t h = 0; h < 12; h += part) parts.run(h, std::min<std::size_t>(h + part, 12));
      CHECK(same(whole.z, parts.z));
    }
  }
}

TEST_CASE("the bits depend on the visible tokens alone", "[step_attention]") {
  Step<float> windowed({.heads = 4, .kv_heads = 2, .unit = 40, .tokens = 170, .window = 77});
  windowed.run(0, 4);
  Step<float> alone({.heads = 4, .kv_heads = 2, .unit = 40, .tokens = 77});
  alone.query = windowed.query;
  alone.keys.assign(windowed.keys.begin() + (170 - 77) * 80, windowed.keys.end());
  alone.values.assign(windowed.values.begin() + (170 - 77) * 80, windowed.values.end());
  alone.run(0, 4);
  CHECK(same(windowed.z, alone.z));
}

TEST_CASE("scores far apart neither overflow nor vanish", "[step_attention]") {
  for (const float size : {1e4F, 1e15F}) {
    Step<float> step({.heads = 1, .kv_heads = 1, .unit = 16, .tokens = 40});
    for (float& v : step.query) v = size;
    for (std::size_t k = 0; k < 40 * 16; ++k) step.keys[k] = k / 16 == 7 ? 1.0F : -1.0F;
    step.run(0, 1);
    for (std::size_t u = 0; u < 16; ++u) CHECK(step.z[u] == step.values[7 * 16 + u]);
  }
  Step<float> capped({.heads = 1, .kv_heads = 1, .unit = 16, .tokens = 40, .softcap = 30.0});
  for (float& v : capped.query) v = 1e15F;
  for (std::size_t k = 0; k < 40 * 16; ++k) capped.keys[k] = 1.0F;  // all at the cap: the mean
  capped.run(0, 1);
  for (std::size_t u = 0; u < 16; ++u) {
    double mean = 0.0;
    for (std::size_t t = 0; t < 40; ++t) mean += capped.values[t * 16 + u] / 40.0;
    CHECK(capped.z[u] == Approx(mean).margin(1e-6));
  }
}

TEST_CASE("a key that is not a number is not hidden", "[step_attention]") {
  Step<float> step({.heads = 4, .kv_heads = 2, .unit = 16, .tokens = 40});
  step.keys[20 * 32 + 3] = std::numeric_limits<float>::quiet_NaN();
  step.run(0, 4);
  for (std::size_t k = 0; k < step.z.size(); ++k) CHECK(std::isnan(step.z[k]) == (k < 32));
}

TEST_CASE("step_attention refuses what it cannot compute", "[step_attention]") {
  Step<float> step({.heads = 4, .kv_heads = 2, .unit = 16, .tokens = 40});
  StepAttention<float> a = step.attention();
  std::vector<float> scratch(step_attention_scratch(a));
  const std::span<float> all(scratch);
  CHECK_THROWS_AS(step_attention(a, 0, 4, all.first(all.size() - 1)), std::invalid_argument);
  CHECK_THROWS_AS(step_attention(a, 0, 5, all), std::invalid_argument);
  a.kv_heads = 3;
  CHECK_THROWS_AS(step_attention(a, 0, 4, all), std::invalid_argument);
  a.kv_heads = 2;
  a.tokens = 0;
  CHECK_THROWS_AS(step_attention(a, 0, 4, all), std::invalid_argument);
}
