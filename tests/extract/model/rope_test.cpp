// SPDX-License-Identifier: MIT
#include "model/rope.hpp"

#include "extract/files/tiny_model.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace phiscope::extract;

namespace {

at::Tensor frequencies_of(RopeType type, std::int64_t units = 8) {
  return rope_frequencies({.type = type,
                           .theta = 500000.0,
                           .factor = 8.0,
                           .low_freq_factor = 1.0,
                           .high_freq_factor = 4.0,
                           .original_max_positions = 8192},
                          units, at::kCPU);
}

ModelConfig config_from(const nlohmann::json& fields) {
  nlohmann::json config = fields;
  config["model_type"] = "llama";
  const phiscope::test::TempDir folder;
  phiscope::test::write_bytes(folder.path() / "config.json", config.dump());
  return read_config(folder.path());
}

/// An embedding of two frequencies with divisors of their own beyond four tokens.
RotaryEmbedding long_embedding() {
  return rotary_embedding({.type = RopeType::longrope,
                           .theta = 100.0,
                           .original_max_positions = 4,
                           .attention_factor = 1.5,
                           .short_factors = {1.0, 2.0},
                           .long_factors = {4.0, 8.0}},
                          4, at::kCPU, at::kFloat);
}

}  // namespace

TEST_CASE("frequencies are powers of theta, divided by the factor when linear", "[rope]") {
  const at::Tensor plain = frequencies_of(RopeType::plain);
  const at::Tensor linear = frequencies_of(RopeType::linear);
  for (std::int64_t i = 0; i < 4; ++i) {
    const double wanted = std::pow(500000.0, -static_cast<double>(2 * i) / 8);
    CHECK(plain[i].item<double>() == Approx(wanted).epsilon(1e-6));
    CHECK(linear[i].item<double>() == Approx(wanted / 8).epsilon(1e-6));
  }
}

TEST_CASE("llama3 keeps short waves, divides long ones and joins them smoothly", "[rope]") {
  const at::Tensor plain = frequencies_of(RopeType::plain, 64);
  const at::Tensor scaled = frequencies_of(RopeType::llama3, 64);
  int between = 0;
  for (std::int64_t i = 0; i < 32; ++i) {
    const double frequency = plain[i].item<double>();
    const double wavelength = 2 * std::numbers::pi / frequency;
    const double ratio = scaled[i].item<double>() / frequency;
    CAPTURE(i, wavelength);
    if (wavelength < 8192.0 / 4) {
      CHECK(ratio == 1.0);
    } else if (wavelength > 8192.0) {
      CHECK(ratio == Approx(1.0 / 8));
    } else {
      const double smooth = (8192.0 / wavelength - 1) / 3;
      CHECK(ratio == Approx((1 - smooth) / 8 + smooth).epsilon(1e-5));
      ++between;
    }
  }
  CHECK(between > 0);
}

TEST_CASE("frequencies, angles and turns of a model in float64 are float64", "[rope]") {
  const RopeParameters rope{.type = RopeType::llama3,
                            .theta = 500000.0,
                            .factor = 32.0,
                            .low_freq_factor = 1.0,
                            .high_freq_factor = 4.0,
                            .original_max_positions = 64};
  const at::Tensor found = rope_frequencies(rope, 16, at::kCPU, at::kDouble);
  REQUIRE(found.scalar_type() == at::kDouble);
  CHECK(rope_frequencies(rope, 16, at::kCPU, at::kBFloat16).scalar_type() == at::kFloat);
  const Rotation by = rotation(found, at::tensor({413}, at::kLong), at::kDouble);
  for (std::int64_t i = 0; i < 8; ++i) {
    double wanted = std::pow(500000.0, -static_cast<double>(2 * i) / 16);
    const double wavelength = 2 * std::numbers::pi / wanted;
    const double smooth = std::clamp((64.0 / wavelength - 1.0) / 3.0, 0.0, 1.0);
    wanted = (1 - smooth) * wanted / 32 + smooth * wanted;
    CHECK(found[i].item<double>() == Approx(wanted).epsilon(1e-14));
    CHECK(by.cosine[0][0][i].item<double>() == Approx(std::cos(413 * wanted)).margin(1e-12));
    CHECK(by.sine[0][0][i + 8].item<double>() == Approx(std::sin(413 * wanted)).margin(1e-12));
  }
}

TEST_CASE("turning keeps lengths, and products depend on the distance alone", "[rope]") {
  const at::Tensor frequencies = frequencies_of(RopeType::plain);
  const at::Tensor q = at::rand({1, 1, 8});
  const at::Tensor k = at::rand({1, 1, 8});
  const auto at_position = [&](const at::Tensor& x, std::int64_t position) {
    return rotate(x, rotation(frequencies, at::tensor({position}, at::kLong), at::kFloat));
  };
  CHECK(at_position(q, 17).norm().item<double>() == Approx(q.norm().item<double>()).epsilon(1e-6));
  CHECK(at_position(q, 0).equal(q));
  const double near = (at_position(q, 9) * at_position(k, 4)).sum().item<double>();
  const double far = (at_position(q, 109) * at_position(k, 104)).sum().item<double>();
  CHECK(near == Approx(far).epsilon(1e-4));
}

TEST_CASE("units after the rotated ones are unchanged", "[rope]") {
  const at::Tensor frequencies = frequencies_of(RopeType::plain, 4);
  const at::Tensor x = at::rand({1, 2, 8});
  const Rotation by = rotation(frequencies, at::tensor({3}, at::kLong), at::kFloat);
  const at::Tensor turned = rotate(x, by);
  CHECK(turned.narrow(2, 4, 4).equal(x.narrow(2, 4, 4)));
  CHECK(turned.narrow(2, 0, 4).equal(rotate(x.narrow(2, 0, 4), by)));
  CHECK_FALSE(turned.narrow(2, 0, 4).equal(x.narrow(2, 0, 4)));
}

TEST_CASE("frequencies of every type are those of Hugging Face in either dialect", "[rope]") {
  const auto golden = phiscope::test::golden() / "rope" / "cases.json";
  const nlohmann::json cases = phiscope::shard::read_json(golden).at("cases");
  REQUIRE(cases.size() == 18);
  for (const auto& one : cases) {
    for (const char* dialect : {"published", "new"}) {
      const ModelConfig config = config_from(one.at(dialect));
      CHECK(config.rope.attention_factor == Approx(one.at("factor").get<double>()).epsilon(1e-15));
      for (const auto& pass : one.at("passes")) {
        const auto length = pass.at("length").get<std::int64_t>();
        const auto wanted = pass.at("frequencies").get<std::vector<double>>();
        CAPTURE(one.at("name"), dialect, length);
        const at::Tensor found =
            rope_frequencies(config.rope, config.rotary_dim, at::kCPU, at::kFloat, length);
        REQUIRE(found.size(0) == std::ssize(wanted));
        for (std::int64_t i = 0; i < found.size(0); ++i) {
          const double frequency = wanted[static_cast<std::size_t>(i)];
          CHECK(found[i].item<double>() == Approx(frequency).epsilon(3e-7));
        }
      }
    }
  }
}

TEST_CASE("each lane of a batch turns as a pass of its own length does", "[rope]") {
  const RotaryEmbedding embedding = long_embedding();
  const std::vector<int> four(4, 7);
  const std::vector<int> five(5, 7);
  const Batch batch = make_batch({{.tokens = four}, {.tokens = five}}, at::kCPU);
  const Rotation by = rotation(embedding, batch, at::kFloat);
  REQUIRE(by.cosine.size(0) == batch.positions.size(0));
  for (std::int64_t row = 0; row < 9; ++row) {
    const bool beyond = row >= 4;
    const double position = static_cast<double>(beyond ? row - 4 : row);
    for (std::int64_t i = 0; i < 2; ++i) {
      CAPTURE(row, i);
      const double divisor = (beyond ? 4.0 : 1.0) * (i == 0 ? 1.0 : 2.0);
      const double angle = position * std::pow(100.0, -static_cast<double>(i) / 2) / divisor;
      for (const std::int64_t unit : {i, i + 2}) {
        CHECK(by.cosine[row][0][unit].item<double>() == Approx(1.5 * std::cos(angle)).margin(1e-6));
        CHECK(by.sine[row][0][unit].item<double>() == Approx(1.5 * std::sin(angle)).margin(1e-6));
      }
    }
  }
}

TEST_CASE("a step is a pass as long as its cache and its token", "[rope]") {
  ModelConfig config;
  config.layers = 0;
  const std::vector<int> token{7};
  const auto cosine_after = [&](const RotaryEmbedding& embedding, std::int64_t cached) {
    KvCache cache(config, 16, at::kFloat, at::kCPU);
    cache.advance(cached);
    const Batch batch =
        make_batch({{.tokens = token, .start = cached, .own = &cache}}, at::kCPU, Pace::step);
    return rotation(embedding, batch, at::kFloat).cosine[0][0][1].item<double>();
  };
  CHECK(cosine_after(long_embedding(), 3) == Approx(1.5 * std::cos(3 * 0.1 / 2)).epsilon(1e-6));
  CHECK(cosine_after(long_embedding(), 4) == Approx(1.5 * std::cos(4 * 0.1 / 8)).epsilon(1e-6));
  const RotaryEmbedding grows = rotary_embedding(
      {.type = RopeType::dynamic, .theta = 100.0, .factor = 2.0, .original_max_positions = 4}, 4,
      at::kCPU, at::kFloat);
  CHECK(cosine_after(grows, 3) == Approx(std::cos(3 * 0.1)).epsilon(1e-6));
  // Six tokens: the base grows by (2 * 6 / 4 - 1)^2.
  CHECK(cosine_after(grows, 5) == Approx(std::cos(5 * 0.1 / 2)).epsilon(1e-6));
}
