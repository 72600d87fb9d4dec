// SPDX-License-Identifier: MIT
#include "run/draw/next_token.hpp"

#include "model_fixture.hpp"
#include "plan/counter_random.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>

#include <cmath>
#include <random>
#include <set>

using namespace phiscope::extract;

namespace {

constexpr std::size_t lane_count = 13;
constexpr std::size_t vocab = 400;

std::vector<float> random_scores() {
  std::mt19937 engine(2);
  std::normal_distribution<float> normal;
  std::vector<float> scores(lane_count * vocab);
  for (float& x : scores) x = 2.0F * normal(engine);
  return scores;
}

at::Tensor tensor_of(std::vector<float>& scores) {
  return at::from_blob(scores.data(),
                       {static_cast<std::int64_t>(lane_count), static_cast<std::int64_t>(vocab)},
                       at::kFloat);
}

/// Runs of different prompts and samples, with what each has generated so far.
struct Lanes {
  std::vector<Run> runs = std::vector<Run>(lane_count);
  std::vector<std::vector<int>> generated = std::vector<std::vector<int>>(lane_count);
  std::vector<Waiting> waiting;

  Lanes() {
    for (std::size_t l = 0; l < lane_count; ++l) {
      const int id = static_cast<int>(l);
      runs[l].tokens = {id, 7, 2 * id};
      runs[l].after = {300 + id};
      runs[l].draw = {.prompt = l / 3, .sample = static_cast<std::uint32_t>(l % 3), .step = 4};
      generated[l].assign(l % 4, 200 + id);
      waiting.push_back({.run = &runs[l], .generated = generated[l]});
    }
  }
};

}  // namespace

TEST_CASE("tokens are drawn at their runs' places with what came before them", "[next_token]") {
  std::vector<float> scores = random_scores();
  const Lanes many;
  const DrawOptions options{.temperature = 0.9, .top_p = 0.97, .repetition_penalty = 1.4};
  for (const int below : {0, 150}) {
    const Generation generation{
        .tokens = 9, .end = {}, .below = below, .drawing = Drawing{.options = options, .seed = 21}};
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      const auto tokens = next_tokens(generation, many.waiting, tensor_of(scores));
      REQUIRE(tokens.size() == lane_count);
      for (std::size_t l = 0; l < lane_count; ++l) {
        std::vector<int> earlier = many.runs[l].tokens;
        earlier.push_back(many.runs[l].after[0]);
        earlier.insert(earlier.end(), many.generated[l].begin(), many.generated[l].end());
        DrawPlace place = many.runs[l].draw;
        place.step += static_cast<std::uint32_t>(many.generated[l].size());
        const std::span<const float> row(&scores[l * vocab], vocab);
        const std::size_t possible = below > 0 ? static_cast<std::size_t>(below) : vocab;
        const int wanted =
            draw(token_distribution(row.first(possible), earlier, options), uniform_at(21, place));
        CAPTURE(below, threads, l);
        CHECK(tokens[l].id == wanted);
        double total = 0.0;
        for (const float x : row) total += std::exp(static_cast<double>(x));
        const double log_probability = row[static_cast<std::size_t>(wanted)] - std::log(total);
        CHECK(tokens[l].log_probability == Approx(log_probability).epsilon(1e-5));
      }
    }
  }
  at::set_num_threads(1);
}

TEST_CASE("what is forced is not drawn", "[next_token]") {
  std::vector<float> scores = random_scores();
  Lanes many;
  const Generation generation{
      .tokens = 9, .end = {}, .drawing = Drawing{.options = {}, .seed = 21}};
  const auto free = next_tokens(generation, many.waiting, tensor_of(scores));
  many.waiting[2].forced = {.token = 33};
  many.waiting[5].forced = {.rank = 2};
  scores[5 * vocab + 8] = 50.0F;
  scores[5 * vocab + 3] = 40.0F;
  const auto tokens = next_tokens(generation, many.waiting, tensor_of(scores));
  for (std::size_t l = 0; l < lane_count; ++l) {
    CAPTURE(l);
    CHECK(tokens[l].id == (l == 2 ? 33 : l == 5 ? 3 : free[l].id));
  }
}

TEST_CASE("without drawing the highest score is taken, of equal ones the lower id",
          "[next_token]") {
  std::vector<float> scores = random_scores();
  const Lanes many;
  for (std::size_t l = 0; l < lane_count; ++l) {
    scores[l * vocab + 300 - l] = 60.0F;
    scores[l * vocab + 350] = 60.0F;
  }
  const auto tokens = next_tokens({.tokens = 9, .end = {}}, many.waiting, tensor_of(scores));
  for (std::size_t l = 0; l < lane_count; ++l) CHECK(tokens[l].id == static_cast<int>(300 - l));
}

TEST_CASE("the highest score is that after the repetition penalty", "[next_token]") {
  std::vector<float> scores(lane_count * vocab, -50.0F);
  Lanes many;
  for (std::size_t l = 0; l < lane_count; ++l) {
    float* const row = &scores[l * vocab];
    // Of prompt, what follows its thoughts, and generated: 30, 31 and 32 after the penalty of 2.
    row[7] = 60.0F;
    row[300 + l] = 62.0F;
    if (l % 4 > 1) row[200 + l] = 64.0F;  // twice or more, penalised once
    row[390] = 31.5F;
    row[391] = 31.5F;
  }
  for (std::size_t v = 0; v < vocab; ++v) scores[v] = -50.0F;
  scores[7] = -1.0F;  // a negative score is multiplied
  scores[9] = -1.5F;
  Generation generation{.tokens = 9, .end = {}, .greedy_penalty = 2.0};
  const auto check = [&] {
    const auto tokens = next_tokens(generation, many.waiting, tensor_of(scores));
    CHECK(tokens[0].id == 9);
    for (std::size_t l = 1; l < lane_count; ++l) {
      CAPTURE(l);
      CHECK(tokens[l].id == (l % 4 > 1 ? static_cast<int>(200 + l) : 390));
    }
    // The probability stays the model's.
    CHECK(tokens[0].log_probability == Approx(-1.5 - std::log(std::exp(-1.0) + std::exp(-1.5))));
  };
  check();
  // Where some runs draw, those that take the highest score have the same penalty.
  generation = {.tokens = 9, .end = {}, .drawing = Drawing{.options = {.repetition_penalty = 2.0}}};
  for (Run& run : many.runs) run.temperature = 0.0;
  check();
  generation = {.tokens = 9, .end = {}, .greedy_penalty = 1.9};
  CHECK(next_tokens(generation, many.waiting, tensor_of(scores))[1].id == 301);
}

TEST_CASE("tokens that a run quotes have the penalty as well", "[next_token]") {
  std::vector<float> scores(lane_count * vocab, -50.0F);
  scores[3 * vocab + 20] = 60.0F;
  scores[3 * vocab + 21] = 40.0F;
  const std::vector<int> quoted{20};
  for (const bool draws : {false, true}) {
    Lanes many;
    for (Run& run : many.runs) run.temperature = 0.0;
    Generation generation{.tokens = 9, .end = {}, .greedy_penalty = 2.0};
    if (draws) {
      generation = {
          .tokens = 9, .end = {}, .drawing = Drawing{.options = {.repetition_penalty = 2.0}}};
    }
    CHECK(next_tokens(generation, many.waiting, tensor_of(scores))[3].id == 20);
    many.waiting[3].quoted = quoted;
    CHECK(next_tokens(generation, many.waiting, tensor_of(scores))[3].id == 21);
  }
}

TEST_CASE("an error of one lane reaches the caller", "[next_token]") {
  std::vector<float> scores = random_scores();
  scores[4 * vocab + 17] = std::nanf("");
  const Lanes many;
  const Generation generation{.tokens = 9, .end = {}, .drawing = Drawing{.options = {}}};
  at::set_num_threads(2);
  CHECK_THROWS_WITH(next_tokens(generation, many.waiting, tensor_of(scores)),
                    Contains("logit 17: found nan"));
  at::set_num_threads(1);
}

TEST_CASE("the token of a rank is that after the penalty", "[next_token]") {
  std::vector<float> scores = random_scores();
  scores[11] = scores[17] = scores[5];  // ties of lane 0
  for (const double penalty : {1.0, 1.6}) {
    for (const bool draws : {false, true}) {
      Generation generation{.tokens = 9, .end = {}};
      if (draws) {
        generation.drawing = Drawing{.options = {.repetition_penalty = penalty}, .seed = 4};
      } else {
        generation.greedy_penalty = penalty;
      }
      for (const int rank : {1, 2, 3, 40, 400}) {
        Lanes many;
        for (Waiting& one : many.waiting) one.forced = {.rank = rank};
        const auto tokens = next_tokens(generation, many.waiting, tensor_of(scores));
        for (std::size_t l = 0; l < lane_count; ++l) {
          std::vector<float> row(&scores[l * vocab], &scores[l * vocab] + vocab);
          std::set<int> earlier(many.runs[l].tokens.begin(), many.runs[l].tokens.end());
          earlier.insert(many.runs[l].after[0]);
          earlier.insert(many.generated[l].begin(), many.generated[l].end());
          const auto factor = static_cast<float>(penalty);
          for (const int id : earlier) {
            float& score = row[static_cast<std::size_t>(id)];
            score = score < 0 ? score * factor : score / factor;
          }
          const int found = tokens[l].id;
          const float score = row.at(static_cast<std::size_t>(found));
          int before = 0;
          for (int id = 0; id < static_cast<int>(vocab); ++id) {
            const float other = row[static_cast<std::size_t>(id)];
            before += other > score || (other == score && id < found) ? 1 : 0;
          }
          CAPTURE(penalty, draws, rank, l);
          CHECK(before == rank - 1);
        }
      }
    }
  }
}
