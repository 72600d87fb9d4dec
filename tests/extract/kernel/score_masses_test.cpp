// SPDX-License-Identifier: MIT
#include "kernel/score_masses.hpp"

#include "catch.hpp"
#include "kernel/vector_exp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace phiscope::extract::kernel;

namespace {

/// Numbers of a few sizes, some of them minus infinity.
template <class S>
std::vector<S> random_values(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<S> values(count);
  for (S& x : values) {
    const auto bits = static_cast<std::uint32_t>(engine());
    x = static_cast<S>(static_cast<double>(bits >> 8U) * 0x1.0p-19 - 20.0);  // -20 .. 12
    if (bits % 7 == 0) x *= S{30};
    if (bits % 31 == 0) x = -std::numeric_limits<S>::infinity();
  }
  return values;
}

template <class S>
ScoreRow<S> row_of(const std::vector<S>& values, double temperature) {
  return {.values = values,
          .temperature = temperature,
          .best = static_cast<double>(std::ranges::max(values)) / temperature};
}

template <class S>
double below_best(const ScoreRow<S>& row, std::size_t i) {
  return static_cast<double>(row.values[i]) / row.temperature - row.best;
}

std::uint64_t hash(std::uint64_t seed, const std::vector<double>& numbers) {  // FNV-1a, of words
  for (const double x : numbers) seed = (seed ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3;
  return seed;
}

}  // namespace

TEMPLATE_TEST_CASE("masses and their sums are those of plain loops", "[score_masses]", float,
                   double) {
  for (const std::size_t count : {1U, 5U, 127U, 128U, 129U, 1000U}) {
    for (const double temperature : {1.0, 0.7}) {
      const std::vector<TestType> values = random_values<TestType>(count, 3);
      const auto row = row_of(values, temperature);
      CAPTURE(count, temperature);

      std::vector<double> masses(count);
      std::vector<double> binned(count);
      std::vector<std::uint16_t> bins(count);
      score_masses(row, 0, std::span(masses));
      const MassBins made = binned_masses<TestType>(row, binned, bins);
      std::vector<double> bin_sums(MassBins::count, 0.0);
      for (std::size_t i = 0; i < count; ++i) {
        const double below = below_best(row, i);
        CHECK(masses[i] == exp_of_negative(below));  // vectorised as alone, bit for bit
        CHECK(masses[i] == Approx(std::exp(below)).epsilon(1e-15).margin(0.0));
        CHECK(binned[i] == masses[i]);
        const auto bin = static_cast<std::size_t>(std::min(std::floor(-below * 16), 1023.0));
        CHECK(bins[i] == bin);
        bin_sums[bin] += masses[i];
      }
      for (std::size_t b = 0; b < MassBins::count; ++b) {
        CHECK(made.mass[b] == Approx(bin_sums[b]).epsilon(1e-14).margin(0.0));
      }

      std::vector<double> sums(score_blocks(count));
      block_masses(row, std::span(sums));
      std::vector<TestType> highest(score_blocks(count));
      highest_values<TestType>(values, highest);
      for (std::size_t b = 0; b < sums.size(); ++b) {
        const std::size_t end = std::min(count, (b + 1) * 128);
        double sum = 0.0;
        TestType most = -std::numeric_limits<TestType>::infinity();
        for (std::size_t i = b * 128; i < end; ++i) sum += masses[i];
        for (std::size_t i = b * 128; i < end; ++i) most = std::max(most, values[i]);
        CHECK(sums[b] == Approx(sum).epsilon(1e-14).margin(0.0));
        CHECK(highest[b] == most);
      }
    }
  }
}

TEMPLATE_TEST_CASE("a block with a value that is no number below infinity says so",
                   "[score_masses]", float, double) {
  constexpr TestType infinite = std::numeric_limits<TestType>::infinity();
  for (const TestType wrong : {infinite, std::numeric_limits<TestType>::quiet_NaN()}) {
    for (const std::size_t place : {0U, 77U, 127U, 128U, 299U}) {
      std::vector<TestType> values = random_values<TestType>(300, 4);
      values[place] = wrong;
      std::vector<TestType> highest(3);
      highest_values<TestType>(values, highest);
      for (std::size_t b = 0; b < 3; ++b) CHECK((highest[b] == infinite) == (place / 128 == b));
    }
  }
}

TEMPLATE_TEST_CASE("what is worse than a place loses its mass, of equal ones what is before it",
                   "[score_masses]", float, double) {
  std::vector<TestType> values = random_values<TestType>(300, 5);
  for (std::size_t i = 0; i < 300; i += 4) values[i] = TestType{2};
  for (const std::size_t worst : {0U, 4U, 128U, 200U, 296U, 1U, 299U}) {
    std::vector<double> masses(300, 0.25);
    std::vector<double> sums(3);
    drop_masses<TestType>(values, worst, masses, sums);
    std::vector<double> wanted_sums(3, 0.0);
    for (std::size_t i = 0; i < 300; ++i) {
      const bool stays = values[i] > values[worst] || (values[i] == values[worst] && i >= worst);
      CAPTURE(worst, i);
      CHECK(masses[i] == (stays ? 0.25 : 0.0));
      wanted_sums[i / 128] += stays ? 0.25 : 0.0;
    }
    CHECK(sums == wanted_sums);
  }
}

TEST_CASE("masses have the same bits on every machine", "[score_masses]") {
  std::uint64_t found = 0xcbf29ce484222325;
  const auto take = [&]<class S>(const std::vector<S>& values) {
    const auto row = row_of(values, 0.9);
    std::vector<double> numbers(values.size());
    std::vector<std::uint16_t> bins(values.size());
    const MassBins made = binned_masses<S>(row, numbers, bins);
    found = hash(found, numbers);
    found = hash(found, {made.mass.begin(), made.mass.end()});
    numbers.resize(score_blocks(values.size()));
    block_masses(row, std::span(numbers));
    found = hash(found, numbers);
  };
  take(random_values<float>(5000, 6));
  take(random_values<double>(5000, 7));
  CHECK(found == 0xb42d4d46914b9502);
}
