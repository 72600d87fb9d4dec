// SPDX-License-Identifier: MIT
#include "kernel/row_product.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace phiscope::extract::kernel;

namespace {

using Sizes = std::vector<std::size_t>;

/// A product with its arrays; rows are further apart than they are long, and nothing is aligned.
template <class T, class Y>
struct Case {
  std::size_t rows, in, outputs;
  std::size_t gap = 3;
  std::vector<Wide<T>> x;
  std::vector<T> weight, bias;
  std::vector<Y> y;

  Case(std::size_t row_count, std::size_t length, std::size_t output_count, unsigned seed)
      : rows(row_count), in(length), outputs(output_count) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    x.resize(rows * (in + gap) + 1);
    for (Wide<T>& v : x) v = widen(narrow<T>(normal(engine)));
    weight.resize(outputs * (in + gap) + 1);
    for (T& v : weight) v = narrow<T>(normal(engine));
    for (std::size_t o = 0; o < outputs; ++o) bias.push_back(narrow<T>(normal(engine)));
    y.resize(rows * (outputs + gap), narrow<Y>(77.0F));
  }
  [[nodiscard]] RowProduct<T, Y> product(bool with_bias = true) {
    return {.rows = rows,
            .in = in,
            .x = x.data() + 1,
            .x_stride = in + gap,
            .weight = weight.data() + 1,
            .weight_stride = in + gap,
            .bias = with_bias ? bias.data() : nullptr,
            .y = y.data(),
            .y_stride = outputs + gap};
  }
};

template <class T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

/// How far y is from the sum in double, at most, in units of what rounding may do: 1 is allowed.
template <class T, class Y>
double worst_error(Case<T, Y>& c, bool with_bias) {
  row_product(c.product(with_bias), 0, c.outputs);
  const double computing = std::numeric_limits<Wide<T>>::epsilon();
  const double storing = sizeof(Y) > 2 ? computing : std::is_same_v<Y, Bfloat16> ? 0x1p-8 : 0x1p-11;
  double worst = 0.0;
  for (std::size_t r = 0; r < c.rows; ++r) {
    for (std::size_t o = 0; o < c.outputs; ++o) {
      long double sum = with_bias ? widen(c.bias[o]) : 0.0;
      long double size = std::fabs(sum);
      for (std::size_t k = 0; k < c.in; ++k) {
        const long double term = static_cast<long double>(c.x[1 + r * (c.in + c.gap) + k]) *
                                 widen(c.weight[1 + o * (c.in + c.gap) + k]);
        sum += term;
        size += std::fabs(term);
      }
      const long double error = std::fabs(widen(c.y[r * (c.outputs + c.gap) + o]) - sum);
      const double allowed =
          static_cast<double>(4.0L * computing * size + storing * std::fabs(sum));
      const double relative = static_cast<double>(error) / (allowed + 1e-300);
      if (!(relative <= worst)) worst = relative;
    }
    for (std::size_t g = 0; g < c.gap; ++g) {  // nothing is written between the rows
      CHECK(same_bits(c.y[r * (c.outputs + c.gap) + c.outputs + g], narrow<Y>(77.0F)));
    }
  }
  return worst;
}

template <class T, class Y>
void check_sums() {
  unsigned seed = 0;
  for (const std::size_t in : Sizes{1, 7, 8, 15, 16, 17, 64, 768, 1025, 3072, 3079}) {
    for (const std::size_t rows : Sizes{1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33, 64, 65}) {
      for (const std::size_t outputs : Sizes{1, 3, 5, 50}) {
        if (in > 1000 && rows > 9 && outputs > 5) continue;
        Case<T, Y> c(rows, in, outputs, ++seed);
        INFO("rows " << rows << " in " << in << " outputs " << outputs);
        CHECK(worst_error(c, seed % 2 == 0) <= 1.0);
      }
    }
  }
}

/// Every row of `c` has the bits it has alone, in whatever parts the outputs are computed.
template <class T, class Y>
void check_bits(std::size_t rows, std::size_t in, std::size_t outputs) {
  Case<T, Y> c(rows, in, outputs, 5);
  row_product(c.product(), 0, outputs);
  const std::vector<Y> together = c.y;
  const auto same = [&] {
    return std::equal(c.y.begin(), c.y.end(), together.begin(), same_bits<Y>);
  };
  INFO("rows " << rows << " in " << in << " outputs " << outputs);
  for (std::size_t r = 0; r < rows; ++r) {
    RowProduct<T, Y> alone = c.product();
    alone.rows = 1;
    alone.x += r * alone.x_stride;
    alone.y += r * alone.y_stride;
    std::fill_n(alone.y, outputs, narrow<Y>(0.0F));
    row_product(alone, 0, outputs);
  }
  CHECK(same());
  for (const std::size_t part : Sizes{1, 2, 4, 7, 25}) {
    std::fill(c.y.begin(), c.y.end(), narrow<Y>(77.0F));
    for (std::size_t end = outputs; end > 0; end -= std::min<std::size_t>(part, end)) {
      row_product(c.product(), end - std::min<std::size_t>(part, end), end);
    }
    CHECK(same());
  }
  std::fill(c.y.begin(), c.y.end(), narrow<Y>(77.0F));
  portable_row_product(c.product(), 0, outputs);
  CHECK(same());
  // The rows in the opposite order.
  Case<T, Y> reversed(rows, in, outputs, 5);
  const std::size_t stride = in + c.gap;
  for (std::size_t r = 0; r < rows; ++r) {
    std::copy_n(c.x.data() + 1 + r * stride, in, reversed.x.data() + 1 + (rows - 1 - r) * stride);
  }
  row_product(reversed.product(), 0, outputs);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t to = (rows - 1 - r) * (outputs + c.gap);
    CHECK(
        std::equal(together.begin() + static_cast<std::ptrdiff_t>(r * (outputs + c.gap)),
                   together.begin() + static_cast<std::ptrdiff_t>(r * (outputs + c.gap) + outputs),
                   reversed.y.begin() + static_cast<std::ptrdiff_t>(to), same_bits<Y>));
  }
}

template <class T, class Y>
void check_all_bits() {
  for (const std::size_t rows : Sizes{1, 2, 7, 8, 64, 67}) {
    for (const std::size_t in : Sizes{15, 64, 771, 2100}) check_bits<T, Y>(rows, in, 29);
  }
}

}  // namespace

TEST_CASE("row_product agrees with sums in long double", "[row_product]") {
  check_sums<float, float>();
  check_sums<double, double>();
}

TEST_CASE("row_product of 16-bit weights agrees with sums in long double", "[row_product]") {
  check_sums<Bfloat16, float>();
  check_sums<Bfloat16, Bfloat16>();
  check_sums<Float16, float>();
  check_sums<Float16, Float16>();
}

TEST_CASE("a row has the same bits among any others", "[row_product]") {
  check_all_bits<float, float>();
  check_all_bits<double, double>();
  check_all_bits<Bfloat16, Bfloat16>();
  check_all_bits<Float16, float>();
}

TEST_CASE("a 16-bit result is the float result rounded once", "[row_product]") {
  Case<Bfloat16, float> wide(5, 100, 31, 9);
  Case<Bfloat16, Bfloat16> narrowed(5, 100, 31, 9);
  row_product(wide.product(), 0, 31);
  row_product(narrowed.product(), 0, 31);
  for (std::size_t k = 0; k < wide.y.size(); ++k) {
    CHECK(same_bits(narrow<Bfloat16>(wide.y[k]), narrowed.y[k]));
  }
}

TEST_CASE("16-bit weights give the bits of the same weights in float", "[row_product]") {
  Case<Float16, float> narrowed(9, 1500, 31, 4);
  Case<float, float> wide(9, 1500, 31, 4);
  wide.x = narrowed.x;
  for (std::size_t k = 0; k < wide.weight.size(); ++k) wide.weight[k] = widen(narrowed.weight[k]);
  for (std::size_t k = 0; k < wide.bias.size(); ++k) wide.bias[k] = widen(narrowed.bias[k]);
  row_product(wide.product(), 0, 31);
  row_product(narrowed.product(), 0, 31);
  CHECK(std::equal(wide.y.begin(), wide.y.end(), narrowed.y.begin(), same_bits<float>));
}

TEST_CASE("row_product with nothing to do", "[row_product]") {
  Case<float, float> c(3, 0, 4, 1);
  row_product(c.product(), 2, 2);
  CHECK(std::all_of(c.y.begin(), c.y.end(), [](float y) { return y == 77.0F; }));
  row_product(c.product(), 0, 4);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t o = 0; o < 4; ++o) CHECK(c.y[r * 7 + o] == c.bias[o]);
  }
}

TEST_CASE("a number that is not one reaches the rows and outputs it belongs to", "[row_product]") {
  Case<float, float> c(5, 40, 9, 2);
  c.x[1 + 2 * 43 + 39] = std::numeric_limits<float>::quiet_NaN();
  c.weight[1 + 4 * 43] = std::numeric_limits<float>::infinity();
  row_product(c.product(), 0, 9);
  for (std::size_t r = 0; r < 5; ++r) {
    for (std::size_t o = 0; o < 9; ++o) {
      CHECK(std::isfinite(c.y[r * 12 + o]) == (r != 2 && o != 4));
    }
  }
}
