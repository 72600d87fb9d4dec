// SPDX-License-Identifier: MIT
#include "model/feedback.hpp"

#include "extract/files/tiny_latent.hpp"
#include "model_fixture.hpp"
#include "places.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

using namespace phiscope::test;

namespace {

Model load_tiny(const TinyLatent& tiny, at::ScalarType dtype) {
  const TempDir dir;
  tiny.write(dir.path());
  return load_model(dir.path(), dtype, at::kCPU);
}

/// A tensor of a tiny model, element by element.
struct Stored {
  const TinyTensors::Tensor& tensor;
  [[nodiscard]] double at(std::int64_t i) const {
    return tensor.values[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return at(row * tensor.shape[1] + column);
  }
};

Stored stored(const TinyLatent& tiny, const std::string& name) {
  return {tiny.tensors.all.at(name)};
}

std::vector<double> linear(const TinyLatent& tiny, const std::string& name,
                           const std::vector<double>& x) {
  const Stored weight = stored(tiny, name + ".weight");
  const Stored bias = stored(tiny, name + ".bias");
  std::vector<double> y;
  for (std::int64_t o = 0; o < weight.tensor.shape[0]; ++o) {
    double sum = bias.at(o);
    for (std::int64_t i = 0; i < std::ssize(x); ++i) {
      sum += weight.at(o, i) * x[static_cast<std::size_t>(i)];
    }
    y.push_back(sum);
  }
  return y;
}

/// The projection by its definition, in double.
std::vector<double> projected(const TinyLatent& tiny, std::vector<double> x, bool layer_norm) {
  x = linear(tiny, "prj.1", x);
  for (double& value : x) value *= 0.5 * (1.0 + std::erf(value / std::sqrt(2.0)));
  x = linear(tiny, "prj.3", x);
  if (!layer_norm) return x;
  const auto n = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double variance = 0.0;
  for (const double value : x) variance += (value - mean) * (value - mean) / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    x[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * stored(tiny, "prj.ln.weight").at(at) +
           stored(tiny, "prj.ln.bias").at(at);
  }
  return x;
}

/// A weight [out, in] of the base with its LoRA, scaled by 3 / 2, in double.
at::Tensor merged_slowly(const TinyLatent& tiny, const std::string& module, bool conv1d) {
  const Stored base = stored(tiny, module + ".base_layer.weight");
  const Stored a = stored(tiny, module + ".lora_A.default.weight");
  const Stored b = stored(tiny, module + ".lora_B.default.weight");
  const std::int64_t out = b.tensor.shape[0];
  const std::int64_t in = a.tensor.shape[1];
  std::vector<double> values;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < 2; ++k) sum += b.at(o, k) * a.at(k, i);
      values.push_back((conv1d ? base.at(i, o) : base.at(o, i)) + 1.5 * sum);
    }
  }
  return at::from_blob(values.data(), {out, in}, at::TensorOptions().dtype(at::kDouble)).clone();
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return INFINITY;
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// The arrays of oracle_f64.npz.
class Oracle {
 public:
  explicit Oracle(const std::filesystem::path& folder) {
    const std::string archive = (folder / "oracle_f64.npz").string();
    const Finished done = run_shell(
        "python3 -m zipfile -e '" + archive + "' '" + dir_.path().string() + "'", scratch_.path());
    if (done.status != 0) throw std::runtime_error(archive + ": " + done.err);
  }
  [[nodiscard]] at::Tensor operator[](const std::string& name) const {
    return read_tensor(dir_.path() / (name + ".npy"));
  }

 private:
  TempDir dir_;
  TempDir scratch_;
};

/// What the loop computes for one question.
struct Thoughts {
  at::Tensor prefill;                ///< [layer + 1, token, hidden]
  at::Tensor logits;                 ///< [vocab] at bot
  std::vector<at::Tensor> inputs;    ///< [step][hidden] fed as embeddings
  std::vector<at::Tensor> hidden;    ///< [step][hidden] after the final norm
  std::vector<at::Tensor> residual;  ///< [step][layer + 1, hidden]
  at::Tensor end;                    ///< [layer + 1, hidden] at eot
  at::Tensor answer;                 ///< [vocab] at eot
};

/// One run with a cache of its own, fed tokens or thoughts.
class Thinker {
 public:
  explicit Thinker(const Model& model)
      : model_(model), cache_(model.config, 80, model.dtype, at::kCPU) {}

  /// Residual streams [layer + 1, token, hidden]. @param thought  [1, hidden] in the token's place
  at::Tensor feed(const std::vector<int>& tokens, const at::Tensor& thought = {}) {
    const Batch batch = make_batch({{.tokens = tokens, .start = cache_.length(), .own = &cache_}},
                                   at::kCPU, thought.defined() ? Pace::step : Pace::together);
    const Pass pass = make_pass(model_, batch);
    at::Tensor x = embed(model_, batch);
    if (thought.defined()) {
      x = thought.clone();
      if (model_.config.learned_positions) {
        x = x + model_.parts[Part::positions][cache_.length()].unsqueeze(0);
      }
    }
    const auto used = static_cast<std::int64_t>(tokens.size());
    std::vector<at::Tensor> streams{x.narrow(0, 0, used)};
    for (int layer = 0; layer < model_.config.layers; ++layer) {
      BlockTrace trace;
      x = block(model_, layer, x, pass, trace);
      streams.push_back(x.narrow(0, 0, used));
    }
    cache_.advance(used);
    normed_ = final_norm(model_, x.narrow(0, used - 1, 1));
    return at::stack(streams);
  }
  /// [1, hidden] of the last token fed.
  [[nodiscard]] const at::Tensor& normed() const { return normed_; }

 private:
  const Model& model_;
  KvCache cache_;
  at::Tensor normed_;
};

Thoughts think(const Model& model, std::vector<int> question) {
  const LatentConfig& latent = model.config.latent.value();
  question.push_back(static_cast<int>(latent.bot_id));
  Thinker thinker(model);
  Thoughts out;
  out.prefill = thinker.feed(question);
  out.logits = logits(model, thinker.normed(), true)[0];
  for (std::int64_t step = 0; step < latent.num_latent; ++step) {
    const at::Tensor next = feedback(model, thinker.normed());
    out.inputs.push_back(next[0]);
    out.residual.push_back(thinker.feed({0}, next).select(1, 0));
    out.hidden.push_back(thinker.normed()[0]);
  }
  out.end = thinker.feed({static_cast<int>(latent.eot_id)}).select(1, 0);
  out.answer = logits(model, thinker.normed(), true)[0];
  return out;
}

std::vector<int> question_ids(const std::filesystem::path& folder, std::size_t pair,
                              const std::string& side, const LatentConfig& latent) {
  const auto pairs = nlohmann::json::parse(read_text(folder / "pairs.json"));
  const auto text = pairs.at(pair).at(side).at("question").get<std::string>();
  std::vector<int> ids;
  if (latent.bos_id) ids.push_back(static_cast<int>(*latent.bos_id));
  for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
  return ids;
}

}  // namespace

TEST_CASE("the next input is the projection of the hidden state, by its definition", "[feedback]") {
  const c10::InferenceMode no_gradients;
  TinyLatent tiny = tiny_latent_llama();
  const bool layer_norm = GENERATE(true, false);
  if (!layer_norm) {
    tiny.codi["prj_no_ln"] = true;
    tiny.tensors.all.erase("prj.ln.weight");
    tiny.tensors.all.erase("prj.ln.bias");
  }
  const at::Tensor hidden = at::randn({5, 4}, at::kDouble);
  const at::Tensor exact = feedback(load_tiny(tiny, at::kDouble), hidden);
  REQUIRE(exact.size(0) == 5);
  REQUIRE(exact.size(1) == 4);
  for (std::int64_t row = 0; row < 5; ++row) {
    const double* from = hidden[row].const_data_ptr<double>();
    const std::vector<double> wanted = projected(tiny, {from, from + 4}, layer_norm);
    for (std::int64_t i = 0; i < 4; ++i) {
      const double found = exact[row][i].item<double>();
      CHECK(found == Approx(wanted[static_cast<std::size_t>(i)]).margin(1e-13));
    }
  }
  const at::Tensor single = feedback(load_tiny(tiny, at::kFloat), hidden.to(at::kFloat));
  CHECK(single.scalar_type() == at::kFloat);
  CHECK(difference(single, exact) < 1e-4);
  const at::Tensor brain = feedback(load_tiny(tiny, at::kBFloat16), hidden.to(at::kBFloat16));
  CHECK(brain.scalar_type() == at::kBFloat16);
}

TEST_CASE("without a projection the hidden state itself is the next input", "[feedback]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_tiny(tiny_coconut(), at::kFloat);
  const at::Tensor hidden = at::randn({3, 4});
  CHECK(feedback(model, hidden).equal(hidden));
}

TEST_CASE("a row's next input has the same bits alone and among eighty", "[feedback]") {
  const c10::InferenceMode no_gradients;
  TinyLatent tiny = tiny_latent_llama();
  tiny.codi["prj_dim"] = 37;
  tiny.add_projection(37, 4);
  const at::ScalarType dtype = GENERATE(at::kFloat, at::kDouble, at::kBFloat16);
  const Model model = load_tiny(tiny, dtype);
  const at::Tensor hidden = at::randn({80, 4}, at::kDouble).to(dtype);
  const at::Tensor together = feedback(model, hidden);
  for (std::int64_t row = 0; row < 80; ++row) {
    CHECK(feedback(model, hidden.narrow(0, row, 1)).equal(together.narrow(0, row, 1)));
  }
  CHECK(feedback(model, hidden.narrow(0, 3, 16)).equal(together.narrow(0, 3, 16)));
}

TEST_CASE("loading merges LoRA into the matrices, in either layout", "[feedback]") {
  const c10::InferenceMode no_gradients;
  const TinyLatent llama = tiny_latent_llama();
  const Model one = load_tiny(llama, at::kDouble);
  const std::string layer = codi_wrapper + "model.layers.0.";
  const auto of_llama = [&](Part part, const std::string& module) {
    const at::Tensor wanted = merged_slowly(llama, layer + module, false);
    CHECK(difference(one.blocks[0].parts[part], wanted) < 1e-15);
  };
  of_llama(Part::query, "self_attn.q_proj");
  of_llama(Part::key, "self_attn.k_proj");
  of_llama(Part::value, "self_attn.v_proj");
  of_llama(Part::output, "self_attn.o_proj");
  of_llama(Part::gate, "mlp.gate_proj");
  of_llama(Part::up, "mlp.up_proj");
  of_llama(Part::down, "mlp.down_proj");
  const TinyLatent gpt2 = tiny_latent_gpt2();
  const Model two = load_tiny(gpt2, at::kDouble);
  const std::string block = codi_wrapper + "transformer.h.0.";
  const at::Tensor qkv = merged_slowly(gpt2, block + "attn.c_attn", true);
  const PartTensors& parts = two.blocks[0].parts;
  CHECK(difference(parts[Part::query], qkv.narrow(0, 0, 4)) < 1e-15);
  CHECK(difference(parts[Part::key], qkv.narrow(0, 4, 4)) < 1e-15);
  CHECK(difference(parts[Part::value], qkv.narrow(0, 8, 4)) < 1e-15);
  CHECK(difference(parts[Part::output], merged_slowly(gpt2, block + "attn.c_proj", true)) < 1e-15);
  CHECK(difference(parts[Part::up], merged_slowly(gpt2, block + "mlp.c_fc", true)) < 1e-15);
  CHECK(difference(parts[Part::down], merged_slowly(gpt2, block + "mlp.c_proj", true)) < 1e-15);
  CHECK(parts[Part::query_bias].numel() == 4);
  // Rounded once, from the sum in float64.
  const Model single = load_tiny(gpt2, at::kFloat);
  CHECK(single.blocks[0].parts[Part::up].equal(parts[Part::up].to(at::kFloat)));
  CHECK(two.parts[Part::head].equal(two.parts[Part::embedding]));
  CHECK(two.parts[Part::head].size(0) == 13);
}

TEST_CASE("the loop of the tiny models gives the oracle's float64 numbers",
          "[feedback][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(as<std::string>{}, "llama", "gpt2");
  const std::filesystem::path folder = *reference / "codi_tiny" / name;
  const Model model = load_model(folder, at::kDouble, at::kCPU);
  const Oracle oracle(folder);
  for (std::size_t pair = 0; pair < 2; ++pair) {
    for (const std::string side : {"clean", "corrupted"}) {
      const Thoughts found =
          think(model, question_ids(folder, pair, side, model.config.latent.value()));
      const std::string prefix = "p" + std::to_string(pair) + "_" + side + "_official_";
      CAPTURE(name, prefix);
      CHECK(difference(found.prefill, oracle[prefix + "prefill_resid"]) < 1e-8);
      CHECK(difference(found.logits, oracle[prefix + "prefill_logits_last"]) < 1e-8);
      CHECK(difference(at::stack(found.inputs), oracle[prefix + "lat_in"]) < 1e-8);
      CHECK(difference(at::stack(found.hidden), oracle[prefix + "lat_hidden"]) < 1e-8);
      CHECK(difference(at::stack(found.residual), oracle[prefix + "lat_resid"]) < 1e-8);
      CHECK(difference(found.end, oracle[prefix + "eot_resid"]) < 1e-8);
      CHECK(difference(found.answer, oracle[prefix + "gen_logits"][0]) < 1e-8);
    }
  }
}

TEST_CASE("float32 stays near the oracle, as near as its rounding allows",
          "[feedback][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(as<std::string>{}, "llama", "gpt2");
  const std::filesystem::path folder = *reference / "codi_tiny" / name;
  const Model model = load_model(folder, at::kFloat, at::kCPU);
  const Oracle oracle(folder);
  const Thoughts found =
      think(model, question_ids(folder, 0, "clean", model.config.latent.value()));
  const std::string prefix = "p0_clean_official_";
  CHECK(difference(found.prefill, oracle[prefix + "prefill_resid"]) < 2e-4);
  CHECK(difference(found.logits, oracle[prefix + "prefill_logits_last"]) < 2e-4);
  CHECK(difference(found.inputs[0], oracle[prefix + "lat_in"][0]) < 2e-4);
  const double loop = name == "llama" ? 1e-2 : 2e-4;
  CHECK(difference(at::stack(found.inputs), oracle[prefix + "lat_in"]) < loop);
  CHECK(difference(found.answer, oracle[prefix + "gen_logits"][0]) < loop);
}
