// SPDX-License-Identifier: MIT
#include "files/weights/weights.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <functional>

namespace {

using nlohmann::json;
using phiscope::extract::Weights;
using phiscope::test::TempDir;
using phiscope::test::TinyTensors;
using phiscope::test::write_bytes;

TinyTensors tensors(const std::vector<std::string>& names) {
  TinyTensors made;
  for (const std::string& name : names) made.add(name, {2});
  return made;
}

/// Two shards with tensors a, b and c, and an index with this weight map.
void write_shards(const std::filesystem::path& directory, const json& weight_map) {
  write_bytes(directory / "one.safetensors", tensors({"a", "b"}).bytes());
  write_bytes(directory / "two.safetensors", tensors({"c"}).bytes());
  write_bytes(directory / "model.safetensors.index.json",
              json{{"metadata", {{"total_size", 24}}}, {"weight_map", weight_map}}.dump());
}

std::string weights_refusal(const std::filesystem::path& directory) {
  return phiscope::test::refusal([&directory] { Weights::open(directory); });
}

const json good_map = {
    {"a", "one.safetensors"}, {"b", "one.safetensors"}, {"c", "two.safetensors"}};

}  // namespace

TEST_CASE("shards are read as one set of tensors", "[weights]") {
  const TempDir dir;
  write_shards(dir.path(), good_map);
  const Weights weights = Weights::open(dir.path());
  CHECK(weights.tensors().size() == 3);
  CHECK(weights.at("c").shape == std::vector<std::int64_t>{2});
  CHECK(weights.file_of("c").filename() == "two.safetensors");
  CHECK(weights.main_file().filename() == "model.safetensors.index.json");
  CHECK(weights.opened().size() == 3);
  CHECK_THROWS_AS(weights.at("d"), std::invalid_argument);
  CHECK_THROWS_AS(weights.file_of("d"), std::invalid_argument);
}

TEST_CASE("views survive a move of the weights", "[weights]") {
  const TempDir dir;
  write_bytes(dir.path() / "model.safetensors", tensors({"a", "b"}).bytes());
  Weights weights = Weights::open(dir.path());
  const auto view = weights.at("b");
  const Weights moved = std::move(weights);
  float first = 0;
  std::memcpy(&first, view.bytes.data(), sizeof first);
  CHECK(first == 0.125F);
  CHECK(moved.at("b").bytes.data() == view.bytes.data());
}

TEST_CASE("an index that does not fit its shards is refused by tensor", "[weights]") {
  const auto with = [](const std::function<void(json&)>& change) {
    const TempDir dir;
    json map = good_map;
    change(map);
    write_shards(dir.path(), map);
    return weights_refusal(dir.path());
  };
  CHECK_THAT(with([](json& map) { map["d"] = "one.safetensors"; }),
             Contains("'d'") && Contains("missing"));
  CHECK_THAT(with([](json& map) { map["b"] = "two.safetensors"; }), Contains("'b'"));
  CHECK_THAT(with([](json& map) { map.erase("b"); }),
             Contains("'b'") && Contains("not in the weight_map"));
  CHECK_THAT(with([](json& map) { map["c"] = "three.safetensors"; }),
             Contains("three.safetensors") && Contains("missing"));
  CHECK_THAT(with([](json& map) { map = json::array(); }), Contains("weight_map"));
  CHECK_THAT(with([](json& map) { map = json::object(); }), Contains("empty"));
  CHECK_THAT(with([](json& map) { map["a"] = 3; }), Contains("weight_map.a"));
}

TEST_CASE("no name in an index leads out of the directory", "[weights]") {
  const std::string name = GENERATE(values<std::string>(
      {"../one.safetensors", "/etc/passwd", "sub/one.safetensors", "..", "one.bin",
       "..\\one.safetensors", std::string("one\0.safetensors", 16)}));
  CAPTURE(name);
  const TempDir dir;
  json map = good_map;
  map["a"] = name;
  write_shards(dir.path(), map);
  CHECK_THAT(weights_refusal(dir.path()), Contains("path") && Contains("'a'"));
}

TEST_CASE("a tensor in two shards is refused by name", "[weights]") {
  const TempDir dir;
  write_shards(dir.path(), good_map);
  write_bytes(dir.path() / "two.safetensors", tensors({"b", "c"}).bytes());
  CHECK_THAT(weights_refusal(dir.path()), Contains("'b'") && Contains("duplicate"));
}

TEST_CASE("a directory without safetensors says what to do", "[weights]") {
  const TempDir dir;
  CHECK_THAT(weights_refusal(dir.path()), Contains("no weights"));
  CHECK_THAT(weights_refusal(dir.path() / "none"), Contains("no such directory"));
  write_bytes(dir.path() / "pytorch_model.bin", "pickle");
  CHECK_THAT(weights_refusal(dir.path()),
             Contains("pytorch_model.bin") && Contains("save_pretrained"));
  CHECK_THAT(weights_refusal(dir.path() / "pytorch_model.bin"), Contains("not a directory"));
  write_shards(dir.path(), good_map);
  CHECK(weights_refusal(dir.path()) == "accepted");
}

namespace {

/// model.safetensors with a, b and c beside an index with this weight map.
void write_both(const std::filesystem::path& directory, const json& weight_map) {
  write_shards(directory, weight_map);
  TinyTensors whole = tensors({"a", "b"});
  whole.all["c"] = tensors({"c"}).all.at("c");
  write_bytes(directory / "model.safetensors", whole.bytes());
}

std::vector<std::string> texts(const Weights& weights) {
  std::vector<std::string> lines;
  for (const auto& oddity : weights.oddities()) lines.push_back(text_of(oddity));
  return lines;
}

}  // namespace

TEST_CASE("an index beside model.safetensors may name that file", "[weights]") {
  const TempDir dir;
  json map;
  for (const char* name : {"a", "b", "c"}) map[name] = "model.safetensors";
  write_both(dir.path(), map);
  const Weights weights = Weights::open(dir.path());
  CHECK(weights.tensors().size() == 3);
  CHECK(weights.main_file().filename() == "model.safetensors");
  CHECK(weights.oddities().empty());
  map["d"] = "model.safetensors";
  write_both(dir.path(), map);
  CHECK_THAT(weights_refusal(dir.path()),
             Contains("model.safetensors: tensor 'd' is missing, expected here by"));
}

TEST_CASE("model.safetensors is taken where shards hold the same", "[weights]") {
  const TempDir dir;
  write_both(dir.path(), good_map);
  CHECK(Weights::open(dir.path()).opened().size() == 1);
  CHECK(texts(Weights::open(dir.path())) ==
        std::vector<std::string>{"model.safetensors.index.json: weight_map is of 2 files, 0 of "
                                 "them absent: skipped, model.safetensors is taken"});
  TinyTensors other = tensors({"c"});
  other.all["c"].values[1] += 1.0F;
  write_bytes(dir.path() / "two.safetensors", other.bytes());
  CHECK_THAT(weights_refusal(dir.path()),
             Contains("two.safetensors: tensor 'c' differs from the one in model.safetensors") &&
                 Contains("remove"));
  write_bytes(dir.path() / "two.safetensors", tensors({"d"}).bytes());
  CHECK_THAT(weights_refusal(dir.path()),
             Contains("two.safetensors: tensor 'd' is not in model.safetensors"));
}

TEST_CASE("an index whose shards are absent is stale", "[weights]") {
  const TempDir dir;
  write_both(dir.path(), good_map);
  std::filesystem::remove(dir.path() / "one.safetensors");
  std::filesystem::remove(dir.path() / "two.safetensors");
  CHECK(Weights::open(dir.path()).tensors().size() == 3);
  CHECK(texts(Weights::open(dir.path())) ==
        std::vector<std::string>{"model.safetensors.index.json: weight_map is of 2 files, 2 of "
                                 "them absent: skipped, model.safetensors is taken"});
  std::filesystem::remove(dir.path() / "model.safetensors");
  CHECK_THAT(weights_refusal(dir.path()), Contains("shard 'one.safetensors' is missing"));
}
