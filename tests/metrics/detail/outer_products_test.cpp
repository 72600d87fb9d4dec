// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/outer_products.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <span>
#include <vector>

using phiscope::detail::OuterProducts;
using phiscope::detail::PanelRange;

namespace {

/// Four rows of C, [4][lanes], and panels of 40 places.
template <class P>
struct Panel {
  using Products = OuterProducts<P>;
  std::vector<P> left, right;
  std::vector<double> sums;

  explicit Panel(unsigned seed)
      : left(40 * Products::lanes), right(40 * Products::columns), sums(4 * Products::lanes) {
    std::mt19937_64 engine(seed);
    const auto any = [&engine] { return static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0; };
    for (P& x : left) x = static_cast<P>(any());
    for (P& x : right) x = static_cast<P>(any());
    for (double& x : sums) x = any();
  }

  [[nodiscard]] typename Products::Targets to() {
    const auto row = [this](std::size_t i) { return sums.data() + i * Products::lanes; };
    return {row(0), row(1), row(2), row(3)};
  }

  /// What one sum has to become: the products of the ranges in order, rounded in P once each.
  [[nodiscard]] double expected(std::span<const PanelRange> ranges, std::size_t i,
                                std::size_t j) const {
    P sum{0};
    for (const PanelRange range : ranges) {
      for (std::size_t t = range.begin; t < range.end; ++t) {
        sum = std::fma(left[t * Products::lanes + j], right[t * Products::columns + i], sum);
      }
    }
    return sums[i * Products::lanes + j] + static_cast<double>(sum);
  }
};

const std::vector<std::vector<PanelRange>> some_ranges{
    {{0, 40}}, {{0, 7}, {9, 10}, {33, 40}}, {{12, 13}}, {}};

}  // namespace

TEMPLATE_TEST_CASE("the wanted lanes are sums over the ranges, in order", "[outer_products]",
                   double, float) {
  using Products = OuterProducts<TestType>;
  const auto& ranges = some_ranges[GENERATE(as<std::size_t>{}, 0, 1, 2, 3)];
  const std::size_t first = GENERATE(as<std::size_t>{}, 0, 1, 13);
  const std::size_t last = GENERATE(as<std::size_t>{}, 14, 24);
  Panel<TestType> panel(1);
  const Panel<TestType> before = panel;
  if (GENERATE(true, false)) {
    Products::add(panel.left.data(), panel.right.data(), ranges, first, last, panel.to());
  } else {
    Products::add_narrow(panel.left.data(), panel.right.data(), ranges, first, last, panel.to());
    const std::size_t begin = first / Products::step * Products::step;
    const std::size_t end = std::min(last + Products::step - 1, Products::lanes);
    for (std::size_t j = 0; j < Products::lanes; ++j) {  // no more than it has to
      if (j < begin || j >= end) CHECK(panel.sums[j] == before.sums[j]);
    }
  }
  constexpr double rounding = sizeof(TestType) == 8 ? 1e-14 : 1e-5;  // where there is no std::fma
  for (std::size_t i = 0; i < Products::columns; ++i) {
    for (std::size_t j = first; j < last; ++j) {
      CHECK(panel.sums[i * Products::lanes + j] ==
            Approx(before.expected(ranges, i, j)).margin(rounding));
    }
  }
}

TEMPLATE_TEST_CASE("AVX-512 leaves the digits as they are", "[outer_products]", double, float) {
  using Products = OuterProducts<TestType>;
  if (!phiscope::detail::has_wide_vectors()) {
    WARN("skipped: no AVX-512, or all is compiled for it");
    return;
  }
  for (const auto& ranges : some_ranges) {
    Panel<TestType> wide(2), narrow(2);
    Products::add_wide(wide.left.data(), wide.right.data(), ranges, wide.to());
    Products::add_narrow(narrow.left.data(), narrow.right.data(), ranges, 0, Products::lanes,
                         narrow.to());
    CHECK(wide.sums == narrow.sums);
    CHECK((ranges.empty() || wide.sums != Panel<TestType>(2).sums));
  }
}
