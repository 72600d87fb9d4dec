// SPDX-License-Identifier: MIT
// Untrained models of every family: what their tensors hold, and that they are accepted as models.
#include "random_model/random_model.hpp"

#include "catch.hpp"
#include "extract/files/tiny_latent.hpp"
#include "files/model/describe.hpp"
#include "files/model/tensors.hpp"
#include "files/weights/weights.hpp"
#include "random_model/normal.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "shard/npy/half.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace phiscope::extract::random_model_test {

using namespace phiscope::test;
namespace fs = std::filesystem;

namespace {

std::string bytes_at(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// All elements of a tensor.
std::vector<double> values_of(const TensorView& view) {
  std::vector<double> values(count(view));
  const std::size_t size = item_size(view.dtype);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::byte* at = view.bytes.data() + i * size;
    if (view.dtype == TensorDtype::f32) {
      float value = 0;
      std::memcpy(&value, at, 4);
      values[i] = value;
    } else {
      REQUIRE(view.dtype == TensorDtype::bf16);
      std::uint16_t bits = 0;
      std::memcpy(&bits, at, 2);
      values[i] = shard::bfloat16_to_float(bits);
    }
  }
  return values;
}

double deviation(const std::vector<double>& values) {
  double square = 0.0;
  for (const double value : values) square += value * value;
  return std::sqrt(square / static_cast<double>(values.size()));
}

/// Is this the model's only kind of tensor with one axis that is not 0?
bool is_norm(const std::string& name) {
  return name.ends_with("norm.weight") || name.find("ln_") != std::string::npos;
}

void check_tensor(const std::string& family, const TensorView& view, double range, double layers) {
  CAPTURE(view.name);
  std::vector<double> values = values_of(view);
  if (view.name.ends_with(".bias")) {
    CHECK(std::ranges::count(values, 0.0) == std::ssize(values));
    return;
  }
  if (is_norm(view.name)) {
    const double wanted = family.starts_with("gemma") ? 0.0 : 1.0;
    CHECK(std::ranges::count(values, wanted) == std::ssize(values));
    return;
  }
  REQUIRE(view.shape.size() == 2);
  const bool writes = view.name.ends_with("c_proj.weight");
  const double wanted = writes ? range / std::sqrt(2.0 * layers) : range;
  const double error = 1.0 / std::sqrt(2.0 * static_cast<double>(values.size()));
  CHECK(deviation(values) == Approx(wanted).epsilon(5.0 * error + 0.03));  // a row may be padding
}

std::vector<fs::path> golden_models() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(golden() / "models")) {
    if (entry.is_directory()) all.push_back(entry.path() / "model");
  }
  return all;
}

}  // namespace

TEST_CASE("every family's tensors are filled as it initialises them", "[random_model]") {
  const TempDir dir;
  std::set<std::string> families;
  for (const fs::path& source : golden_models()) {
    CAPTURE(source.string());
    const fs::path config_only = dir.path() / ("config" + std::to_string(families.size()));
    const fs::path out = dir.path() / ("model" + std::to_string(families.size()));
    fs::create_directory(config_only);
    auto root = nlohmann::json::parse(bytes_at(source / "config.json"));
    root["initializer_range"] = 0.05;
    std::ofstream(config_only / "config.json") << root.dump();
    const auto told = write_random_model({.source = config_only, .out = out, .seed = 4});
    const auto described = describe_model(out, /*quick=*/false);  // as extract info does
    CHECK(told.at("parameters") == described.at("parameters"));
    families.insert(described.at("family").get<std::string>() + source.parent_path().string());
    const Weights weights = Weights::open(out);
    for (const auto& [name, view] : weights.tensors()) {
      check_tensor(described.at("family"), view, 0.05, described.at("layers").get<double>());
    }
    CHECK(bytes_at(out / "config.json") == bytes_at(config_only / "config.json"));
  }
  CHECK(families.size() >= 11);
}

TEST_CASE("an untrained latent model has merged weights and a projection", "[random_model]") {
  const TempDir dir;
  const TinyLatent trained = tiny_latent_llama();
  trained.write(dir.path() / "trained");
  const fs::path out = dir.path() / "model";
  write_random_model({.source = dir.path() / "trained", .out = out, .seed = 8});
  CHECK(bytes_at(out / "codi.json") == trained.codi.dump());
  const nlohmann::json latent = describe_model(out, /*quick=*/false).at("latent");
  CHECK(latent.at("feedback") == "projection");
  CHECK(latent.at("lora").at("merged") == 0);
  const Weights weights = Weights::open(out);
  const auto all_are = [&](const std::string& name, double value) {
    const auto values = values_of(weights.at(name));
    return std::ranges::all_of(values, [value](double one) { return one == value; });
  };
  for (const char* bias : {"prj.1.bias", "prj.3.bias", "prj.ln.bias"}) CHECK(all_are(bias, 0.0));
  CHECK(all_are("prj.ln.weight", 1.0));
  CHECK_FALSE(all_are("prj.1.weight", 0.0));
  CHECK_FALSE(all_are("prj.3.weight", 0.0));
  CHECK(weights.at("model.embed_tokens.weight").shape == std::vector<std::int64_t>{13, 4});
}

TEST_CASE("bytes depend on the seed, not on threads or files", "[random_model]") {
  const TempDir dir;
  const fs::path source = source_dir() / "datasets/models/walk";
  const auto write = [&](const std::string& name, std::uint64_t seed, int threads = 1,
                         std::uint64_t file_bytes = 5'000'000'000) {
    return write_random_model({.source = source,
                               .out = dir.path() / name,
                               .seed = seed,
                               .file_bytes = file_bytes,
                               .threads = threads});
  };
  write("one", 1);
  write("threads", 1, 3);
  write("other", 2);
  const std::string one = bytes_at(dir.path() / "one/model.safetensors");
  CHECK(one == bytes_at(dir.path() / "threads/model.safetensors"));
  CHECK(one != bytes_at(dir.path() / "other/model.safetensors"));

  const auto parts = write("parts", 1, 2, 100'000);
  REQUIRE(parts.at("weights").size() > 3);
  CHECK(parts.at("weights").back() == "model.safetensors.index.json");
  const Weights whole = Weights::open(dir.path() / "one");
  const Weights split = Weights::open(dir.path() / "parts");
  REQUIRE(whole.tensors().size() == split.tensors().size());
  for (const auto& [name, view] : whole.tensors()) {
    CHECK(std::ranges::equal(view.bytes, split.at(name).bytes));
  }
  for (const auto& file : split.opened()) CHECK(file.identity.size < 110'000);
  CHECK(describe_model(dir.path() / "parts", false).at("parameters") == parts.at("parameters"));
}

TEST_CASE("a tensor of several blocks does not repeat", "[random_model]") {
  const TempDir dir;
  auto root = nlohmann::json::parse(bytes_at(source_dir() / "datasets/models/walk/config.json"));
  root["vocab_size"] = 50'000;
  fs::create_directory(dir.path() / "config");
  std::ofstream(dir.path() / "config/config.json") << root.dump();
  const fs::path out = dir.path() / "model";
  write_random_model({.source = dir.path() / "config", .out = out, .seed = 6, .threads = 2});
  const Weights weights = Weights::open(out);
  const auto values = values_of(weights.at("model.embed_tokens.weight"));  // the first tensor
  REQUIRE(values.size() == 4'800'000);
  for (const std::size_t i : {5U, 2'097'157U, 4'194'309U, 4'799'999U}) {
    CAPTURE(i);
    CHECK(values[i] == Approx(0.02 * normal_at(6, 0, i)).epsilon(0.004));  // eight bits
  }
}

TEST_CASE("a random model has the tokenizer and says how it was made", "[random_model]") {
  const TempDir dir;
  const fs::path source = source_dir() / "datasets/models/walk";
  const fs::path out = dir.path() / "new/model";
  write_random_model({.source = source, .out = out, .seed = 9});
  for (const char* name : {"config.json", "generation_config.json", "tokenizer.json"}) {
    CHECK(bytes_at(out / name) == bytes_at(source / name));
  }
  const auto about = nlohmann::json::parse(bytes_at(out / "random_model.json"));
  CHECK(about.at("seed") == 9);
  CHECK(about.at("dtype") == "bfloat16");
  CHECK(about.at("initialisation") ==
        "embeddings and matrices normal with mean 0 and standard deviation 0.02; norms 1; biases "
        "0; embedding of token 3 (padding) 0");
  CHECK(about.at("copied_sha256").at("tokenizer.json").get<std::string>() ==
        describe_model(source, false).at("digests").at("tokenizer.json").get<std::string>());
  const Weights weights = Weights::open(out);
  const auto embedding = values_of(weights.at("model.embed_tokens.weight"));
  const std::size_t hidden = embedding.size() / 52;
  for (std::size_t token : {2U, 3U}) {
    const std::vector<double> row(
        embedding.begin() + static_cast<std::ptrdiff_t>(token * hidden),
        embedding.begin() + static_cast<std::ptrdiff_t>((token + 1) * hidden));
    CHECK((deviation(row) == 0.0) == (token == 3));
  }
}

TEST_CASE("sizes whose bytes 64 bits do not hold are refused", "[random_model]") {
  // In float32 these tensors have 12 * 2^60 * 4 bytes and some: 3 * 2^64 and a small number.
  const TempDir dir;
  const fs::path source = dir.path() / "config";
  fs::create_directory(source);
  std::ofstream(source / "config.json") << R"({
      "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1073741824, "n_head": 1,
      "n_layer": 1, "vocab_size": 1, "n_positions": 1})";
  const auto write = [&] { write_random_model({.source = source, .out = dir.path() / "model"}); };
  CHECK_THROWS_AS(write(), shard::FormatError);
  CHECK_THROWS_WITH(write(), Contains("config.json: tensor 'transformer.h.0.attn.c_attn.weight' of "
                                      "shape [1073741824, 3221225472]: found more than "
                                      "2305843009213693951 elements"));
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("what is there is not overwritten, and nothing is left of a failure", "[random_model]") {
  const TempDir dir;
  const fs::path source = source_dir() / "datasets/models/walk";
  fs::create_directory(dir.path() / "there");
  CHECK_THROWS_WITH(write_random_model({.source = source, .out = dir.path() / "there"}),
                    Contains("expected a directory that does not exist"));
  fs::create_directory(dir.path() / "empty");
  CHECK_THROWS_WITH(write_random_model({.source = dir.path() / "empty", .out = dir.path() / "no"}),
                    Contains("config.json"));
  // A tokenizer that cannot be copied: the model does not appear.
  fs::copy(source, dir.path() / "broken");
  fs::remove(dir.path() / "broken/tokenizer.json");
  fs::create_directory(dir.path() / "broken/tokenizer.json");
  CHECK_THROWS(write_random_model({.source = dir.path() / "broken", .out = dir.path() / "no"}));
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    names.insert(entry.path().filename().string());
  }
  CHECK(names == std::set<std::string>{"there", "empty", "broken"});
}

}  // namespace phiscope::extract::random_model_test
