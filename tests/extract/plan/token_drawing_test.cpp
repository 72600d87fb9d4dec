// SPDX-License-Identifier: MIT
// Drawing tokens against Hugging Face's logits processors (tests/golden/token_drawing) and against
// itself.
#include "plan/token_drawing.hpp"

#include "catch.hpp"
#include "plan/counter_random.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"

#include <map>
#include <random>
#include <set>

using namespace phiscope::extract;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
std::vector<T> golden_array(const char* name) {
  return phiscope::shard::NpyFile(phiscope::test::golden() / "token_drawing" / name).read<T>();
}

/// Probability of every token, [vocab].
std::vector<double> dense(const TokenDistribution& distribution, std::size_t vocab) {
  std::vector<double> row(vocab, 0.0);
  for (std::size_t i = 0; i < distribution.ids.size(); ++i) {
    row[static_cast<std::size_t>(distribution.ids[i])] = distribution.probabilities[i];
  }
  return row;
}

std::vector<float> random_logits(std::size_t vocab, double deviation, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> logits(vocab);
  for (float& x : logits) x = static_cast<float>(deviation) * normal(engine);
  return logits;
}

/// The same rules, slow and obvious: everything sorted.
std::vector<double> slow_probabilities(const std::vector<float>& logits,
                                       const DrawOptions& options) {
  std::vector<std::pair<double, std::size_t>> order;  // worst first
  for (std::size_t id = 0; id < logits.size(); ++id) {
    order.emplace_back(static_cast<double>(logits[id]) / options.temperature, id);
  }
  std::ranges::sort(order);
  const auto k = static_cast<std::size_t>(options.top_k);
  const double worst = k > 0 && k < order.size() ? order[order.size() - k].first : -inf;
  std::vector<double> made(logits.size(), 0.0);
  double total = 0.0;
  for (const auto& [score, id] : order) {
    if (score >= worst) total += made[id] = std::exp(score - order.back().first);
  }
  if (options.top_p < 1.0) {
    double below = 0.0;
    double kept = 0.0;
    for (const auto& [score, id] : order) {
      below += made[id];
      if (below <= (1.0 - options.top_p) * total && id != order.back().second) made[id] = 0.0;
      kept += made[id];
    }
    total = kept;
  }
  for (double& p : made) p /= total;
  return made;
}

std::string message_of(const DrawOptions& options) {
  const std::vector<float> logits{1.0F, 2.0F};
  try {
    (void)token_distribution(logits, {}, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("distributions are those of Hugging Face's processors", "[token_drawing]") {
  const auto logits = golden_array<float>("logits.npy");
  const auto earlier = golden_array<std::int64_t>("earlier.npy");
  const auto options = golden_array<double>("options.npy");
  const auto wanted = golden_array<double>("probabilities.npy");
  const std::size_t cases = options.size() / 4;
  REQUIRE(cases == 27);
  const std::size_t vocab = logits.size() / cases;
  for (std::size_t n = 0; n < cases; ++n) {
    const std::span<const float> row(&logits[n * vocab], vocab);
    const std::vector<int> ids(earlier.begin() + static_cast<std::ptrdiff_t>(n * 8),
                               earlier.begin() + static_cast<std::ptrdiff_t>((n + 1) * 8));
    const double* const o = &options[n * 4];
    const TokenDistribution made = token_distribution(row, ids,
                                                      {.temperature = o[0],
                                                       .top_k = static_cast<int>(o[1]),
                                                       .top_p = o[2],
                                                       .repetition_penalty = o[3]});
    const std::vector<double> ours = dense(made, vocab);
    CHECK(std::ranges::is_sorted(made.ids));
    for (std::size_t id = 0; id < vocab; ++id) {
      const double p = wanted[n * vocab + id];
      CAPTURE(n, id, p, ours[id]);
      CHECK(ours[id] == Approx(p).epsilon(1e-12).margin(0.0));
    }
  }
}

TEST_CASE("bins keep what a full sort keeps", "[token_drawing]") {
  for (const double deviation : {0.0, 0.5, 3.0}) {
    std::vector<float> logits = random_logits(5000, deviation, 3);
    for (std::size_t i = 0; i < logits.size(); i += 3) logits[i] = std::round(logits[i]);  // ties
    for (const int top_k : {0, 1, 2, 50, 77, 78, 79, 4999, 5000, 5001}) {
      for (const double top_p : {1e-300, 1e-9, 0.013, 0.5, 0.9, 0.99999, 1.0}) {
        const DrawOptions options{.temperature = 0.9, .top_k = top_k, .top_p = top_p};
        const auto ours = dense(token_distribution(logits, {}, options), logits.size());
        const auto wanted = slow_probabilities(logits, options);
        CAPTURE(deviation, top_k, top_p);
        double largest = 0.0;
        for (std::size_t id = 0; id < ours.size(); ++id) {
          largest = std::max(largest, std::abs(ours[id] - wanted[id]) / std::max(wanted[id], 1e-9));
        }
        CHECK(largest < 1e-9);
      }
    }
  }
}

TEST_CASE("logits of any size have a distribution", "[token_drawing]") {
  for (const float shift : {-3e4F, 0.0F, 3e4F}) {
    const std::vector<float> logits{shift, shift + 1.0F, shift - 2e4F};
    const auto made = token_distribution(logits, {}, {.top_p = 0.99999});
    CHECK(made.ids == std::vector<int>{0, 1});  // the third is below what a double can tell
    CHECK(made.probabilities[1] == Approx(std::exp(1.0) / (1 + std::exp(1.0))));
  }
}

TEST_CASE("the penalty meets tokens of the prompt, each once, on either side of zero",
          "[token_drawing]") {
  const std::vector<float> logits{2.0F, -1.0F, 0.5F, 0.0F};
  const std::vector<int> prompt{0, 1, 0, 0, 99};
  const auto p = dense(token_distribution(logits, prompt, {.repetition_penalty = 2.0}), 4);
  CHECK(std::log(p[0] / p[3]) == Approx(1.0));
  CHECK(std::log(p[1] / p[3]) == Approx(-2.0));
  CHECK(std::log(p[2] / p[3]) == Approx(0.5));
}

TEST_CASE("options and logits out of their range are named", "[token_drawing]") {
  CHECK_THAT(message_of({.temperature = 0.0}), Contains("temperature: found 0, expected a number"));
  CHECK_THAT(message_of({.temperature = -1.0}), Contains("temperature: found -1"));
  CHECK_THAT(message_of({.temperature = inf}), Contains("temperature: found inf"));
  CHECK_THAT(message_of({.temperature = std::nan("")}), Contains("temperature: found nan"));
  CHECK_THAT(message_of({.top_k = -1}), Contains("top_k: found -1, expected an integer of 0"));
  CHECK_THAT(message_of({.top_p = 0.0}), Contains("top_p: found 0, expected a number above 0"));
  CHECK_THAT(message_of({.top_p = 1.5}), Contains("top_p: found 1.5"));
  CHECK_THAT(message_of({.top_p = std::nan("")}), Contains("top_p: found nan"));
  CHECK_THAT(message_of({.repetition_penalty = 0.0}), Contains("repetition_penalty: found 0"));
  CHECK(message_of({}) == "accepted");
  const std::vector<float> nan{0.0F, std::nanf("")};
  CHECK_THROWS_WITH(token_distribution(nan, {}, {}), Contains("logit 1: found nan"));
  const std::vector<float> infinite{static_cast<float>(inf), 0.0F};
  CHECK_THROWS_WITH(token_distribution(infinite, {}, {}), Contains("logit 0: found inf"));
  const std::vector<float> two{0.0F, 2.0F};
  CHECK_THROWS_WITH(token_distribution(two, {}, {.temperature = 1e-308}),
                    Contains("logit 1: found 2, inf after penalty and temperature"));
  const std::vector<float> excluded(3, -static_cast<float>(inf));
  CHECK_THROWS_WITH(token_distribution(excluded, {}, {}), Contains("above minus infinity"));
  CHECK_THROWS_WITH(token_distribution({}, {}, {}), Contains("above minus infinity"));
  const std::vector<float> fine{0.0F, 1.0F};
  const std::vector<int> negative{-1};
  CHECK_THROWS_WITH(token_distribution(fine, negative, {}), Contains("negative"));
}

TEST_CASE("Philox is the published generator", "[token_drawing]") {
  using Words = std::array<std::uint32_t, 4>;
  // Random123's known answers: kat_vectors, philox4x32, 10 rounds.
  STATIC_REQUIRE(philox4x32({0, 0, 0, 0}, {0, 0}) ==
                 Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  STATIC_REQUIRE(philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
                 Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  STATIC_REQUIRE(
      philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
      Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("every place of a run has a number of its own, below one", "[token_drawing]") {
  std::set<double> seen;
  for (const std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32U}) {
    for (const std::uint64_t prompt : {0ULL, 1ULL, 1ULL << 32U}) {
      for (std::uint32_t sample = 0; sample < 8; ++sample) {
        for (std::uint32_t step = 0; step < 8; ++step) {
          const double u = uniform_at(seed, {.prompt = prompt, .sample = sample, .step = step});
          CHECK((u >= 0.0 && u < 1.0));
          seen.insert(u);
        }
      }
    }
  }
  CHECK(seen.size() == 3 * 3 * 8 * 8);
  // From the first published answer: two words, their upper 53 bits.
  CHECK(uniform_at(0, {}) == static_cast<double>(0x6627e8d5e169c58dULL >> 11U) / 0x1.0p53);
}

TEST_CASE("draws follow the distribution", "[token_drawing]") {
  const std::vector<float> logits = random_logits(40, 1.0, 8);
  for (const DrawOptions& options :
       {DrawOptions{}, DrawOptions{.temperature = 0.7, .top_k = 20, .top_p = 0.95}}) {
    const TokenDistribution distribution = token_distribution(logits, {}, options);
    constexpr int draws = 200'000;
    std::map<int, int> counts;
    for (std::uint32_t n = 0; n < draws; ++n) {
      ++counts[draw(distribution, uniform_at(17, {.prompt = 3, .sample = n, .step = 5}))];
    }
    double chi_square = 0.0;
    int counted = 0;
    for (std::size_t i = 0; i < distribution.ids.size(); ++i) {
      const double expected = distribution.probabilities[i] * draws;
      const int found = counts[distribution.ids[i]];
      counted += found;
      chi_square += (found - expected) * (found - expected) / expected;
    }
    CHECK(counted == draws);  // nothing outside the distribution
    // Mean and standard deviation of chi-square are f and sqrt(2 f); the seed is fixed.
    const auto freedom = static_cast<double>(distribution.ids.size() - 1);
    CAPTURE(chi_square, freedom);
    CHECK(chi_square < freedom + 3 * std::sqrt(2 * freedom));
    CHECK(chi_square > freedom - 3 * std::sqrt(2 * freedom));
  }
}

TEST_CASE("a million draws follow the distribution of Hugging Face's processors",
          "[token_drawing]") {
  const auto logits = golden_array<float>("logits.npy");
  const auto earlier = golden_array<std::int64_t>("earlier.npy");
  const auto options = golden_array<double>("options.npy");
  const auto wanted = golden_array<double>("probabilities.npy");
  const std::size_t cases = options.size() / 4;
  const std::size_t vocab = logits.size() / cases;
  const std::size_t n = cases - 2;  // temperature, both filters and the penalty
  const double* const o = &options[n * 4];
  REQUIRE((o[0] != 1.0 && o[1] > 0 && o[2] < 1.0 && o[3] != 1.0));
  const std::vector<int> ids(earlier.begin() + static_cast<std::ptrdiff_t>(n * 8),
                             earlier.begin() + static_cast<std::ptrdiff_t>((n + 1) * 8));
  const TokenDistribution made = token_distribution(std::span(&logits[n * vocab], vocab), ids,
                                                    {.temperature = o[0],
                                                     .top_k = static_cast<int>(o[1]),
                                                     .top_p = o[2],
                                                     .repetition_penalty = o[3]});
  constexpr int draws = 1'000'000;
  std::vector<int> counts(vocab, 0);
  for (std::uint32_t k = 0; k < draws; ++k) {
    ++counts[static_cast<std::size_t>(draw(made, uniform_at(29, {.prompt = k % 50, .sample = k})))];
  }
  double chi_square = 0.0;
  double freedom = -1.0;
  for (std::size_t id = 0; id < vocab; ++id) {
    const double expected = wanted[n * vocab + id] * draws;
    if (expected == 0.0) {
      CHECK(counts[id] == 0);
      continue;
    }
    chi_square += (counts[id] - expected) * (counts[id] - expected) / expected;
    freedom += 1.0;
  }
  CAPTURE(chi_square, freedom);
  CHECK(chi_square < freedom + 3 * std::sqrt(2 * freedom));
  CHECK(chi_square > freedom - 3 * std::sqrt(2 * freedom));
}

TEST_CASE("a draw is the inverse of the distribution function by ascending id", "[token_drawing]") {
  const TokenDistribution distribution{.ids = {3, 8, 20}, .probabilities = {0.25, 0.5, 0.25}};
  CHECK(draw(distribution, 0.0) == 3);
  CHECK(draw(distribution, std::nextafter(0.25, 0.0)) == 3);
  CHECK(draw(distribution, 0.25) == 8);
  CHECK(draw(distribution, std::nextafter(0.75, 0.0)) == 8);
  CHECK(draw(distribution, 0.75) == 20);
  CHECK(draw(distribution, std::nextafter(1.0, 0.0)) == 20);
  const TokenDistribution short_of_one{.ids = {1, 2}, .probabilities = {0.5, 0.4999999}};
  CHECK(draw(short_of_one, std::nextafter(1.0, 0.0)) == 2);
}

TEST_CASE("a draw does not depend on what else is drawn", "[token_drawing]") {
  const TokenDistribution distribution = token_distribution(random_logits(300, 2.0, 1), {}, {});
  const auto token = [&](std::uint32_t sample, std::uint32_t step) {
    return draw(distribution, uniform_at(9, {.prompt = 2, .sample = sample, .step = step}));
  };
  std::vector<int> alone;
  for (std::uint32_t step = 0; step < 30; ++step) alone.push_back(token(4, step));
  std::vector<int> among_others;
  for (std::uint32_t step = 30; step-- > 0;) {  // backwards, between other samples
    for (std::uint32_t sample = 0; sample < 8; ++sample) {
      const int drawn = token(sample, step);
      if (sample == 4) among_others.insert(among_others.begin(), drawn);
    }
  }
  CHECK(alone == among_others);
  CHECK(std::set<int>(alone.begin(), alone.end()).size() > 5);
}
