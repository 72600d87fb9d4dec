// SPDX-License-Identifier: MIT
// Draws where the scores are against the definition; with PHISCOPE_TEST_DEVICE on that device.
#include "run/draw/device_draw.hpp"

#include "model_fixture.hpp"
#include "plan/counter_random.hpp"
#include "run/draw/next_token.hpp"
#include "test_device.hpp"

#include <ATen/ops/from_blob.h>

#include <random>

using namespace phiscope::extract;
using phiscope::test::test_device;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// Rows of scores of one length, and how each is drawn from.
struct DrawnRows {
  std::size_t vocab = 0;
  std::vector<float> logits;  ///< [row, vocab]
  std::vector<double> temperatures;
  std::vector<double> quantiles;

  [[nodiscard]] std::size_t rows() const { return quantiles.size(); }
  [[nodiscard]] std::span<const float> row(std::size_t r) const {
    return std::span(logits).subspan(r * vocab, vocab);
  }
  [[nodiscard]] at::Tensor tensor(at::Device device) {
    return at::from_blob(logits.data(),
                         {static_cast<std::int64_t>(rows()), static_cast<std::int64_t>(vocab)},
                         at::kFloat)
        .to(device);
  }
  void add(const std::vector<float>& scores, double temperature, double u) {
    vocab = scores.size();
    logits.insert(logits.end(), scores.begin(), scores.end());
    temperatures.push_back(temperature);
    quantiles.push_back(u);
  }
};

std::vector<std::int64_t> found_ids(DrawnRows& rows, const DrawOptions& options, at::Device device,
                                    std::int64_t candidates = 1 << 30) {
  const at::Tensor ids =
      undoubted_tokens(rows.tensor(device), rows.temperatures, rows.quantiles, options, candidates)
          .to(at::kCPU)
          .contiguous();
  const auto* const first = ids.const_data_ptr<std::int64_t>();
  return {first, first + ids.numel()};
}

int defined(const DrawnRows& rows, std::size_t r, DrawOptions options) {
  options.temperature = rows.temperatures[r];
  return draw(token_distribution(rows.row(r), {}, options), rows.quantiles[r]);
}

/// Smooth, peaked, masked and tied rows.
DrawnRows random_rows(std::size_t count, std::size_t vocab, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  DrawnRows rows;
  for (std::size_t r = 0; r < count; ++r) {
    std::vector<float> scores(vocab);
    for (float& x : scores) {
      x = normal(engine);
      if (r % 4 == 1) x *= 6.0F;
      if (r % 4 == 2 && engine() % 3 == 0) x = -infinite;
      if (r % 4 == 3) x = std::round(8.0F * x);
    }
    scores[vocab / 2] = 1.0F;
    const double u = static_cast<double>(engine() >> 11U) * 0x1.0p-53;
    rows.add(scores, std::vector<double>{1.0, 0.6, 1.7}[r % 3], u);
  }
  return rows;
}

}  // namespace

TEST_CASE("draws where the scores are follow the definition", "[device_draw]") {
  const at::Device device = test_device().value_or(at::Device(at::kCPU));
  for (const std::size_t vocab : {std::size_t{3}, std::size_t{700}, std::size_t{5001}}) {
    DrawnRows rows = random_rows(48, vocab, vocab);
    const int size = static_cast<int>(vocab);
    for (const DrawOptions& options :
         {DrawOptions{}, DrawOptions{.top_p = 0.9}, DrawOptions{.top_p = 0.1},
          DrawOptions{.top_k = 2}, DrawOptions{.top_k = 50, .top_p = 0.95},
          DrawOptions{.top_k = size}, DrawOptions{.top_k = size + 1, .top_p = 0.5}}) {
      const std::vector<std::int64_t> found = found_ids(rows, options, device);
      int doubts = 0;
      for (std::size_t r = 0; r < rows.rows(); ++r) {
        CAPTURE(vocab, r, options.top_k, options.top_p);
        doubts += found[r] < 0 ? 1 : 0;
        if (found[r] >= 0) CHECK(found[r] == defined(rows, r, options));
      }
      CHECK(doubts <= (vocab == 3 ? 8 : 0));  // masses of a few tokens are in simple proportions
    }
  }
}

TEST_CASE("draws from the best tokens follow the definition, or say that they are too few",
          "[device_draw]") {
  const at::Device device = test_device().value_or(at::Device(at::kCPU));
  constexpr std::size_t vocab = 5001;
  DrawnRows rows = random_rows(48, vocab, 11);
  for (const std::int64_t candidates : {1, 2, 64, 700, 2048, 5000, 5001}) {
    for (const DrawOptions& options :
         {DrawOptions{}, DrawOptions{.top_p = 0.9}, DrawOptions{.top_p = 0.3},
          DrawOptions{.top_k = 50, .top_p = 0.95}, DrawOptions{.top_k = 900, .top_p = 0.5}}) {
      const std::vector<std::int64_t> found = found_ids(rows, options, device, candidates);
      for (std::size_t r = 0; r < rows.rows(); ++r) {
        CAPTURE(candidates, r, options.top_k, options.top_p);
        DrawOptions own = options;
        own.temperature = rows.temperatures[r];
        const TokenDistribution masses = token_distribution(rows.row(r), {}, own);
        const auto kept = std::ssize(masses.ids);
        const bool tied = r % 4 == 3;
        if (found[r] >= 0) {
          CHECK(found[r] == draw(masses, rows.quantiles[r]));
          CHECK((options.top_p == 1.0 || kept < candidates || candidates == 5001));
        } else {
          CHECK(found[r] == among_others);
          CHECK(options.top_p < 1.0);
          CHECK(candidates <= kept + (tied ? 700 : 0));
        }
      }
    }
  }
}

TEST_CASE("draws where the scores are leave what a rounding decides to the definition",
          "[device_draw]") {
  const at::Device device = test_device().value_or(at::Device(at::kCPU));
  const std::vector<float> four{-infinite, 0.0F, 0.0F, -infinite, 0.0F, 0.0F};  // a quarter each
  DrawnRows rows;
  for (const double u : {0.0, 0.25, 0.3, 0.5, std::nextafter(1.0, 0.0)}) rows.add(four, 1.0, u);
  CHECK(found_ids(rows, {}, device) == std::vector<std::int64_t>{-1, -1, 2, -1, -1});
  DrawnRows near;
  for (const double u : {0.25, 0.5}) {
    for (const double step : {-1e-13, 1e-13, -1e-11, 1e-11}) near.add(four, 1.0, u + step);
  }
  CHECK(found_ids(near, {}, device) == std::vector<std::int64_t>{-1, -1, 1, 2, -1, -1, 2, 4});
  CHECK(found_ids(rows, {.top_p = 0.5}, device) == std::vector<std::int64_t>(5, -1));
  CHECK(found_ids(rows, {.top_p = 0.375}, device) == std::vector<std::int64_t>{-1, 4, 4, -1, -1});
  CHECK(found_ids(rows, {.top_p = 0.1}, device) == std::vector<std::int64_t>{-1, 5, 5, 5, -1});
  DrawnRows wrong;
  wrong.add({0.0F, std::nanf(""), 1.0F}, 1.0, 0.5);
  wrong.add({0.0F, infinite, 1.0F}, 1.0, 0.5);
  wrong.add(std::vector<float>(3, -infinite), 1.0, 0.5);
  CHECK(found_ids(wrong, {}, device) == std::vector<std::int64_t>(3, -1));
  CHECK(found_ids(wrong, {.top_k = 2, .top_p = 0.5}, device) == std::vector<std::int64_t>(3, -1));
}

TEST_CASE("next tokens on a device are the CPU's for the same scores",
          "[device_draw][needs_device]") {
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  DrawnRows rows = random_rows(37, 4001, 3);
  std::vector<Run> runs(rows.rows());
  std::vector<Waiting> waiting;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    runs[r].tokens = {static_cast<int>(r), 7};
    runs[r].draw = {.prompt = r, .sample = 2, .step = 0};
    if (r % 5 == 0) runs[r].temperature = 0.0;  // takes the best
    if (r % 5 == 1) runs[r].temperature = 1e31;
    waiting.push_back({.run = &runs[r], .generated = {}});
    if (r % 7 == 0) waiting.back().forced = {.rank = 3};
  }
  for (const double penalty : {1.0, 1.3}) {
    const Generation generation{
        .tokens = 4,
        .end = {},
        .drawing = Drawing{.options = {.top_p = 0.9, .repetition_penalty = penalty}, .seed = 9}};
    const auto found = next_tokens(generation, waiting, rows.tensor(*device));
    const auto wanted = next_tokens(generation, waiting, rows.tensor(at::kCPU));
    for (std::size_t r = 0; r < runs.size(); ++r) {
      CAPTURE(penalty, r);
      CHECK(found[r].id == wanted[r].id);
      CHECK(found[r].log_probability == Approx(wanted[r].log_probability).epsilon(1e-5));
    }
  }
}
