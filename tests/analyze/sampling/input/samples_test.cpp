// SPDX-License-Identifier: MIT
#include "sampling/input/samples.hpp"

#include "analyze/sampling/synthetic_samples.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::samples_test {

using test::Json;
using test::SyntheticSamples;
using test::TempDir;

namespace {

Samples read_back(const SyntheticSamples& options, bool finish = true) {
  const TempDir folder;
  test::write_samples(folder.path() / "run", options, finish);
  return read_samples(folder.path() / "run", {.allow_partial = !finish});
}

void check_sample(const Samples& run, const SyntheticSamples& options, std::int64_t p,
                  std::int64_t t, std::int64_t s) {
  const Sample& sample = run.samples.at(static_cast<std::size_t>(p))
                             .at(static_cast<std::size_t>(t))
                             .at(static_cast<std::size_t>(s));
  CHECK(sample.done);
  CHECK(static_cast<std::int64_t>(sample.tokens) == options.tokens(p, t, s));
  CHECK(sample.text == options.text(p, t, s));
  for (std::int64_t c = 0; c < static_cast<std::int64_t>(options.checkpoints.size()); ++c) {
    const auto& place = sample.latents.at(static_cast<std::size_t>(c));
    REQUIRE(place.has_value() == options.has_latent(p, t, s, c));
    for (std::size_t layer = 0; place && layer < options.layers.size(); ++layer) {
      const auto values = run.latents.at(*place, layer);
      for (std::int64_t unit = 0; unit < options.units; ++unit) {
        CHECK(values[static_cast<std::size_t>(unit)] ==
              options.latent(p, t, s, c, options.layers[layer], unit));
      }
    }
  }
}

void check_samples(const SyntheticSamples& options) {
  const Samples run = read_back(options);
  for (std::int64_t p = 0; p < static_cast<std::int64_t>(options.problems.size()); ++p) {
    for (std::int64_t t = 0; t < static_cast<std::int64_t>(options.temperatures.size()); ++t) {
      CHECK(
          static_cast<std::int64_t>(
              run.samples.at(static_cast<std::size_t>(p)).at(static_cast<std::size_t>(t)).size()) ==
          options.count(t));
      for (std::int64_t s = 0; s < options.count(t); ++s) check_sample(run, options, p, t, s);
    }
  }
}

std::string refusal(const Json& changes) {
  SyntheticSamples options;
  options.changes = changes;
  try {
    static_cast<void>(read_back(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("every sample of a run is read to its place", "[samples]") {
  check_samples({});
  SyntheticSamples other;
  other.step = "clustering";
  other.temperatures = {0.8};
  other.shards = 3;
  check_samples(other);
}

TEST_CASE("single tokens are averaged, the last of those up to each checkpoint", "[samples]") {
  SyntheticSamples options;
  options.window = 2;
  options.checkpoints = {1, 4, 8, 10};
  const Samples run = read_back(options);
  // With the stride 2: text lengths are 16, 5 and 1, see SyntheticSamples::tokens().
  const auto numbers = [](std::int64_t tokens, std::size_t checkpoint) {
    using Numbers = std::vector<std::int64_t>;
    if (tokens == 1 || checkpoint == 0) return Numbers{};
    if (tokens == 5 || checkpoint == 1) return Numbers{2, 4};
    return checkpoint == 2 ? Numbers{6, 8} : Numbers{8, 10};
  };
  std::size_t compared = 0;
  for (std::int64_t p = 0; p < 6; ++p) {
    for (std::int64_t s = 0; s < 4; ++s) {
      const Sample& sample =
          run.samples[static_cast<std::size_t>(p)][1][static_cast<std::size_t>(s)];
      for (std::size_t c = 0; c < 4; ++c) {
        const auto of = numbers(options.tokens(p, 1, s), c);
        CAPTURE(p, s, c);
        REQUIRE(sample.latents[c].has_value() == !of.empty());
        if (of.empty()) continue;
        const double mean = (static_cast<double>(options.latent(p, 1, s, of[0], 3, 4)) +
                             static_cast<double>(options.latent(p, 1, s, of[1], 3, 4))) /
                            2.0;
        CHECK(run.latents.at(*sample.latents[c], 2)[4] == static_cast<float>(mean));
        ++compared;
      }
    }
  }
  CHECK(compared == 6 * 4 * 3 - 3);  // sample 2 of problem 1 has one token
  SyntheticSamples unsaid;
  unsaid.window = 2;
  unsaid.changes = {{"pooling_window", 0}};
  CHECK_THROWS_WITH(read_back(unsaid), Contains("pooling_window is 0, expected an integer from 1"));
  unsaid.changes = {{"stride", 4}};
  CHECK_THROWS_WITH(read_back(unsaid),
                    Contains("found token 2, expected a multiple of the stride"));
}

TEST_CASE("solutions from a file have as many samples at temperature 0 as elsewhere", "[samples]") {
  SyntheticSamples options;
  options.from_file = true;
  check_samples(options);
  CHECK(read_back(options).from_file);
  CHECK_FALSE(read_back({}).from_file);
}

TEST_CASE("a sample is of full length at a checkpoint that it reached", "[samples]") {
  const Samples run = read_back({});
  CHECK(run.is_full({.tokens = 8}, 2));
  CHECK_FALSE(run.is_full({.tokens = 7}, 2));
}

TEST_CASE("an unfinished run is read as far as it is, if that is wanted", "[samples]") {
  const Samples run = read_back({}, false);
  CHECK_FALSE(run.info.complete);
  CHECK(run.samples[0][1][0].done);
  CHECK_FALSE(run.samples[1][1][0].done);
  const TempDir folder;
  test::write_samples(folder.path() / "run", {}, false);
  CHECK_THROWS_WITH(read_samples(folder.path() / "run"),
                    Contains("incomplete: 1 of 2 shards are missing"));
}

TEST_CASE("a plan that contradicts itself or its rows is refused by name", "[samples]") {
  CHECK_THAT(refusal({{"step", "manifold"}}), Contains("step is \"manifold\", expected variance"));
  CHECK_THAT(refusal({{"temperatures", {-1.0, 0.5, 1.0}}}), Contains("expected numbers from 0"));
  CHECK_THAT(refusal({{"temperatures", {0.0, 1.0, 0.5}}}), Contains("temperatures"));
  CHECK_THAT(refusal({{"checkpoints", {8, 4}}}), Contains("checkpoints"));
  CHECK_THAT(refusal({{"samples", 0}}), Contains("samples is 0, expected an integer from 1"));
  CHECK_THAT(refusal({{"samples", 3}}), Contains("found sample 3, expected 0 to 2"));
  CHECK_THAT(refusal({{"samples", 5}}), Contains("sample 4: no row, expected one"));
  CHECK_THAT(refusal({{"checkpoints", {1, 4}}}), Contains("found checkpoint 8, expected 0 to 4"));
  CHECK_THAT(refusal({{"checkpoints", {1, 5, 8}}}),
             Contains("found checkpoint 4, expected one of the plan's checkpoints"));
  CHECK_THAT(refusal({{"layers", {0, 1, 2}}}), Contains("array 'latent'"));
  CHECK_THAT(refusal({{"texts", "file.jsonl"}}), Contains("texts.jsonl: is missing"));
}

TEST_CASE("a text of a sample that the plan lacks, or a second one, is refused", "[samples]") {
  const auto message = [](const Json& line) -> std::string {
    const TempDir folder;
    test::write_samples(folder.path() / "run", {});
    test::append_line(folder.path() / "run" / "generated_texts.jsonl", line);
    try {
      static_cast<void>(read_samples(folder.path() / "run"));
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(message({{"key", {0, 0, 1}}, {"text", "x"}}),
             Contains("key: expected problem, temperature and sample"));
  CHECK_THAT(message({{"key", {6, 1, 1}}, {"text", "x"}}), Contains("key: expected problem"));
  CHECK_THAT(message({{"key", {0, 1, 1}}, {"text", "x"}}), Contains("of an earlier line"));
}

}  // namespace phiscope::analyze::sampling::samples_test
