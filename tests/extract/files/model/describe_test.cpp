// SPDX-License-Identifier: MIT
#include "files/model/describe.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "reference.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

using nlohmann::json;
using phiscope::extract::describe_model;
using phiscope::extract::describe_safetensors;
using phiscope::test::TempDir;

TEST_CASE("a safetensors file is described by shape, dtype and digest of its tensors",
          "[describe]") {
  const TempDir dir;
  const auto path = dir.path() / "x.safetensors";
  phiscope::test::TinyTensors tensors;
  tensors.add("a", {2, 3});
  phiscope::test::write_bytes(path, tensors.bytes());
  const std::string bytes = phiscope::test::bytes_of(tensors.all["a"].values);
  const json expected = {
      {"tensors",
       {{"a",
         {{"shape", {2, 3}},
          {"dtype", "F32"},
          {"sha256_le_c_order", phiscope::shard::sha256(std::as_bytes(std::span(bytes)))}}}}}};
  CHECK(json(describe_safetensors(path)) == expected);
}

TEST_CASE("a model is described in full or by its headers alone", "[describe]") {
  const TempDir dir;
  auto tensors = phiscope::test::tiny_tensors();
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(), tensors);
  const auto quick = describe_model(dir.path(), true);
  CHECK(quick["family"] == "llama");
  CHECK(quick["layers"] == 1);
  CHECK(quick["heads"] == 2);
  CHECK(quick["kv_heads"] == 1);
  CHECK(quick["head_dim"] == 2);
  CHECK(quick["hidden"] == 4);
  CHECK(quick["vocab"] == 10);
  CHECK(quick["dtype"] == "float32");
  CHECK(quick["tied"] == false);
  CHECK(quick["parameters"] == 40 + 4 + 16 + 8 + 8 + 16 + 4 + 32 + 32 + 32 + 4 + 40);
  CHECK_FALSE(quick.contains("digests"));
  const auto full = describe_model(dir.path(), false);
  CHECK(full["digests"].size() == 2);
  CHECK(full["tokenizer"].is_null());
  tensors.all["lm_head.weight"].values[0] = std::numeric_limits<float>::infinity();
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(), tensors);
  CHECK_NOTHROW(describe_model(dir.path(), true));
  CHECK_THROWS_WITH(describe_model(dir.path(), false), Contains("lm_head.weight"));
}

TEST_CASE("a tokenizer may have more ids than the embedding has rows", "[describe]") {
  const TempDir dir;
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(),
                              phiscope::test::tiny_tensors());
  std::filesystem::copy_file(phiscope::test::golden() / "tokenizer" / "words" / "tokenizer.json",
                             dir.path() / "tokenizer.json");
  const auto full = describe_model(dir.path(), false);
  CHECK(full["tokenizer"]["tokens"].get<int>() > full["vocab"].get<int>());
}
