// SPDX-License-Identifier: MIT
#include "kernel/head_norm.hpp"

#include "catch.hpp"
#include "kernel/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace phiscope::extract::kernel;

namespace {

using Sizes = std::vector<std::size_t>;

/// Rows with a gap after each, not aligned.
template <class T>
struct Case {
  static constexpr std::size_t gap = 3;
  std::size_t rows, heads, unit;
  std::vector<T> z;
  std::vector<Wide<T>> norms;

  Case(std::size_t row_count, std::size_t head_count, std::size_t units, unsigned seed)
      : rows(row_count), heads(head_count), unit(units) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    z.resize(rows * stride() + 1);
    for (T& v : z) v = narrow<T>(normal(engine));
    norms.assign(rows * heads, Wide<T>{77});
  }
  [[nodiscard]] std::size_t stride() const { return heads * unit + gap; }
  [[nodiscard]] HeadNorms<T> job() {
    return {.rows = rows,
            .heads = heads,
            .unit = unit,
            .z = z.data() + 1,
            .row_stride = stride(),
            .norms = norms.data()};
  }
  [[nodiscard]] T& at(std::size_t row, std::size_t head, std::size_t u) {
    return z[1 + row * stride() + head * unit + u];
  }
};

template <class T>
void check_norms() {
  unsigned seed = 0;
  for (const std::size_t unit : Sizes{0, 1, 2, 3, 7, 8, 9, 63, 64, 80, 127, 128, 256, 257, 1031}) {
    Case<T> c(3, 5, unit, ++seed);
    head_norms(c.job(), 0, 3);
    double worst = 0.0;
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t head = 0; head < 5; ++head) {
        long double sum = 0.0L;
        for (std::size_t u = 0; u < unit; ++u) {
          const long double value = widen(c.at(row, head, u));
          sum += value * value;
        }
        const long double exact = std::sqrt(sum);
        const long double error = std::fabs(c.norms[row * 5 + head] - exact);
        const long double one = std::numeric_limits<Wide<T>>::epsilon() * (exact + 1e-30L);
        worst = std::max(worst, static_cast<double>(error / one));
      }
    }
    INFO("unit " << unit);
    // Sums of up to 40 squares and a tree of depth 8, each step half an epsilon at most; much less
    // on the average.
    CHECK(worst <= 4.0);
  }
}

/// The sums of the 32 lanes written out: a lane's chunks one after another, then pairs.
template <class T>
Wide<T> written_out(Case<T>& c, std::size_t row, std::size_t head) {
  constexpr std::size_t width = 16 / sizeof(T);
  std::vector<Wide<T>> sums(32 * width);
  for (std::size_t u = 0; u < c.unit; ++u) {
    const Wide<T> value = widen(c.at(row, head, u));
    Wide<T>& sum = sums[u % sums.size()];
    sum = std::fma(value, value, sum);
  }
  std::vector<Wide<T>> totals;
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto tree = [&](auto self, std::size_t first, std::size_t step) -> Wide<T> {
      if (step == width) return sums[lane * width + first];
      return self(self, first, 2 * step) + self(self, first + step, 2 * step);
    };
    totals.push_back(tree(tree, 0, 1));
  }
  const auto tree = [&](auto self, std::size_t first, std::size_t step) -> Wide<T> {
    if (step == 32) return totals[first];
    return self(self, first, 2 * step) + self(self, first + step, 2 * step);
  };
  return std::sqrt(tree(tree, 0, 1));
}

template <class T>
void check_order() {
  for (const std::size_t unit : Sizes{1, 5, 64, 100, 128, 300, 1031}) {
    Case<T> c(2, 3, unit, 11);
    head_norms(c.job(), 0, 2);
    for (std::size_t k = 0; k < 6; ++k) {
      INFO("unit " << unit << " head " << k);
      CHECK(c.norms[k] == written_out(c, k / 3, k % 3));
    }
  }
}

}  // namespace

TEST_CASE("head norms agree with sums in long double", "[head_norm]") {
  check_norms<float>();
  check_norms<double>();
  check_norms<Bfloat16>();
  check_norms<Float16>();
}

TEST_CASE("head norms are summed in the order of a GPU's warp", "[head_norm]") {
  check_order<float>();
  check_order<double>();
  check_order<Bfloat16>();
  check_order<Float16>();
}

TEST_CASE("a row's head norms have the same bits among any others", "[head_norm]") {
  Case<float> c(7, 4, 100, 3);
  head_norms(c.job(), 0, 7);
  const std::vector<float> together = c.norms;
  for (std::size_t row = 7; row-- > 0;) {
    std::fill(c.norms.begin(), c.norms.end(), 77.0F);
    head_norms(c.job(), row, row + 1);
    for (std::size_t k = 0; k < together.size(); ++k) {
      CHECK(c.norms[k] == (k / 4 == row ? together[k] : 77.0F));
    }
  }
  // The row somewhere else, aligned.
  std::vector<float> alone(400);
  std::copy_n(&c.at(5, 0, 0), 400, alone.begin());
  HeadNorms<float> job = c.job();
  job.rows = 1;
  job.z = alone.data();
  head_norms(job, 0, 1);
  CHECK(std::equal(c.norms.begin(), c.norms.begin() + 4, together.begin() + 20));
}

TEST_CASE("known head norms", "[head_norm]") {
  Case<Bfloat16> c(1, 2, 2, 1);
  c.at(0, 0, 0) = narrow<Bfloat16>(3.0F);
  c.at(0, 0, 1) = narrow<Bfloat16>(-4.0F);
  c.at(0, 1, 0) = c.at(0, 1, 1) = narrow<Bfloat16>(0.0F);
  head_norms(c.job(), 0, 1);
  CHECK(c.norms == std::vector<float>{5.0F, 0.0F});
}

TEST_CASE("a unit that is not a number reaches its own head only", "[head_norm]") {
  Case<Float16> c(2, 3, 70, 1);
  c.at(1, 1, 69) = narrow<Float16>(std::numeric_limits<float>::quiet_NaN());
  c.at(0, 2, 0) = narrow<Float16>(-std::numeric_limits<float>::infinity());
  head_norms(c.job(), 0, 2);
  for (std::size_t k = 0; k < 6; ++k) CHECK(std::isfinite(c.norms[k]) == (k != 2 && k != 4));
  CHECK(std::isinf(c.norms[2]));
}
