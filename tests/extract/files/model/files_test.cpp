// SPDX-License-Identifier: MIT
#include "files/model/files.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "files/model/describe.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

using phiscope::extract::DigestCache;
using phiscope::extract::ModelFiles;
using phiscope::shard::sha256_file;
using phiscope::test::TempDir;
using phiscope::test::TinyTensors;
using phiscope::test::write_text;

namespace {

void write_tiny_model(const std::filesystem::path& folder, float first = 0.5F) {
  TinyTensors tensors = phiscope::test::tiny_tensors();
  tensors.all["lm_head.weight"].values[0] = first;
  std::filesystem::create_directories(folder);
  phiscope::test::write_model(folder, phiscope::test::tiny_config(), tensors);
}

std::string refused(const ModelFiles& files) {
  return phiscope::test::refusal([&] { files.check_unchanged(); });
}

/// A cache that keeps files however young they are.
DigestCache eager_cache(const std::filesystem::path& folder) {
  return DigestCache(folder, std::chrono::hours(-1));
}

}  // namespace

TEST_CASE("the files of a model are hashed, those that are there", "[files]") {
  const TempDir dir;
  write_tiny_model(dir.path());
  write_text(dir.path() / "tokenizer_config.json", "{}");
  const ModelFiles files(dir.path());
  const auto digests = files.digests();
  CHECK(digests.size() == 3);
  for (const auto& [name, digest] : digests) CHECK(digest == sha256_file(dir.path() / name));
  CHECK(refused(files) == "accepted");
}

TEST_CASE("a model that is replaced stays the one that was opened, and is found out", "[files]") {
  const TempDir dir;
  write_tiny_model(dir.path());
  const ModelFiles files(dir.path());
  const std::string digest = sha256_file(dir.path() / "model.safetensors");
  write_tiny_model(dir.path() / "other", 0.25F);
  std::filesystem::rename(dir.path() / "other/model.safetensors", dir.path() / "model.safetensors");
  const auto& view = files.weights().at("lm_head.weight");
  float first = 0;
  std::memcpy(&first, view.bytes.data(), sizeof first);
  CHECK(first == 0.5F);
  CHECK_THAT(refused(files), Contains("model.safetensors: the file changed during the run: it has "
                                      "another inode"));
  CHECK_THAT(phiscope::test::refusal([&] { static_cast<void>(files.digests()); }),
             Contains("changed during the run"));
  CHECK(sha256_file(dir.path() / "model.safetensors") != digest);
}

TEST_CASE("every file of a model is watched, come, gone or changed", "[files]") {
  const TempDir dir;
  for (const char* name :
       {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "codi.json"}) {
    CAPTURE(name);
    const auto folder = dir.path() / name;
    write_tiny_model(folder);
    const ModelFiles before(folder);
    CHECK(refused(before) == "accepted");
    const bool was_there = std::filesystem::exists(folder / name);
    write_text(folder / name, "{ }");
    CHECK_THAT(refused(before), Contains(std::string(name) + ": the file changed") &&
                                    Contains(was_there ? "another" : "has appeared"));
    if (was_there || std::string(name) == "codi.json") continue;
    const ModelFiles after(folder);
    std::filesystem::remove(folder / name);
    CHECK_THAT(refused(after), Contains(std::string(name)) && Contains("is gone"));
  }
}

TEST_CASE("an index and its shards are watched", "[files]") {
  const TempDir dir;
  write_tiny_model(dir.path());
  std::filesystem::rename(dir.path() / "model.safetensors", dir.path() / "a.safetensors");
  nlohmann::json map = nlohmann::json::object();
  for (const auto& [name, tensor] : phiscope::test::tiny_tensors().all) map[name] = "a.safetensors";
  const auto index = dir.path() / "model.safetensors.index.json";
  write_text(index, nlohmann::json{{"weight_map", map}}.dump());
  const ModelFiles files(dir.path());
  CHECK(files.digests().size() == 3);  // with config.json
  write_text(index, nlohmann::json{{"weight_map", map}, {"more", 1}}.dump());
  CHECK_THAT(refused(files), Contains("model.safetensors.index.json: the file changed"));
}

TEST_CASE("what is known of a file is not read again; what is not finite never passes", "[files]") {
  const TempDir dir;
  const auto folder = dir.path() / "model";
  write_tiny_model(folder);
  DigestCache cache = eager_cache(dir.path() / "cache");
  const auto first = describe_model(ModelFiles(folder), &cache);
  CHECK(cache.problem().empty());
  // A false entry shows that it is the cache that is asked.
  const auto identity = phiscope::shard::identity_of(folder / "model.safetensors").value();
  CHECK(cache.find(identity) == sha256_file(folder / "model.safetensors"));
  cache.keep(identity, std::string(64, 'f'), std::chrono::system_clock::now());
  CHECK(ModelFiles(folder).digests(&cache).at("model.safetensors") == std::string(64, 'f'));
  CHECK(ModelFiles(folder).digests() == first.at("digests"));
  // Another model in its place: other times, another digest, and its values are looked at.
  write_tiny_model(folder, std::numeric_limits<float>::infinity());
  CHECK_THAT(phiscope::test::refusal(
                 [&] { static_cast<void>(describe_model(ModelFiles(folder), &cache)); }),
             Contains("lm_head.weight") && Contains("infinity"));
  // Its digest is known from here on, and nothing of its values.
  CHECK(ModelFiles(folder).digests(&cache).size() == 2);
  CHECK_THAT(phiscope::test::refusal(
                 [&] { static_cast<void>(describe_model(ModelFiles(folder), &cache)); }),
             Contains("lm_head.weight") && Contains("infinity"));
}

TEST_CASE("long work asks between its pieces whether to go on", "[files]") {
  const TempDir dir;
  write_tiny_model(dir.path());
  int asked = 0;
  static_cast<void>(describe_model(ModelFiles(dir.path()), nullptr, [&] { ++asked; }));
  CHECK(asked == 2 + 12);  // config.json, the header, tensors
  CHECK_THROWS_WITH(
      describe_model(ModelFiles(dir.path()), nullptr, [] { throw std::runtime_error("enough"); }),
      "enough");
}
