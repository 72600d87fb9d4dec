// SPDX-License-Identifier: MIT
#include "files/weights/number_formats.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"

#include <bit>
#include <cmath>
#include <random>

using namespace phiscope::extract;
using phiscope::test::bytes_of;

namespace {

TensorView view_of(const std::string& bytes, TensorDtype dtype) {
  return {.name = "x",
          .dtype = dtype,
          .shape = {static_cast<std::int64_t>(bytes.size() / item_size(dtype))},
          .bytes = std::as_bytes(std::span(bytes))};
}

/// Every pattern of 16 bits that is a number, as a float64.
std::vector<double> all_numbers(TensorDtype dtype) {
  std::vector<std::uint16_t> patterns(65536);
  for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<std::uint16_t>(i);
  const std::string bytes = bytes_of(patterns);
  return widened(view_of(bytes, dtype), 0, patterns.size());
}

std::uint16_t rounded(double value, TensorDtype dtype) {
  std::uint16_t out = 0;
  store_rounded(std::span(&value, 1), dtype, reinterpret_cast<std::byte*>(&out));  // NOLINT
  return out;
}

}  // namespace

TEST_CASE("numbers of 16 bits have the values that their formats give them", "[number_formats]") {
  const std::vector<double> half = all_numbers(TensorDtype::f16);
  const std::vector<double> brain = all_numbers(TensorDtype::bf16);
  CHECK(half[0x3C00] == 1.0);
  CHECK(half[0xC001] == -2.0 - 1.0 / 512);
  CHECK(half[0x0001] == std::ldexp(1.0, -24));
  CHECK(half[0x0400] == std::ldexp(1.0, -14));
  CHECK(half[0x7BFF] == 65504.0);
  CHECK(half[0x7C00] == INFINITY);
  CHECK(std::isnan(half[0x7C01]));
  CHECK(brain[0x3F80] == 1.0);
  CHECK(brain[0xC049] == -3.140625);
  CHECK(brain[0x0001] == std::ldexp(1.0, -133));
  CHECK(brain[0xFF80] == -INFINITY);
}

TEST_CASE("a number of 16 bits survives the way to float64 and back", "[number_formats]") {
  const TensorDtype dtype = GENERATE(TensorDtype::f16, TensorDtype::bf16);
  const std::vector<double> numbers = all_numbers(dtype);
  int wrong = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (std::isnan(numbers[i])) {
      wrong += std::isnan(all_numbers(dtype)[rounded(numbers[i], dtype)]) ? 0 : 1;
      i += 500;  // of NaNs a few are enough
    } else {
      wrong += rounded(numbers[i], dtype) == i ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("rounding takes the nearest number, and of two equally near the even one",
          "[number_formats]") {
  const TensorDtype dtype = GENERATE(TensorDtype::f16, TensorDtype::bf16);
  const std::vector<double> numbers = all_numbers(dtype);
  const std::size_t infinite = dtype == TensorDtype::f16 ? 0x7C00 : 0x7F80;
  int wrong = 0;
  for (std::size_t i = 0; i + 1 < infinite; ++i) {
    const double middle = (numbers[i] + numbers[i + 1]) / 2;
    const std::size_t even = i % 2 == 0 ? i : i + 1;
    // Beside the middle by less than float32 can tell: a way by float32 would round twice.
    const double below = std::nextafter(middle, 0.0);
    const double above = std::nextafter(middle, INFINITY);
    wrong += rounded(middle, dtype) == even ? 0 : 1;
    wrong += rounded(below, dtype) == i ? 0 : 1;
    wrong += rounded(above, dtype) == i + 1 ? 0 : 1;
    wrong += rounded(-above, dtype) == (0x8000 | (i + 1)) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(rounded(1e300, dtype) == infinite);
  CHECK(rounded(-1e300, dtype) == (0x8000 | infinite));
  CHECK(rounded(1e-300, dtype) == 0);
}

TEST_CASE("wider numbers are read where they lie and written as they are", "[number_formats]") {
  const std::vector<double> values{0.1, -2.5, 1e-310, 3e38};
  const std::string bytes = bytes_of(values);
  CHECK(widened(view_of(bytes, TensorDtype::f64), 1, 2) == std::vector{-2.5, 1e-310});
  std::string out(1 + bytes.size(), '\0');                        // not aligned
  auto* const to = reinterpret_cast<std::byte*>(out.data()) + 1;  // NOLINT
  store_rounded(values, TensorDtype::f64, to);
  CHECK(out.substr(1) == bytes);
  store_rounded(values, TensorDtype::f32, to);
  CHECK(out.substr(1, 16) == bytes_of(std::vector{0.1F, -2.5F, 0.0F, 3e38F}));
  const std::string floats = bytes_of(std::vector{0.1F, 7.0F});
  CHECK(widened(view_of(floats, TensorDtype::f32), 0, 2) ==
        std::vector{static_cast<double>(0.1F), 7.0});
  CHECK_THROWS_AS(widened(view_of(floats, TensorDtype::i32), 0, 1), std::invalid_argument);
  CHECK_THROWS_AS(store_rounded(values, TensorDtype::i32, to), std::invalid_argument);
}
