// SPDX-License-Identifier: MIT
#include "files/model/embedded_ids.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "temp_dir.hpp"

using phiscope::extract::EmbeddedIds;

TEST_CASE("an id without a row in the embedding is named with its token", "[embedded_ids]") {
  const phiscope::test::TempDir dir;
  const EmbeddedIds ids(dir.path(), 3);
  CHECK(ids.has(0));
  CHECK(ids.has(2));
  CHECK_FALSE(ids.has(3));
  CHECK_FALSE(ids.has(-1));
  const auto refusal = [&](const std::vector<int>& given) {
    return phiscope::test::refusal([&] { ids.check(given, "prompts.jsonl", "prompt q7"); });
  };
  ids.check(std::vector<int>{0, 1, 2}, "prompts.jsonl", "prompt q7");
  const std::string rest = ", expected 0 to 2, the rows of the model's embedding";
  CHECK(refusal({0, 4, 3}) == "prompts.jsonl: prompt q7: token id 4" + rest);

  phiscope::test::write_bytes(dir.path() / "tokenizer.json", R"({
    "added_tokens": [{"id": 3, "content": "<image>", "special": true}],
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})");
  CHECK(refusal({3}) == "prompts.jsonl: prompt q7: token id 3 ('<image>')" + rest);
  CHECK(refusal({4}) == "prompts.jsonl: prompt q7: token id 4" + rest);
  CHECK(refusal({-1}) == "prompts.jsonl: prompt q7: token id -1" + rest);

  phiscope::test::write_bytes(dir.path() / "tokenizer.json", "{");
  CHECK(refusal({3}) == "prompts.jsonl: prompt q7: token id 3" + rest);
}
