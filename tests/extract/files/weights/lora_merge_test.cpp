// SPDX-License-Identifier: MIT
#include "files/weights/lora_merge.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"

#include <cmath>
#include <random>

using namespace phiscope::extract;
using phiscope::test::bytes_of;

namespace {

struct Matrix {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::string bytes;

  [[nodiscard]] TensorView view(TensorDtype dtype = TensorDtype::f32) const {
    return {.name = "m", .dtype = dtype, .shape = shape, .bytes = std::as_bytes(std::span(bytes))};
  }
  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * shape[1] + column)];
  }
};

Matrix random_matrix(std::int64_t rows, std::int64_t columns, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  Matrix matrix{.shape = {rows, columns}, .values = {}, .bytes = {}};
  matrix.values.reserve(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows * columns; ++i) matrix.values.push_back(normal(random));
  matrix.bytes = bytes_of(matrix.values);
  return matrix;
}

/// The same numbers cut to bfloat16, which they then are exactly.
Matrix in_bfloat16(Matrix matrix) {
  std::vector<std::uint16_t> bits;
  bits.reserve(matrix.values.size());
  for (float& value : matrix.values) {
    const auto whole = std::bit_cast<std::uint32_t>(value) & 0xFFFF0000U;
    bits.push_back(static_cast<std::uint16_t>(whole >> 16U));
    value = std::bit_cast<float>(whole);
  }
  matrix.bytes = bytes_of(bits);
  return matrix;
}

/// W[o, i] by the definition, in long double.
long double wanted(const Matrix& base, const Matrix& a, const Matrix& b, long double scale,
                   bool transposed, std::int64_t out, std::int64_t in) {
  long double sum = 0;
  for (std::int64_t k = 0; k < a.shape[0]; ++k) {
    sum += static_cast<long double>(b.at(out, k)) * static_cast<long double>(a.at(k, in));
  }
  return static_cast<long double>(transposed ? base.at(in, out) : base.at(out, in)) + scale * sum;
}

std::vector<double> doubles(const LoraMerge& merge) {
  std::vector<double> out(static_cast<std::size_t>(merge.rows() * merge.columns()));
  merge.merge(0, merge.rows(), TensorDtype::f64, std::as_writable_bytes(std::span(out)).data());
  return out;
}

}  // namespace

TEST_CASE("a merged weight is base + scale B A, in either layout of the base", "[lora_merge]") {
  const bool transposed = GENERATE(false, true);
  const double scale = GENERATE(0.25, 1.5);
  std::mt19937_64 random(3);
  const std::int64_t out = 7;
  const std::int64_t in = 5;
  const Matrix base = transposed ? random_matrix(in, out, random) : random_matrix(out, in, random);
  const Matrix a = random_matrix(3, in, random);
  const Matrix b = random_matrix(out, 3, random);
  const LoraMerge merge(base.view(), {.a = a.view(), .b = b.view()}, scale, transposed);
  REQUIRE(merge.rows() == base.shape[0]);
  REQUIRE(merge.columns() == base.shape[1]);
  const std::vector<double> found = doubles(merge);
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      const auto at = static_cast<std::size_t>(transposed ? i * out + o : o * in + i);
      const auto exact = static_cast<double>(wanted(base, a, b, scale, transposed, o, i));
      CHECK(found[at] == Approx(exact).margin(1e-14));
    }
  }
}

TEST_CASE("a square base in the wrong layout gives another weight", "[lora_merge]") {
  std::mt19937_64 random(4);
  const Matrix base = random_matrix(4, 4, random);
  const Matrix a = random_matrix(2, 4, random);
  const Matrix b = random_matrix(4, 2, random);
  const LoraFactors lora{.a = a.view(), .b = b.view()};
  CHECK(doubles(LoraMerge(base.view(), lora, 1.0, false)) !=
        doubles(LoraMerge(base.view(), lora, 1.0, true)));
}

TEST_CASE("a base in bfloat16 with LoRA in float32 is rounded once", "[lora_merge]") {
  std::mt19937_64 random(5);
  const Matrix base = in_bfloat16(random_matrix(64, 300, random));
  const Matrix a = random_matrix(4, 300, random);
  const Matrix b = random_matrix(64, 4, random);
  const LoraMerge merge(base.view(TensorDtype::bf16), {.a = a.view(), .b = b.view()}, 0.01, false);
  std::vector<float> single(64 * 300);
  merge.merge(0, 64, TensorDtype::f32, std::as_writable_bytes(std::span(single)).data());
  std::vector<std::uint16_t> brain(single.size());
  merge.merge(0, 64, TensorDtype::bf16, std::as_writable_bytes(std::span(brain)).data());
  int wrong = 0;
  int changed = 0;
  for (std::int64_t o = 0; o < 64; ++o) {
    for (std::int64_t i = 0; i < 300; ++i) {
      const auto at = static_cast<std::size_t>(o * 300 + i);
      const long double exact = wanted(base, a, b, 0.01L, false, o, i);
      wrong += single[at] == static_cast<float>(exact) ? 0 : 1;
      // No neighbour in bfloat16 may be nearer.
      const auto number = [&](int step) {
        const auto bits = static_cast<std::uint32_t>(brain[at] + step) << 16U;
        return static_cast<long double>(std::bit_cast<float>(bits));
      };
      const long double error = std::abs(number(0) - exact);
      wrong +=
          error <= std::abs(number(1) - exact) && error <= std::abs(number(-1) - exact) ? 0 : 1;
      changed += static_cast<double>(number(0)) == base.at(o, i) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(changed > 10'000);
}

TEST_CASE("rows merged in parts are the rows merged at once", "[lora_merge]") {
  std::mt19937_64 random(6);
  const Matrix base = random_matrix(9, 5, random);
  const Matrix a = random_matrix(2, 5, random);
  const Matrix b = random_matrix(9, 2, random);
  const LoraMerge merge(base.view(), {.a = a.view(), .b = b.view()}, 0.5, false);
  std::vector<double> parts(45);
  const auto out = std::as_writable_bytes(std::span(parts));
  merge.merge(4, 9, TensorDtype::f64, out.subspan(4UL * 5 * 8).data());
  merge.merge(0, 4, TensorDtype::f64, out.data());
  CHECK(parts == doubles(merge));
}

TEST_CASE("factors that do not fit the base are refused", "[lora_merge]") {
  std::mt19937_64 random(7);
  const Matrix base = random_matrix(4, 6, random);
  const Matrix a = random_matrix(2, 6, random);
  const Matrix b = random_matrix(4, 2, random);
  const LoraFactors lora{.a = a.view(), .b = b.view()};
  CHECK_NOTHROW(LoraMerge(base.view(), lora, 1.0, false));
  CHECK_THROWS_AS(LoraMerge(base.view(), lora, 1.0, true), std::invalid_argument);
  CHECK_THROWS_AS(LoraMerge(base.view(), {.a = lora.b, .b = lora.a}, 1.0, false),
                  std::invalid_argument);
}
